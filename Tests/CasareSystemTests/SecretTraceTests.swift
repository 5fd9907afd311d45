import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// Secrets that were used in every way are found nowhere afterwards, in whatever form.
///
/// What is promised of memory is said in `docs/secrets.md`: nothing of a run that has ended stays in it, for values of 16
/// bytes and more.
struct SecretTraceTests {
    /// A dump of memory takes its time: values that have just been given back may still be in the first.
    private static let looksMax = 5

    @Test func `a search finds values in every form that it looks for`() async throws {
        try await withTemporaryDirectory { folder in
            let search = TraceSearch(Values.all)
            let planted = try await search.plant(in: folder)
            #expect(planted.count > 10 * Values.all.count)
            let found = try await search.found(in: [folder])
            #expect(Set(found.map(\.file)) == Set(planted))
            #expect(try await TraceSearch(["other": "Yh5kT0zPq8VnWd3rLx7e"]).found(in: [folder]).isEmpty)
        }
    }

    @Test func `known secrets are in no copy of anything after they were used in every way`() async throws {
        try await TestInstallation.with(settings: TestInstallation.tellingAll) { installation in
            try await TestServer.withEcho { web in
                try await withTemporaryDirectory { elsewhere in
                    try await Self.use(installation, web, elsewhere)
                    // All logs, journals, dumps, answers, and the files of PostgreSQL with its own log.
                    let found = try await TraceSearch(Values.all).found(in: [installation.folder])
                    #expect(found.isEmpty, "\(found.map(\.description).joined(separator: "\n"))")
                }
            }
        }
    }

