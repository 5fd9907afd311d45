import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

/// What a job writes while it runs, as robots send it and people follow it.
struct LogRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static func line(_ number: Int, _ message: String) -> Job.LogLine {
        Job.LogLine(
            number: number, at: Date(timeIntervalSince1970: Double(number)), level: .warning, node: "say",
            message: message)
    }

    /// A server with a job that runs.
    private static func withJob(
        _ body: @escaping @Sendable (Fixture, CasareClient, Lease) async throws -> Void
    ) async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let job = try #require(try await robot.client.lease(robot.session, slots: 1).first)
                try await body(server, robot.client, job.lease)
            }
        }
    }

    @Test func `lines that a robot sends are there for people while the job runs`() async throws {
        try await Self.withJob { server, robot, lease in
            #expect(try await robot.appendLog([Self.line(1, "one"), Self.line(2, "two")], under: lease) == 2)
            #expect(try await robot.appendLog([Self.line(2, "two"), Self.line(3, "three")], under: lease) == 3)
            try await server.withClient(.viewer) { client in
                let log = try await client.log(of: lease.job)
                #expect(log.status == .running)
                #expect(log.lines.map(\.logLine) == [Self.line(1, "one"), Self.line(2, "two"), Self.line(3, "three")])
                #expect(try await client.log(of: lease.job, after: 1, limit: 1).lines.map(\.line) == [2])
                #expect(try await client.log(of: lease.job, after: 3).lines.isEmpty)
            }
            try await robot.complete(lease, result: Fixture.success, rows: [])
            await #expect(throws: ClientError.self) {
                _ = try await robot.appendLog([Self.line(4, "late")], under: lease)
            }
            let log = try await server.withClient(.viewer) { try await $0.log(of: lease.job, after: 2) }
            #expect(log.status == .completed && log.lines.map(\.message) == ["three"])
        }
    }

    @Test func `who waits for a line gets it`() async throws {
        try await Self.withJob { server, robot, lease in
            try await server.withClient(.viewer) { client in
                async let waiting = client.log(of: lease.job, waiting: .seconds(30))
                while server.waitingRoom.count == 0 { await Task.yield() }
                _ = try await robot.appendLog([Self.line(1, "one")], under: lease)
                #expect(try await waiting.lines.map(\.message) == ["one"])
            }
        }
    }

    @Test func `who waits for a line is told that the job has ended`() async throws {
        try await Self.withJob { server, robot, lease in
            try await server.withClient(.viewer) { client in
                async let waiting = client.log(of: lease.job, waiting: .seconds(30))
                while server.waitingRoom.count == 0 { await Task.yield() }
                try await robot.complete(lease, result: Fixture.success, rows: [])
                let log = try await waiting
                #expect(log.status == .completed && log.lines.isEmpty)
                // Nothing more can come: nobody waits.
                #expect(try await client.log(of: lease.job, waiting: .seconds(30)).status == .completed)
            }
        }
    }

    @Test(arguments: ["after=x", "after=-1", "limit=0", "wait_seconds=31", "cursor=1"])
    func `a wrong parameter is named`(query: String) async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            let reply = try await server.call(.GET, "/api/v1/jobs/\(id)/logs?\(query)", as: .viewer)
            #expect(reply.status == 400 && reply.message.hasPrefix(query.split(separator: "=")[0]), "\(reply.message)")
        }
    }

    @Test func `numbers of lines that go back are refused`() async throws {
        try await Self.withJob { server, robot, lease in
            for lines in [
                [Self.line(2, "b"), Self.line(1, "a")], [Self.line(0, "a")], [Self.line(1, ""), Self.line(1, "")],
            ] {
                let code = await Fixture.code { () async throws(ClientError) in
                    _ = try await robot.appendLog(lines, under: lease)
                }
                #expect(code == .invalidInput)
            }
            let page = try await server.withClient(.viewer) { try await $0.log(of: lease.job) }
            #expect(page.lines.isEmpty)
        }
    }

    @Test func `a robot writes in no other robot's job`() async throws {
        try await Self.withJob { server, _, lease in
            let unknown = try await server.call(
                .GET, "/api/v1/jobs/00000000-0000-7000-8000-000000000000/logs", as: .viewer)
            #expect(unknown.status == 404)
            let body: Value = ["token": .int(Int(lease.token.rawValue)), "lines": []]
            let path = "/api/v1/jobs/\(lease.job)/logs"
            #expect(try await server.call(.POST, path, as: .viewer, body).status == 403)
            let stale: Value = ["token": .int(Int(lease.token.rawValue) + 1), "lines": []]
            let refused = try await server.call(.POST, path, as: .robot, stale)
            #expect(refused.code == "LEASE_LOST", "\(refused.message)")
            #expect(try await server.call(.POST, path, as: .robot, body).json["lines"] == 0)
        }
    }

    @Test func `a queue in memory wakes who waits, too`() async throws {
        try await MemoryFixture.with { memory in
            try await memory.server.pushWorkflow()
            let submitted = try await memory.server.call(.POST, "/api/v1/jobs", ["workflow": "invoices"])
            let id = try #require(submitted.json["job"]?["id"]?.string)
            async let waiting = memory.server.call(.GET, "/api/v1/jobs/\(id)/logs?wait_seconds=30")
            try RobotDeed.lease.perform(in: memory.queue)
            let lines = try await waiting.json["lines"]?.list
            #expect(lines?.map { $0["message"]?.string } == ["began"])
        }
    }
}
