import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

/// What `casarectl doctor` says of real servers that are well, and of such as something is wrong with.
struct DoctorTests {
    private struct Report: Sendable {
        struct Finding: Sendable {
            let level: String
            let summary: String
            let advice: String
        }

        let status: Int
        let errors: String
        private let findings: [String: Finding]

        init(_ ended: TestProgram.Ended) throws {
            self.status = ended.status
            self.errors = ended.errors
            var findings: [String: Finding] = [:]
            for one in try Value(parsingJSON: ended.output)["findings"]?.list ?? [] {
                findings[one["check"]?.string ?? ""] = Finding(
                    level: one["level"]?.string ?? "", summary: one["summary"]?.string ?? "",
                    advice: one["advice"]?.list?.compactMap(\.string).joined(separator: " ") ?? "")
            }
            self.findings = findings
        }

        subscript(check: String) -> Finding { self.findings[check] ?? Finding(level: "", summary: "", advice: "") }

        /// The checks of a level.
        func checks(_ level: String) -> Set<String> { Set(self.findings.filter { $0.value.level == level }.keys) }
    }

    private static let all: Set<String> = [
        "connection", "identity", "version", "readiness", "clock", "metrics", "robots", "collector",
    ]

    private static func report(
        on system: TestSystem, _ options: [String] = [], variables: [String: String] = [:]
    ) async throws -> Report {
        try Report(try await system.casarectl(["doctor", "-o", "json"] + options, variables: variables))
    }

    /// An installation with one orchestrator.
    private static func withServer(
        _ body: @escaping @Sendable (TestInstallation, TestSystem) async throws -> Void
    ) async throws {
        try await TestInstallation.with { installation in
            try await installation.withOrchestrator("orchestrator") { system in try await body(installation, system) }
        }
    }

    @Test func `of a system that is well all checks are ok, until its robot vanishes`() async throws {
        try await Self.withServer { _, system in
            try await system.withRobot(.sql, id: "r1") { robot in
                // A loop has its first round some time after the start, and something listens where the server does.
                let well = try await eventually("all is well") { () async throws -> Report? in
                    let report = try await Self.report(on: system, ["--otlp", system.url])
                    return report.checks("ok") == Self.all ? report : nil
                }
                #expect(well.status == 0)
                let text = try await system.casarectl("doctor", "--otlp", system.url)
                #expect(text.status == 0 && text.output.hasPrefix("The server: 8 ok"), "\(text.output)")

                robot.send(.kill)
                let without = try await eventually("the robot is missed") { () async throws -> Report? in
                    let report = try await Self.report(on: system)
                    return report["robots"].level == "warning" ? report : nil
                }
                #expect(without.status == 0 && without.checks("critical").isEmpty)
                #expect(without["robots"].summary.contains("offline: 1"), "\(without["robots"].summary)")
                #expect(without["robots"].advice.contains("casarectl robot list"))
            }
        }
    }

    @Test func `a database that is gone is said, and not that the token is wrong`() async throws {
        try await Self.withServer { installation, system in
            await installation.cluster.stop()
            let report = try await Self.report(on: system)
            #expect(report.status == 1)
            #expect(report.checks("critical") == ["identity", "readiness"] && report["connection"].level == "ok")
            for check in ["identity", "readiness", "metrics"] {
                #expect(report[check].summary.contains("database"), "\(check): \(report[check].summary)")
                #expect(report[check].advice.contains("casarectl doctor db --database-url"), "\(check)")
            }
            let alerts = try await system.casarectl("alerts", "check")
            #expect(alerts.status == 10 && alerts.errors.contains("database"), "\(alerts.errors)")
        }
    }

    @Test func `a schema that is older or newer than the server is said, with what to run`() async throws {
        try await Self.withServer { installation, system in
            try await installation.withConnection { connection in
                try connection.script(
                    """
                    CREATE TABLE kept AS SELECT * FROM schema_migrations ORDER BY version DESC LIMIT 1;
                    DELETE FROM schema_migrations WHERE version IN (SELECT version FROM kept)
                    """)
            }
            let older = try await Self.report(on: system)
            #expect(older.status == 1 && older.checks("critical") == ["readiness"])
            #expect(older["readiness"].summary.contains("missing: "), "\(older["readiness"].summary)")
            #expect(older["readiness"].advice.contains("casarectl db migrate"))
            let text = try await system.casarectl("doctor")
            #expect(text.status == 1 && text.output.contains("CRITICAL  readiness"), "\(text.output)")

            try await installation.withConnection { connection in
                try connection.script(
                    """
                    INSERT INTO schema_migrations SELECT * FROM kept;
                    INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'of tomorrow', '');
                    DROP TABLE kept
                    """)
            }
            let newer = try await Self.report(on: system)
            #expect(newer.status == 1 && newer["readiness"].summary.contains("9999 (of tomorrow)"))
        }
    }

    @Test func `what is wrong around a server is a warning, and who cannot work is told so`() async throws {
        try await Self.withServer { _, system in
            try await withReservedPort { port in
                let deaf = try await Self.report(on: system, ["--otlp", "http://127.0.0.1:\(port)"])
                #expect(deaf.status == 0 && deaf["collector"].level == "warning")
                #expect(deaf["collector"].summary.contains("connection refused"))
                #expect(deaf["collector"].advice.contains("OTEL_EXPORTER_OTLP_ENDPOINT"))

                let nobody = try await Self.report(on: system, ["--url", "http://127.0.0.1:\(port)"])
                #expect(nobody.status == 1 && nobody.checks("critical") == ["connection"])
                #expect(nobody["connection"].advice.contains("casarectl context show"))
            }
            let stranger = try await Self.report(on: system, variables: ["CASARE_TOKEN": "crpa_unknown"])
            #expect(stranger.status == 1 && stranger.checks("critical") == ["identity"])
            #expect(stranger["identity"].advice.contains("casarectl login"))

            let token = try await system.json("token", "create", "robot", "--role", "robot")["token"]?.string ?? ""
            let robot = try await Self.report(on: system, variables: ["CASARE_TOKEN": token])
            #expect(robot.status == 0 && robot["metrics"].level == "warning")
            #expect(robot["metrics"].advice.contains("metrics.read"))
        }
    }

    @Test func `a server without a database has not the metrics that dashboards ask for`() async throws {
        try await TestSystem.with(options: ["--memory", "--no-robot"]) { system in
            let report = try await Self.report(on: system)
            #expect(report.status == 0 && report["metrics"].level == "warning", "\(report.errors)")
            #expect(report["metrics"].summary.contains("casare_loop_last_success_timestamp_seconds"))
            #expect(report["robots"].summary.contains("no robot") && !report["robots"].advice.isEmpty)
        }
    }
}
