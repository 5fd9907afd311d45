import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareWire
import Synchronization
import Testing

/// How a robot over the API comes to know at once of what is decided about its jobs.
struct NewsTests {
    private typealias Fixture = OrchestratorFixture

    private static func cancel(_ job: Job.ID, at server: OrchestratorFixture) async throws {
        _ = try await server.withClient(.operator) { client in try await client.cancelJob(job) }
    }

    private static func ring(_ session: Robot.SessionID, at server: OrchestratorFixture) async {
        let bell = ReadyBell(server.database.configuration)
        bell.sessionChanged(session)
        // Stopped at once, it rings for what is waiting.
        let ringing = Task { await bell.run() }
        ringing.cancel()
        await ringing.value
    }

    /// Asks for news of a session that holds nothing. Returns when the question waits, or is answered.
    private static func question(
        _ robot: RobotFixture, at server: OrchestratorFixture
    ) async -> Task<Bool, any Error> {
        let isAnswered = Atomic(false)
        let news = Task {
            defer { isAnswered.store(true, ordering: .relaxed) }
            return try await robot.client.hasNews(of: robot.session, [], waiting: .seconds(25))
        }
        while server.waitingRoom.count == 0, !isAnswered.load(ordering: .relaxed) { await Task.yield() }
        return news
    }

    @Test func `a robot that waits is told when its job is cancelled, at whichever orchestrator it waits`() async throws
    {
        try await Fixture.with { first in
            let ids = try await first.submit(1)
            let database = Database(first.database.configuration, connectionsMax: 4)
            try await Fixture.with(database, first.tokens) { second in
                try await second.withRobot("r1") { robot in
                    let leases = try await robot.client.lease(robot.session, slots: 1).map(\.lease)
                    async let news = robot.client.hasNews(of: robot.session, leases, waiting: .seconds(25))
                    try await Self.cancel(ids[0], at: first)
                    #expect(try await news)
                    #expect(try await robot.client.renew(robot.session, leases).lost == ids)
                }
            }
            await database.close()
        }
    }

    @Test func `whatever is said of its session is news to a robot that waits`() async throws {
        try await Fixture.with { server in
            try await server.withRobot("r1") { robot in
                let news = await Self.question(robot, at: server)
                await Self.ring(robot.session, at: server)
                let isNews = try await news.value
                #expect(isNews)
            }
        }
    }

    @Test func `a robot that runs as much as it can hears that it is asked to end`() async throws {
        try await Fixture.with { server in
            try await server.withRobot("r1") { robot in
                let news = await Self.question(robot, at: server)
                let reply = try await server.call(.POST, "/api/v1/robots/r1/drain")
                #expect(reply.status == 200)
                #expect(try await news.value)
                #expect(try await robot.client.renew(robot.session, []).order == .drain)
            }
        }
    }

    @Test func `what happened before a robot asked is news, although nobody says it again`() async throws {
        try await Fixture.with { server in
            let ids = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let leases = try await robot.client.lease(robot.session, slots: 1).map(\.lease)
                #expect(try await !robot.client.hasNews(of: robot.session, leases))
                _ = try await server.database.asTenant(.default) { connection in
                    try JobStore.cancel(ids[0], by: "ann", reason: nil, on: connection)
                }
                #expect(try await robot.client.hasNews(of: robot.session, leases))
                #expect(try await robot.client.hasNews(of: robot.session, leases, waiting: .seconds(25)))
                #expect(try await !robot.client.hasNews(of: robot.session, []))
            }
        }
    }

    @Test func `nobody waits for news of a session that is not there`() async throws {
        try await Fixture.with { server in
            try await server.withRobot("r1") { robot in
                #expect(
                    await Fixture.code { () throws(ClientError) in
                        _ = try await robot.client.hasNews(
                            of: Robot.SessionID(rawValue: 4711), [], waiting: .seconds(25))
                    } == .leaseLost)
            }
        }
    }

    @Test func `a wait that is too long is refused`() async throws {
        try await Fixture.with { server in
            let reply = try await server.call(
                .POST, "/api/v1/sessions/1/news", as: .robot, ["leases": [], "wait_seconds": 26])
            #expect(reply.status == 422 && reply.json["error"]?["field"] == "wait_seconds", "\(reply.json)")
        }
    }

    @Test func `what a robot was asked for between two questions is news, although nobody says it again`() async throws
    {
        try await Fixture.with { server in
            let ids = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let leases = try await robot.client.lease(robot.session, slots: 1).map(\.lease)
                let nothing = NewsRequest.Known(paused: [], order: nil)
                func isNews(_ known: NewsRequest.Known?) async throws -> Bool {
                    try await robot.client.hasNews(of: robot.session, leases, knowing: known)
                }
                var heard = try await isNews(nothing)
                #expect(!heard)
                // Behind the server's back: no ring comes of it.
                _ = try await server.database.asTenant(.default) { connection in
                    try JobStore.pause(ids[0], by: "ann", reason: nil, on: connection)
                }
                heard = try await isNews(nothing)
                #expect(heard)
                // The renewal has told; a robot from before says nothing of what it knows.
                let paused = try await robot.client.renew(robot.session, leases)
                let known = NewsRequest.Known(paused: paused.paused ?? [], order: paused.order)
                #expect(known.paused == ids)
                for known in [known, nil] {
                    heard = try await isNews(known)
                    #expect(!heard)
                }
                heard = try await isNews(NewsRequest.Known(paused: ids, order: .drain))
                #expect(heard)
            }
        }
    }

    @Test func `what a robot knew of a job that it holds no more is no news, and that it is not asked any more is`()
        async throws
    {
        try await Fixture.with { server in
            let ids = try await server.submit(2)
            try await server.withRobot("r1") { robot in
                let leases = try await robot.client.lease(robot.session, slots: 2).map(\.lease)
                let rest = leases.filter { $0.job != ids[0] }
                try #require(leases.count == 2 && rest.count == 1)
                let known = NewsRequest.Known(paused: [ids[0]], order: nil)
                var isNews = try await robot.client.hasNews(of: robot.session, rest, knowing: known)
                #expect(!isNews)
                isNews = try await robot.client.hasNews(of: robot.session, leases, knowing: known)
                #expect(isNews)
            }
        }
    }
}