    /// - Parameter elsewhere: A folder for what may hold values: files that jobs write, and memory in use.
    private static func use(
        _ installation: TestInstallation, _ web: TestServer, _ elsewhere: String
    ) async throws {
        let folder = installation.folder
        for name in ["copies", "temporary"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: false)
        }
        let settings = [
            "CASARE_SEALING_KEY_FILE": try installation.sealingKey(0x5A), "CASARE_LOG_LEVEL": "trace",
            "TMPDIR": "\(folder)/temporary",
        ]
        // A robot over the API that was killed is waited for.
        let lease = ["CASARE_LEASE_SECONDS": "10"]
        try await installation.withOrchestrator("orchestrator", variables: settings.merging(lease) { $1 }) { system in
            try await Self.setSecrets(system, noting: "\(folder)/copies/processes")
            let revealed = try await system.casarectl(
                "secret", "get", "trace/key", "--reveal", "--reason", "a test", "--field", "api_key")
            #expect(revealed.output == Values.rotated, "\(revealed.errors)")
            for kind in TestSystem.RobotKind.allCases {
                var variables = settings.merging(["CASARE_ALLOW_INTERNAL_URLS": "true"]) { $1 }
                // Over the API the orchestrator opens them.
                if kind == .api { variables["CASARE_SEALING_KEY_FILE"] = nil }
                try await Self.run(kind, variables, system, web, elsewhere)
            }
            try await Self.expectNothing(in: system.dev, called: "orchestrator", system, elsewhere)
            try await Self.ask(installation, system)
            try await installation.dump(to: "\(folder)/copies")
        }
    }

    /// A job whose first robot is killed in the middle of it, and what the second one leaves behind.
    private static func run(
        _ kind: TestSystem.RobotKind, _ variables: [String: String], _ system: TestSystem, _ web: TestServer,
        _ elsewhere: String
    ) async throws {
        let gate = "\(elsewhere)/gate-\(kind)"
        let path = "\(elsewhere)/written-\(kind)"
        let server = "http://127.0.0.1:\(web.port().int ?? 0)"
        let submitted = try await system.casarectl(
            ["submit", "-", "--trace", "--max-attempts", "1", "-o", "name"],
            input: Self.document(server: server, gate: gate, writingTo: path))
        #expect(submitted.status == 0, "\(submitted.errors)")
        let job = submitted.output.trimmingNewline
        try await system.withRobot(kind, id: "\(kind)-first", slots: 1, variables: variables) { robot in
            try await Self.waitForScript(gate, robot)
            try RunningProgram.noteProcesses(in: "\(system.folder)/copies/processes")
            // The values are in use now, so that the search must find them.
            let memory = "\(elsewhere)/used.memory"
            try robot.writeMemory(to: memory)
            let names = Set(try await TraceSearch(Values.all).found(in: [memory]).map(\.name))
            #expect(names.isSuperset(of: ["rotated", "quoted", "special", "password", "lines"]), "\(names)")
            robot.send(.kill)
        }
        try FileManager.default.removeItem(atPath: "\(gate).begun")
        try await system.withRobot(kind, id: "\(kind)-second", slots: 1, variables: variables) { robot in
            try await Self.waitForScript(gate, robot)
            try RunningProgram.noteProcesses(in: "\(system.folder)/copies/processes")
            try Data().write(to: URL(filePath: gate))
            let ended = try await system.casarectl("job", "watch", job, "--timeout", "120s", "-o", "json")
            #expect(ended.status == 9, "\(ended.output) \(ended.errors)")
            try Self.note(ended, in: system)
            #expect(try String(contentsOf: URL(filePath: path), encoding: .utf8) == Values.written)
            #expect(web.text("requests").contains("Basic \(Values.basic)"))
            for command in [
                ["job", "get", job], ["job", "logs", job], ["job", "steps", job], ["job", "trace", job],
                ["job", "export", job], ["dlq", "show", job], ["explain", job],
            ] {
                let shown = try await system.casarectl(command)
                #expect(shown.status == 0, "\(command): \(shown.errors)")
                try Self.note(shown, in: system)
            }
            let failure = try await system.json("job", "get", job)["failure"]
            #expect(failure?["node"] == "fail" && failure?["message"]?.string?.contains("*** / ***") == true)
            try await Self.expectNothing(in: robot, called: "robot-\(kind)", system, elsewhere)
        }
    }

    private static func waitForScript(_ gate: String, _ robot: RunningProgram) async throws {
        try await eventually("the script runs") {
            guard !robot.hasEnded else { throw NeverHappened(what: "the script runs: \(robot.log)") }
            return FileManager.default.fileExists(atPath: "\(gate).begun") ? true : nil
        }
    }

    /// Looks through the memory of a program that has nothing to do any more.
    private static func expectNothing(
        in program: RunningProgram, called name: String, _ system: TestSystem, _ elsewhere: String
    ) async throws {
        var found: [TraceSearch.Found] = []
        for _ in 1...Self.looksMax {
            let memory = "\(elsewhere)/\(name).memory"
            let count = try program.writeMemory(to: memory)
            #expect(count > 1 << 20, "so little is not all of it")
            found = try await TraceSearch(Values.all).found(in: [memory])
            if found.isEmpty { return }
        }
        Issue.record("\(found.map(\.description).joined(separator: "\n"))")
    }

    /// All that is told of secrets and jobs to those who ask.
    private static func ask(_ installation: TestInstallation, _ system: TestSystem) async throws {
        let copies = "\(system.folder)/copies"
        for command in [
            ["secret", "get", "trace/key"], ["secret", "list"], ["secret", "versions", "trace/key"],
            ["secret", "audit", "trace/key"], ["secret", "consumers", "trace/key"], ["audit", "list"], ["job", "list"],
            ["dlq", "list"], ["dlq", "groups"], ["status"],
        ] {
            let shown = try await system.casarectl(command + ["-o", "json"])
            #expect(shown.status == 0, "\(command): \(shown.errors)")
            try Self.note(shown, in: system)
        }
        let exported = try await system.casarectl("audit", "export", "--file", "\(copies)/audit.jsonl")
        #expect(exported.status == 0, "\(exported.errors)")
        for path in ["/metrics", "/api/v1/jobs", "/api/v1/events", "/api/v1/audit", "/api/v1/dlq"] {
            let answer = try await installation.answer(path, of: system)
            #expect(!answer.isEmpty)
            try Data(answer.utf8).write(to: URL(filePath: "\(copies)/answer\(path.replacing("/", with: "-"))"))
        }
    }

    /// Keeps what casarectl has printed, to be looked through.
    static func note(_ ended: TestProgram.Ended, in system: TestSystem) throws {
        let path = "\(system.folder)/copies/casarectl"
        let before = (try? Data(contentsOf: URL(filePath: path))) ?? Data()  // The first has none before it.
        try (before + Data("\(ended.output)\n\(ended.errors)\n".utf8)).write(to: URL(filePath: path))
    }
}
