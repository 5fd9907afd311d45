import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials
import Testing

/// A job's steps and history as people get them.
struct StepRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static let rows = [
        Fixture.row(0),
        JournalRow(
            step: 1, node: "n1", nodeType: "HttpRequestNode", effect: "effect",
            result: #"{"outputs":{"body":""# + String(repeating: "x", count: 50_000) + #""}}"#,
            startedAt: Date(timeIntervalSince1970: 3), finishedAt: Date(timeIntervalSince1970: 4)),
        JournalRow(
            step: 2, node: "n2", nodeType: "HttpRequestNode", effect: "effect",
            result: #"{"error":"refused","type":"HttpError"}"#, startedAt: Date(timeIntervalSince1970: 5),
            finishedAt: Date(timeIntervalSince1970: 6)),
        JournalRow(
            step: 3, node: "n3", nodeType: "HttpRequestNode", effect: "effect", result: nil,
            startedAt: Date(timeIntervalSince1970: 7), finishedAt: nil),
    ]

    /// A server with a job that has run so far.
    private static func withJob(_ body: @escaping @Sendable (Fixture, Job.ID) async throws -> Void) async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let job = try #require(try await robot.client.lease(robot.session, slots: 1).first)
                try await robot.client.checkpoint(Self.rows, under: job.lease)
                try await body(server, job.lease.job)
            }
        }
    }

    @Test func `a client that asks for nothing gets all steps whole`() async throws {
        try await Self.withJob { server, job in
            let steps = try await server.withClient(.viewer) { try await $0.steps(of: job) }
            #expect(steps.map(\.row) == Self.rows)
            #expect(steps.map(\.resultBytes) == Self.rows.map { $0.result?.utf8.count })
            let reply = try await server.call(.GET, "/api/v1/jobs/\(job)/steps", as: .viewer)
            #expect(reply.json["next_cursor"] == .null)
        }
    }

    @Test func `without results there are their sizes, and what went wrong`() async throws {
        try await Self.withJob { server, job in
            let steps = try await server.withClient(.viewer) { try await $0.steps(of: job, results: false) }
            let results: [Value?] = [nil, nil, ["error": "refused", "type": "HttpError"], nil]
            #expect(steps.map(\.result) == results)
            #expect(steps.map(\.resultBytes) == Self.rows.map { $0.result?.utf8.count })
            #expect(steps.map { $0.finishedAt == nil } == [false, false, false, true])
        }
    }

    @Test func `steps come in pages`() async throws {
        try await Self.withJob { server, job in
            try await server.withClient(.viewer) { client in
                let first = try await client.stepsPage(of: job, limit: 3)
                #expect(first.steps.map(\.step) == [0, 1, 2] && first.nextCursor == "2")
                let second = try await client.stepsPage(of: job, limit: 3, cursor: first.nextCursor)
                #expect(second.steps.map(\.step) == [3] && second.nextCursor == nil)
                #expect(try await client.stepsPage(of: job, limit: 4).nextCursor == nil)
                #expect(try await client.stepsPage(of: job, cursor: "0").steps.map(\.step) == [1, 2, 3])
            }
        }
    }

    @Test func `a page ends before its results are too many bytes, and a client gets all of them`() async throws {
        let rows = [1_500_000, 1_500_000, 5_000_000, 1_500_000].enumerated().map { step, bytes in
            JournalRow(
                step: step, node: "n\(step)", nodeType: "HttpRequestNode", effect: "effect",
                result: #"{"outputs":{"body":""# + String(repeating: "x", count: bytes) + #""}}"#,
                startedAt: Date(timeIntervalSince1970: 3), finishedAt: Date(timeIntervalSince1970: 4))
        }
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let job = try #require(try await robot.client.lease(robot.session, slots: 1).first)
                for row in rows { try await robot.client.checkpoint([row], under: job.lease) }
                let id = job.lease.job
                try await server.withClient(.viewer) { client in
                    let first = try await client.stepsPage(of: id)
                    #expect(first.steps.map(\.step) == [0, 1] && first.nextCursor == "1")
                    // The first step of a page is in it, whatever its size.
                    let second = try await client.stepsPage(of: id, cursor: first.nextCursor)
                    #expect(second.steps.map(\.step) == [2] && second.nextCursor == "2")
                    let third = try await client.stepsPage(of: id, cursor: second.nextCursor)
                    #expect(third.steps.map(\.step) == [3] && third.nextCursor == nil)
                    let sizes = try await client.stepsPage(of: id, results: false)
                    #expect(sizes.steps.count == 4 && sizes.nextCursor == nil)
                    let all = try await client.steps(of: id)
                    #expect(all.map(\.row) == rows)
                }
            }
        }
    }

    @Test(arguments: ["results=no", "limit=0", "limit=501", "cursor=x", "cursor=-1", "reslts=false"])
    func `a wrong parameter is named`(query: String) async throws {
        try await Fixture.with { server in
            let id = try await server.submit(1)[0]
            let reply = try await server.call(.GET, "/api/v1/jobs/\(id)/steps?\(query)", as: .viewer)
            #expect(reply.status == 400 && reply.message.hasPrefix(query.split(separator: "=")[0]), "\(reply.message)")
        }
    }

    @Test func `a robot gets results back that stand aside`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let job = try #require(try await robot.client.lease(robot.session, slots: 1).first)
                try await robot.client.checkpoint(Self.rows, under: job.lease)
                #expect(try await robot.client.journal(of: job.lease).rows == Self.rows)
            }
        }
    }

    @Test func `a job's history has its events and its attempts`() async throws {
        try await Self.withJob { server, job in
            let history = try await server.withClient(.viewer) { try await $0.history(of: job) }
            #expect(history.events.map(\.kind) == ["submitted", "leased"])
            #expect(history.events.map(\.detail) == [nil, nil])
            let attempt = try #require(history.attempts.first)
            #expect(history.attempts.count == 1 && attempt.attempt == 1 && attempt.robot == "r1" && !attempt.isCrash)
            #expect(attempt.finishedAt == nil && attempt.failure == nil)
            let reply = try await server.call(.GET, "/api/v1/jobs/\(job)/history", as: .viewer)
            #expect(reply.json["attempts"]?.list?.first?["crashed"] == false)
            let unknown = try await server.call(
                .GET, "/api/v1/jobs/00000000-0000-7000-8000-000000000000/history", as: .viewer)
            #expect(unknown.status == 404)
        }
    }
}
