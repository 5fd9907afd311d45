import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// Rotations from the shell, with a robot that uses what is rotated.
struct SecretRotationTests {
    private static let name = "db/prod"
    private static let first = "the-first-password-of-all"
    private static let second = "the-second-password-of-all"

    /// Gives `body` a system whose orchestrator and robot have a key, and which has the secret.
    private static func with(_ body: @escaping @Sendable (TestSystem) async throws -> Void) async throws {
        try await TestInstallation.with { installation in
            let settings = ["CASARE_SEALING_KEY_FILE": try installation.sealingKey(0x5A)]
            try await installation.withOrchestrator("orchestrator", variables: settings) { system in
                let made = try await system.casarectl("secret", "set", Self.name, input: Self.first)
                #expect(made.status == 0, "\(made.errors)")
                try await system.withRobot(.sql, id: "robot", variables: settings) { _ in try await body(system) }
            }
        }
    }

    /// A token of somebody who may rotate, and nothing else.
    private static func rotator(_ system: TestSystem) async throws -> [String: String] {
        let role = try await system.casarectl("role", "create", "rotator", "--permission", "credential.rotate")
        #expect(role.status == 0, "\(role.errors)")
        let token = try await system.json("token", "create", "pipeline", "--role", "rotator")
        return ["CASARE_TOKEN": token["token"]?.string ?? ""]
    }

    private static func states(_ system: TestSystem) async throws -> [String] {
        try await system.json("secret", "versions", Self.name).list?.compactMap { $0["state"]?.string } ?? []
    }

    @Test func `a hook that fails takes the new version back, for somebody who can read none`() async throws {
        try await Self.with { system in
            let rotator = try await Self.rotator(system)
            let hook = "cat > '\(system.folder)/told'; exit 7"
            let failed = try await system.casarectl(
                ["secret", "rotate", Self.name, "--from-stdin", "--hook", hook], input: Self.second,
                variables: rotator)
            #expect(failed.status == 1, "\(failed.errors)")
            #expect(failed.errors.contains("the hook ended with status 7"), "\(failed.errors)")
            #expect(!(failed.errors + failed.output).contains(Self.second))
            let told = try Data(contentsOf: URL(filePath: "\(system.folder)/told"))
            #expect(try Value(parsingJSON: Array(told))["fields"] == ["value": .string(Self.second)])
            for arguments in [
                ["secret", "get", Self.name], ["secret", "get", Self.name, "--reveal", "--reason", "a test"],
            ] {
                #expect(try await system.casarectl(arguments, variables: rotator).status == 6)
            }
            #expect(try await Self.states(system) == ["destroyed", "live"])
            #expect(try await Self.use("{{$secret:\(Self.name)}}", system) == Self.first)

            let worked = try await system.casarectl(
                ["secret", "rotate", Self.name, "--from-stdin", "--hook", "cat > /dev/null"], input: Self.second,
                variables: rotator)
            #expect(worked.status == 0, "\(worked.errors)")
            #expect(try await Self.use("{{$secret:\(Self.name)}}", system) == Self.second)
        }
    }

    @Test func `two versions are given to jobs until the overlap is over`() async throws {
        try await Self.with { system in
            let rotated = try await system.casarectl(
                ["secret", "rotate", Self.name, "--from-stdin", "--overlap", "1h"], input: Self.second)
            #expect(rotated.status == 0, "\(rotated.errors)")
            #expect(try await Self.states(system) == ["live", "overlapping"])
            #expect(try await Self.use("{{$secret:\(Self.name)}}", system) == Self.second)
            #expect(try await Self.use("{{$secret:\(Self.name)@1}}", system) == Self.first)
            let again = try await system.casarectl(
                ["secret", "rotate", Self.name, "--generate", "hex:16", "--overlap", "0"])
            #expect(again.status == 0, "\(again.errors)")
            #expect(try await Self.states(system).prefix(2) == ["live", "superseded"])
            let refused = try await Self.submit("{{$secret:\(Self.name)@2}}", "\(system.folder)/refused", system)
            #expect(refused.status == 9 && refused.output.contains("secret_denied"), "\(refused.output)")
        }
    }

