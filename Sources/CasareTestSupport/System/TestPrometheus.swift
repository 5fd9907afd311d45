import CasareDomain
import FoundationEssentials

/// A Prometheus of its own, as Debian has it, with the rules of this repository.
package struct TestPrometheus: Sendable {
    private static let program = "prometheus"

    /// Where it is installed; `nil`: it is not.
    package static var path: String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
            .map { "\($0)/\(Self.program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Why tests that need one are left out where there is none.
    package static let absence: String = "prometheus is not installed: deploy/install-packages --tests does that"

    package let url: String

    /// Gives `body` a Prometheus that scrapes an orchestrator every two seconds, and evaluates as often.
    ///
    /// - Parameters:
    ///   - system: its orchestrator, and its token.
    ///   - rules: paths of files of rules; none: it records and alerts nothing.
    package static func with<Result: Sendable>(
        scraping system: TestSystem, rules: [String],
        _ body: @escaping @Sendable (TestPrometheus) async throws -> Result
    ) async throws -> Result {
        guard let path = Self.path else { throw NeverHappened(what: Self.absence) }
        let folder = "\(system.folder)/prometheus-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let target = system.url.split(separator: "/").last.map(String.init) ?? ""
        try Data(system.token.utf8).write(to: URL(filePath: "\(folder)/token"))
        let configuration: Value = [
            "global": ["scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "2s"],
            "rule_files": .list(rules.map(Value.string)),
            "scrape_configs": [
                [
                    "job_name": "casare-orchestrator", "authorization": ["credentials_file": "token"],
                    "static_configs": [["targets": [.string(target)]]],
                ]
            ],
        ]
        // JSON is YAML.
        try Data(configuration.jsonText(.compact).utf8).write(to: URL(filePath: "\(folder)/prometheus.yml"))
        let log = "\(folder)/log"
        return try await TestProgram(path: path).withRunning(
            [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
                "--web.listen-address=127.0.0.1:0",
            ], log: log
        ) { program in
            let address = try await eventually("Prometheus is ready") { () throws -> String? in
                guard !program.hasEnded else { throw NeverHappened(what: "Prometheus is ready: \(program.log)") }
                return program.log.contains("Server is ready") ? Self.address(in: program.log) : nil
            }
            return try await body(TestPrometheus(url: "http://\(address)"))
        }
    }

    /// `… msg="Listening on" address=127.0.0.1:40001`: the port that it was given.
    private static func address(in log: String) -> String? {
        for line in log.split(separator: "\n") where line.contains("Listening on") {
            guard let mark = line.firstRange(of: "address=") else { continue }
            let address = line[mark.upperBound...].prefix { $0 != " " }
            if address.hasPrefix("127."), !address.hasSuffix(":0") { return String(address) }
        }
        return nil
    }
}
