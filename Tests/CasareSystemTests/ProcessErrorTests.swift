import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

/// Bad input and bad circumstances, as a person meets them: a clear line on stderr, the right exit status, and nothing
/// on stdout.
struct ProcessErrorTests {
    private struct Case {
        let arguments: [String]
        var input = ""
        var variables: [String: String] = [:]
        let status: Int
        let message: String
        /// How many lines it says it in, where that matters.
        var lines: Int?
    }

    @Test func `a bad request is refused with the right status and a message that helps`() async throws {
        try await TestSystem.with { system in
            let unknownNode = #"{"nodes":{"a":{"node_type":"LogNod"}}}"#
            let huge = "[\"" + String(repeating: "x", count: 50 << 20) + "\"]"
            let nobody = "00000000-0000-7000-8000-000000000000"
            let cases = [
                Case(arguments: ["submit", "-"], input: "{nonsense", status: 1, message: "not JSON"),
                Case(arguments: ["submit", "-"], input: "[1, 2]", status: 1, message: "object"),
                Case(arguments: ["submit", "-"], input: #"{"nodes": 5}"#, status: 1, message: "nodes"),
                Case(arguments: ["submit", "-"], input: #"{"nodes": {}}"#, status: 1, message: "no nodes"),
                Case(arguments: ["submit", "-"], input: unknownNode, status: 1, message: "LogNod"),
                Case(arguments: ["workflow", "push", "-"], input: huge, status: 1, message: "16"),
                Case(arguments: ["submit", "no-such-workflow"], status: 4, message: "no-such-workflow"),
                Case(arguments: ["submit", "/no/such/file.json"], status: 4, message: "/no/such/file.json"),
                Case(arguments: ["job", "get", nobody], status: 4, message: nobody),
                Case(arguments: ["job", "get", "no-id"], status: 64, message: "no-id"),
                Case(arguments: ["dlq", "show", nobody], status: 4, message: nobody),
                Case(arguments: ["job", "cancel", nobody, "--yes"], status: 4, message: nobody),
                Case(
                    arguments: ["job", "list"], variables: ["CASARE_TOKEN": "crpa_wrong"], status: 3,
                    message: "the token is unknown, expired or revoked; run casarectl login\n"),
                Case(
                    arguments: ["job", "list"], variables: ["CASARE_URL": "http://127.0.0.1:\(ClosedPort.number)"],
                    status: 10,
                    message: "cannot reach"),
                Case(arguments: ["job", "list", "--limit", "-1"], status: 64, message: "limit"),
                Case(arguments: ["job", "frobnicate"], status: 64, message: "frobnicate"),
                Case(
                    arguments: ["dev", "--port", system.url.port, "--data-dir", "\(system.folder)/other"], status: 5,
                    message: "port \(system.url.port) is taken by another program; add --port", lines: 2),
                Case(
                    arguments: ["dev", "--data-dir", "\(system.folder)/dev"], status: 5, message: "running already"),
                Case(
                    arguments: [
                        "db", "status", "--database-url",
                        "postgres://127.0.0.1:\(ClosedPort.number)/x?connect_timeout=2",
                    ], status: 10, message: "127.0.0.1"),
            ]
            for each in cases {
                let ended = try await system.casarectl(each.arguments, input: each.input, variables: each.variables)
                #expect(ended.status == each.status, "\(each.arguments): \(ended.errors)")
                #expect(ended.errors.contains(each.message), "\(each.arguments): \(ended.errors)")
                #expect(ended.output.isEmpty, "\(each.arguments): \(ended.output)")
                if let lines = each.lines {
                    // The first one says that dev is starting.
                    #expect(ended.errors.split(separator: "\n").count == lines, "\(ended.errors)")
                }
            }
        }
    }

    @Test func `waiting with no robot alive says so, and ends when told to`() async throws {
        try await TestSystem.with { system in
            let ended = try await system.casarectl(
                ["submit", "-", "--wait", "--timeout", "4s"],
                input: #"{"nodes":{"a":{"node_type":"SetVariableNode","config":{"variable_name":"x","value":1}}}}"#)
            #expect(ended.status == 8)
            #expect(ended.errors.contains("robot"), "\(ended.errors)")
        }
    }

    @Test func `a robot whose token the server refuses says so, and ends with 1`() async throws {
        try await TestSystem.with { system in
            #expect(try await system.casarectl("robot", "register", "r8").status == 0)
            let others = try await system.json("robot", "token", "r8")["token"]?.string ?? ""
            let cases = [
                ("nonsense", "the token is unknown, expired or revoked"), (others, "speaks for robot r8, not for r7"),
            ]
            for (token, message) in cases {
                let variables = [
                    "HOME": system.folder, "CASARE_URL": system.url, "CASARE_TOKEN": token, "CASARE_ROBOT_ID": "r7",
                    "CASARE_WORKING_DIRECTORY": "\(system.folder)/runs",
                ]
                // What was wrong here depended on which thread came first.
                for _ in 1...5 {
                    let ended = try await TestProgram(.robot, variables: variables).run([])
                    #expect(ended.status == 1, "\(ended.errors)")
                    #expect(ended.errors.contains(message), "\(ended.errors)")
                }
            }
        }
    }

    @Test func `a service without its database says so and does not pretend to be ready`() async throws {
        try await withTemporaryDirectory { folder in
            let variables = [
                "HOME": folder, "DATABASE_URL": "postgres://127.0.0.1:\(ClosedPort.number)/none", "CASARE_PORT": "0",
            ]
            try await TestProgram(.orchestrator, variables: variables).withRunning(log: "\(folder)/log") { server in
                try await eventually("it listens") { server.log.contains("Listening") ? true : nil }
                #expect(!server.hasEnded)
                server.send(.terminate)
                try await eventually("it has stopped") { server.hasEnded ? true : nil }
            }
            let none = try await TestProgram(.orchestrator, variables: ["HOME": folder]).run([])
            #expect(none.status != 0)
            #expect(none.errors.contains("DATABASE_URL"))
            let robot = try await TestProgram(.robot, variables: ["HOME": folder, "CASARE_ROBOT_SLOTS": "0"]).run([])
            #expect(robot.status != 0)
            #expect(robot.errors.contains("DATABASE_URL"))
        }
    }
}

extension String {
    fileprivate var port: String { String(self.split(separator: ":").last ?? "") }
}
