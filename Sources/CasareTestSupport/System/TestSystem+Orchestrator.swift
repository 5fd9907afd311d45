import CasareDomain

extension TestSystem {
    /// Gives `body` one more orchestrator of this system, a process of its own that may be killed, and its URL.
    ///
    /// - Parameters:
    ///   - name: of its log, which is new.
    ///   - variables: Of its environment.
    package func withOrchestrator<Result: Sendable>(
        _ name: String, variables: [String: String] = [:],
        _ body: @escaping @Sendable (RunningProgram, _ url: String) async throws -> Result
    ) async throws -> Result {
        try await Self.withOrchestrator(
            name, in: self.folder, databaseURL: self.databaseURL, variables: variables, body)
    }

    /// The same, in a folder where `name`.log is new.
    static func withOrchestrator<Result: Sendable>(
        _ name: String, in folder: String, databaseURL: String, variables: [String: String],
        _ body: @escaping @Sendable (RunningProgram, _ url: String) async throws -> Result
    ) async throws -> Result {
        let settings = Self.variables(folder).merging([
            "DATABASE_URL": databaseURL, "CASARE_HOST": "127.0.0.1", "CASARE_PORT": "0",
        ]) { $1 }
        let program = try TestProgram(.orchestrator, variables: settings.merging(variables) { $1 })
        return try await program.withRunning(log: "\(folder)/\(name).log") { server in
            let port = try await eventually("\(name) listens") { () throws -> String? in
                guard !server.hasEnded else { throw NeverHappened(what: "\(name) listens: \(server.log)") }
                return Self.port(in: server.log)
            }
            return try await body(server, "http://127.0.0.1:\(port)")
        }
    }

    /// The one that an orchestrator says it listens at; its line may not be whole yet.
    private static func port(in log: String) -> String? {
        let lines = log.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard let line = lines.first(where: { $0.contains("Listening") }) else { return nil }
        if line.hasPrefix("{") { return (try? Value(parsingJSON: String(line)))?["port"]?.string }
        return line.split(separator: " ").first { $0.hasPrefix("port=") }.map { String($0.dropFirst("port=".count)) }
    }
}
