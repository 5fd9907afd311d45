import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// What is between the programs, as processes of their own: TLS, certificates on both sides, and signing in.
struct TransportTests {
    /// Says something, waits until there is a file, and says something else.
    private static func document(waitingFor gate: String, in folder: String) throws -> String {
        let script = "\(folder)/wait.sh"
        // It ends with the folder at the latest.
        try "while [ -e \"$0\" ] && [ ! -e \"$1\" ]; do sleep 0.05; done\n".write(
            toFile: script, atomically: true, encoding: .utf8)
        func say(_ message: String) -> Value {
            ["node_type": "LogNode", "config": ["message": .string(message), "include_node_id": false]]
        }
        let document: Value = [
            "metadata": ["name": "chatty"],
            "nodes": [
                "before": say("one"),
                "wait": [
                    "node_type": "RunCommandNode",
                    "config": ["command": "/bin/sh", "args": [.string(script), .string(gate)], "timeout": 600],
                ],
                "after": say("two"),
            ],
            "connections": .list(
                [("before", "wait"), ("wait", "after")].map {
                    [
                        "source_node": .string($0.0), "source_port": "exec_out", "target_node": .string($0.1),
                        "target_port": "exec_in",
                    ]
                }),
        ]
        return document.jsonText(.compact)
    }

    // MARK: - The server's certificate

    @Test func `jobs are submitted, watched and followed over TLS`() async throws {
        try await TransportSystem.with { system in
            let gate = "\(system.folder)/gate"
            let document = try Self.document(waitingFor: gate, in: system.folder)
            try await system.system.withRobot(.sql, id: "robot") { _ in
                let job = try await system.submit(document)
                let program = try TestProgram(.casarectl, variables: system.environment)
                // Events come by a WebSocket, lines of the log by requests that wait.
                try await program.withRunning(
                    ["events", "--follow", "--job", job, "--cursor", "start", "-o", "jsonl"],
                    log: "\(system.folder)/events.log"
                ) { events in
                    try await program.withRunning(
                        ["job", "logs", job, "--follow"], log: "\(system.folder)/lines.log"
                    ) { lines in
                        try await eventually("the first line comes while the job runs") {
                            lines.log == "one\n" ? true : nil
                        }
                        #expect(!events.log.contains("\"completed\""), "\(events.log)")
                        try "".write(toFile: gate, atomically: true, encoding: .utf8)
                        try await eventually("whoever follows ends with the job") { lines.hasEnded ? true : nil }
                        #expect(lines.log == "one\ntwo\n")
                    }
                    try await eventually("the event of its end comes") {
                        events.log.contains("\"completed\"") ? true : nil
                    }
                }
                #expect(try await system.completed(job)["status"] == "completed")
            }
        }
    }

    private struct Case {
        var arguments = ["job", "list"]
        let variables: [String: String]
        let message: String
    }

    @Test func `who does not come to an understanding about TLS is told why, and what to do`() async throws {
        try await TransportSystem.with { system in
            let unknown = "is from an authority that this machine does not trust; set CASARE_CA_FILE"
            let cases = [
                Case(variables: ["CASARE_CA_FILE": ""], message: unknown),
                Case(arguments: ["events", "--follow"], variables: ["CASARE_CA_FILE": ""], message: unknown),
                Case(
                    variables: ["CASARE_CA_FILE": system.otherAuthority],
                    message: "is not from the authority in \(system.otherAuthority)"),
                Case(
                    variables: ["CASARE_URL": system.url.replacing("https://", with: "http://")],
                    message: "this port speaks TLS only; write https://"),
            ]
            for each in cases {
                let ended = try await system.casarectl(each.arguments, variables: each.variables)
                #expect(ended.status == 1, "\(each.variables): \(ended.errors)")
                #expect(ended.errors.contains(each.message), "\(each.variables): \(ended.errors)")
                #expect(ended.output.isEmpty && ended.errors.split(separator: "\n").count == 1, "\(ended)")
            }
            // Whoever wants no verification gets none, and hears of it.
            let careless = try await system.casarectl(
                ["whoami", "--insecure-skip-verify"], variables: ["CASARE_CA_FILE": ""])
            #expect(careless.status == 0 && careless.errors.contains("is not verified"), "\(careless.errors)")
            #expect(try await system.casarectl("whoami").errors.isEmpty)
        }
    }

    // MARK: - Its end

    @Test func `a server's certificate that has ended is refused until there is another, and the service says so`()
        async throws
    {
        try await TransportSystem.with { system in
            try await Self.serveBriefly(system)
            let refused = try await eventually("casarectl refuses it") { () async throws -> TestProgram.Ended? in
                let ended = try await system.casarectl("whoami")
                return ended.status == 0 ? nil : ended
            }
            #expect(refused.status == 1)
            #expect(refused.errors.contains("its certificate ended at "), "\(refused.errors)")
            #expect(refused.errors.contains("its owner has to renew it"), "\(refused.errors)")
            try await eventually("the service says that it has ended") {
                system.server.count(of: "The TLS certificate has ended: clients refuse it; renew it") == 1
                    ? true : nil
            }
            try system.serve(system.certificates.otherServer, of: system.certificates.authority)
            system.server.send(.hangUp)
            try await eventually("the next one counts") {
                try await system.casarectl("whoami").status == 0 ? true : nil
            }

            // With one that has ended no service begins.
            let expired = try system.certificates.expiredServer.write(to: system.folder, as: "expired")
            let variables = [
                "HOME": system.folder, "DATABASE_URL": system.installation.databaseURL, "CASARE_PORT": "0",
                "CASARE_TLS_CERTIFICATE": expired.certificate, "CASARE_TLS_KEY": expired.key,
            ]
            let ended = try await TestProgram(.orchestrator, variables: variables).run([])
            #expect(ended.status == 64, "\(ended.errors)")
            #expect(
                ended.errors.contains("CASARE_TLS_CERTIFICATE names a certificate that ended at"), "\(ended.errors)")
        }
    }

    /// Has the server take a certificate that ends within seconds. On a busy machine one may have ended before it was
    /// looked at: then one follows that counts for longer.
    private static func serveBriefly(_ system: TransportSystem) async throws {
        for seconds in [5.0, 20, 80] {
            let (exchanged, ended) = ("The TLS certificate was exchanged", "names a certificate that ended at")
            let before = (system.server.count(of: exchanged), system.server.count(of: ended))
            let authority = system.certificates.authority
            try system.serve(try authority.server(until: Date(timeIntervalSinceNow: seconds)), of: authority)
            system.server.send(.hangUp)
            let isTaken = try await eventually("the server has looked at it") { () -> Bool? in
                if system.server.count(of: exchanged) > before.0 { return true }
                return system.server.count(of: ended) > before.1 ? false : nil
            }
            if isTaken { return }
        }
        throw NeverHappened(what: "a certificate that ends soon is taken")
    }
}
