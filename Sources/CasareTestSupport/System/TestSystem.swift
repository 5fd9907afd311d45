package import CasareDomain
import FoundationEssentials

/// A whole Casare of real processes, in a folder of its own: `casarectl dev`, and robots as wanted.
package struct TestSystem: Sendable {
    package enum RobotKind: String, Sendable, CaseIterable {
        case sql, api
    }

    package let folder: String
    package let url: String
    package let token: String
    package let databaseURL: String
    /// `casarectl dev` itself, which is one of the orchestrators; of an installation the orchestrator.
    package let dev: RunningProgram

    /// Gives `body` a running system, and stops it afterwards.
    ///
    /// - Parameters:
    ///   - options: Of `casarectl dev`.
    ///   - variables: Of its environment.
    package static func with<Result: Sendable>(
        options: [String] = ["--no-robot"], variables: [String: String] = [:],
        _ body: @escaping @Sendable (TestSystem) async throws -> Result
    ) async throws -> Result {
        try await Turnstile.systems.pass { try await Self.use(options, variables, body) }
    }

    private static func use<Result: Sendable>(
        _ options: [String], _ variables: [String: String],
        _ body: @escaping @Sendable (TestSystem) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryDirectory(permissions: 0o755) { folder in
            let details = "\(folder)/details.json"
            let dev = try TestProgram(.casarectl, variables: Self.variables(folder).merging(variables) { $1 })
            return try await dev.withRunning(
                ["dev", "--port", "0", "--data-dir", "\(folder)/dev", "--details", details] + options,
                log: "\(folder)/dev.log"
            ) { server in
                let found = try await eventually("dev is ready") { () throws -> Value? in
                    guard !server.hasEnded else { throw NeverHappened(what: "dev is ready: \(server.log)") }
                    guard let data = FileManager.default.contents(atPath: details) else { return nil }
                    return try? Value(parsingJSON: Array(data))
                }
                let system = TestSystem(
                    folder: folder, url: found["url"]?.string ?? "", token: found["token"]?.string ?? "",
                    databaseURL: found["database_url"]?.string ?? "", dev: server)
                let result = try await body(system)
                // Stopped as a person would, so that its database is not left behind.
                server.send(.terminate)
                try await eventually("dev has stopped") { server.hasEnded ? true : nil }
                return result
            }
        }
    }

    static func variables(_ folder: String) -> [String: String] {
        [
            "HOME": folder, "XDG_CONFIG_HOME": "\(folder)/config", "XDG_DATA_HOME": "\(folder)/data",
            "XDG_STATE_HOME": "\(folder)/state",
        ]
    }

    /// What `casarectl dev` has printed so far.
    package var log: String {
        (try? String(contentsOf: URL(filePath: "\(self.folder)/dev.log"), encoding: .utf8)) ?? ""
    }

    /// Runs casarectl against this system.
    package func casarectl(_ arguments: String..., input: String = "") async throws -> TestProgram.Ended {
        try await self.casarectl(arguments, input: input)
    }

    package func casarectl(
        _ arguments: [String], input: String = "", variables: [String: String] = [:]
    ) async throws -> TestProgram.Ended {
        let base = Self.variables(self.folder).merging(["CASARE_URL": self.url, "CASARE_TOKEN": self.token]) { $1 }
        return try await TestProgram(.casarectl, variables: base.merging(variables) { $1 })
            .run(arguments, input: input, in: self.folder)
    }

    /// Runs casarectl, which must succeed, and reads the JSON that it prints.
    package func json(_ arguments: String...) async throws -> Value {
        let ended = try await self.casarectl(arguments + ["-o", "json"])
        guard ended.status == 0 || ended.status == 9 else {
            throw NeverHappened(what: "\(arguments) ended with \(ended.status): \(ended.errors)")
        }
        return try Value(parsingJSON: ended.output)
    }

    /// Gives `body` a running robot.
    package func withRobot<Result: Sendable>(
        _ kind: RobotKind, id: String, slots: Int = 4, variables: [String: String] = [:],
        _ body: @escaping @Sendable (RunningProgram) async throws -> Result
    ) async throws -> Result {
        var settings = Self.variables(self.folder).merging([
            "CASARE_ROBOT_ID": id, "CASARE_ROBOT_SLOTS": String(slots),
            "CASARE_WORKING_DIRECTORY": "\(self.folder)/runs",
        ]) { $1 }
        switch kind {
        case .sql:
            settings["DATABASE_URL"] = self.databaseURL
        case .api:
            settings["CASARE_URL"] = self.url
            let token = try await self.json("token", "create", "robot-\(id)", "--role", "robot")
            settings["CASARE_TOKEN"] = token["token"]?.string
        }
        return try await TestProgram(.robot, variables: settings.merging(variables) { $1 })
            .withRunning(log: "\(self.folder)/robot-\(id).log", body)
    }
}
