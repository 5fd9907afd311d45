import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

/// What robots log themselves, as they send it and people follow it.
struct RobotLogRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static let stream = UUID()

    private static func line(
        _ number: Int, _ message: String, _ level: Robot.LogLine.Level = .info
    ) -> Robot.LogLine {
        Robot.LogLine(
            number: number, at: Date(timeIntervalSince1970: Double(number)), level: level, label: "casare.robot",
            message: message, fields: ["job.id": "7"], traceID: TraceID("0af7651916cd43dd8448eb211c80319c"),
            spanID: SpanID("b7ad6b7169203331"))
    }

    private static func withRobot(
        _ body: @escaping @Sendable (Fixture, RobotFixture) async throws -> Void
    ) async throws {
        try await Fixture.with { server in try await server.withRobot("r1") { try await body(server, $0) } }
    }

    @Test func `lines that a robot sends are there for people, whole and once each`() async throws {
        try await Self.withRobot { server, robot in
            let lines = [Self.line(1, "one"), Self.line(2, "two", .error)]
            #expect(try await robot.client.appendLog(lines, of: robot.id, stream: Self.stream) == 2)
            let more = lines + [Self.line(3, "three")]
            #expect(try await robot.client.appendLog(more, of: robot.id, stream: Self.stream) == 3)
            try await server.withClient(.viewer) { client in
                let log = try await client.log(of: robot.id)
                #expect(log.lines.map(\.message) == ["one", "two", "three"] && log.next == log.lines.last?.line)
                var first = try #require(log.lines.first).logLine
                first.number = 1
                #expect(first == Self.line(1, "one"))
                let place = try #require(log.lines.first).line
                #expect(try await client.log(of: robot.id, after: place, limit: 1).lines.map(\.message) == ["two"])
                #expect(try await client.log(of: robot.id, level: .warning).lines.map(\.message) == ["two"])
                #expect(try await client.log(of: robot.id, tail: 2).lines.map(\.message) == ["two", "three"])
                #expect(try await client.log(of: robot.id, since: Date() + 3_600).lines.isEmpty)
                #expect(try await client.log(of: robot.id, since: Date() - 3_600).lines.count == 3)
            }
        }
    }

    @Test func `who waits for a line gets it, and waits on for one that is urgent enough`() async throws {
        try await Self.withRobot { server, robot in
            try await server.withClient(.viewer) { client in
                async let first = client.log(of: robot.id, waiting: .seconds(30))
                async let urgent = client.log(of: robot.id, level: .error, waiting: .seconds(30))
                while server.waitingRoom.count < 2 { await Task.yield() }
                _ = try await robot.client.appendLog([Self.line(1, "one")], of: robot.id, stream: Self.stream)
                #expect(try await first.lines.map(\.message) == ["one"])
                _ = try await robot.client.appendLog([Self.line(2, "two", .error)], of: robot.id, stream: Self.stream)
                #expect(try await urgent.lines.map(\.message) == ["two"])
            }
        }
    }

    @Test func `who waits in vain is told where to go on`() async throws {
        try await Self.withRobot { server, robot in
            _ = try await robot.client.appendLog([Self.line(1, "one")], of: robot.id, stream: Self.stream)
            try await server.withClient(.viewer) { client in
                let place = try await client.log(of: robot.id).next
                let log = try await client.log(of: robot.id, after: place, waiting: .milliseconds(10))
                #expect(log.lines.isEmpty && log.next == place)
            }
        }
    }

    @Test(arguments: [
        "after=x", "after=-1", "limit=0", "tail=0", "tail=501", "level=loud", "since=today", "wait_seconds=31",
        "cursor=1",
    ])
    func `a wrong parameter is named`(query: String) async throws {
        try await Self.withRobot { server, _ in
            let reply = try await server.call(.GET, "/api/v1/robots/r1/logs?\(query)", as: .viewer)
            #expect(reply.status == 400 && reply.message.hasPrefix(query.split(separator: "=")[0]), "\(reply.message)")
        }
    }

    @Test func `lines that are too many, or whose numbers go back, are refused`() async throws {
        try await Self.withRobot { server, robot in
            let many = (1...Robot.Log.reportLinesMax + 1).map { Self.line($0, "x") }
            for lines in [
                many, [Self.line(2, "b"), Self.line(1, "a")], [Self.line(0, "a")],
                [Self.line(1, ""), Self.line(1, "")],
            ] {
                let code = await Fixture.code { () async throws(ClientError) in
                    _ = try await robot.client.appendLog(lines, of: robot.id, stream: Self.stream)
                }
                #expect(code == .invalidInput)
            }
            let page = try await server.withClient(.viewer) { try await $0.log(of: robot.id) }
            #expect(page.lines.isEmpty)
        }
    }

    @Test func `a robot's own token writes in no other robot's log, and people in none`() async throws {
        try await Self.withRobot { server, robot in
            let own = try await server.database.asTenant(.default) { connection in
                try TokenStore.create(
                    name: "r2", role: .robot, robot: Robot.ID(rawValue: "r2"), on: connection
                ).text.reveal()
            }
            let body: Value = ["stream": .string(Self.stream.uuidString.lowercased()), "lines": []]
            let path = "/api/v1/robots/r1/logs"
            let foreign = try await server.send(
                .POST, path, token: own, body: body.jsonText(), headers: ["Content-Type": "application/json"])
            #expect(foreign.status == 403 && foreign.message.contains("speaks for robot r2"), "\(foreign.message)")
            #expect(try await server.call(.POST, path, as: .viewer, body).status == 403)
            #expect(try await server.call(.POST, path, as: .robot, body).json["line"] == 0)
            #expect(try await server.call(.GET, path, as: .robot).status == 403)
            let nobody = "/api/v1/robots/nobody/logs"
            let read = try await server.call(.GET, nobody, as: .viewer)
            #expect(read.status == 404 && read.message.contains("nobody"), "\(read.message)")
            let written = try await server.call(.POST, nobody, as: .robot, body)
            #expect(written.status == 404 && written.message.contains("nobody"), "\(written.message)")
        }
    }

    @Test func `a queue in memory keeps none`() async throws {
        try await MemoryFixture.with { memory in
            let reply = try await memory.server.call(.GET, "/api/v1/robots/r1/logs")
            #expect(reply.status == 501 && reply.code == "NEEDS_DATABASE")
        }
    }
}