    @Test func `a rotation waits for the job that still holds the value before it`() async throws {
        try await Self.with { system in
            let gate = "\(system.folder)/gate"
            let submitted = try await system.casarectl(
                ["submit", "-", "-o", "name"], input: try Self.holding(gate, in: system))
            #expect(submitted.status == 0, "\(submitted.errors)")
            let job = submitted.output.trimmingNewline
            try await eventually("the job holds the secret") {
                FileManager.default.fileExists(atPath: "\(gate).begun") ? true : nil
            }
            let late = try await system.casarectl(
                ["secret", "rotate", Self.name, "--from-stdin", "--wait-consumers", "--timeout", "1s"],
                input: Self.second)
            #expect(late.status == 8 && late.errors.contains(job), "\(late.errors)")
            let held = try await system.json("secret", "consumers", Self.name)
            #expect(held.list?.map { $0["version"] } == [1] && held.list?.map { $0["job"] } == [.string(job)])
            // A job that begins now has the new one, and is not waited for.
            #expect(try await Self.use("{{$secret:\(Self.name)}}", system) == Self.second)

            async let waiting = system.casarectl(
                "secret", "consumers", Self.name, "--wait", "--timeout", "300s", "-o", "json")
            #expect(try await system.json("job", "get", job)["status"] == "running")
            try Data().write(to: URL(filePath: gate))
            let ended = try await waiting
            #expect(ended.status == 0, "\(ended.errors)")
            #expect(ended.errors.contains("no running job holds an older version than 2"), "\(ended.errors)")
            #expect(try await system.json("job", "get", job)["status"] == "completed")
            let next = try await system.casarectl(
                "secret", "rotate", Self.name, "--generate", "uuid", "--wait-consumers", "--timeout", "300s")
            #expect(next.status == 0, "\(next.errors)")
        }
    }

    // MARK: - Jobs

    /// What a job is given for a text.
    private static func use(_ text: String, _ system: TestSystem) async throws -> String {
        let path = "\(system.folder)/used-\(UUID().uuidString)"
        let ended = try await self.submit(text, path, system)
        #expect(ended.status == 0, "\(ended.output) \(ended.errors)")
        return try String(contentsOf: URL(filePath: path), encoding: .utf8)
    }

    private static func submit(_ text: String, _ path: String, _ system: TestSystem) async throws -> TestProgram.Ended {
        let document: Value = [
            "nodes": [
                "write": [
                    "node_type": "WriteFileNode", "config": ["file_path": .string(path), "content": .string(text)],
                ]
            ]
        ]
        return try await system.casarectl(
            ["submit", "-", "--max-attempts", "1", "--wait", "--timeout", "120s", "-o", "json"],
            input: document.jsonText(.compact))
    }

    /// A workflow that uses the secret and then waits for a file.
    private static func holding(_ gate: String, in system: TestSystem) throws -> String {
        let script = "\(system.folder)/wait.sh"
        try "touch \"$1.begun\"\nwhile [ ! -e \"$1\" ]; do sleep 0.05; done\n".write(
            toFile: script, atomically: true, encoding: .utf8)
        let document: Value = [
            "nodes": [
                "use": ["node_type": "LogNode", "config": ["message": "{{$secret:db/prod}}"]],
                "wait": [
                    "node_type": "RunCommandNode",
                    "config": ["command": "/bin/sh", "args": [.string(script), .string(gate)], "timeout": 600],
                ],
            ],
            "connections": [
                [
                    "source_node": "use", "source_port": "exec_out", "target_node": "wait",
                    "target_port": "exec_in",
                ]
            ],
        ]
        return document.jsonText(.compact)
    }
}
