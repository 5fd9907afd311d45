import CasareClient
import CasareDomain
import CasareWire
import Testing

/// `GET /api/v1/status`: everything at one glance.
struct StatusRouteTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `one answer tells of queues, robots, dead letters and failing workflows`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(3)
            try await server.withRobot("r1", slots: 2) { robot in
                let failure = Failure(kind: .business, message: "no such customer 42", type: "ValueError", node: "n7")
                let leased = try await robot.client.lease(robot.session, slots: 2)
                try #require(leased.count == 2)
                _ = try await robot.client.fail(leased[0].lease, failure: failure, result: nil, rows: [])
                let status = try await server.withClient(.viewer) { try await $0.status() }
                #expect(status.deadLettersOpen == 1 && status.robotsOnline == 1)

                let queue = try #require(status.queues?.first)
                #expect(status.queues?.count == 1 && queue.name == "default" && !queue.isPaused)
                #expect(queue.ready == 1 && queue.running == 1 && queue.pausedJobs == 0 && queue.inexact.isEmpty)
                #expect(status.robots == StatusResponse.RobotCounts([.live]))

                let letters = try #require(status.deadLetters)
                #expect(letters.open == 1 && letters.acknowledged == 0)
                let group = try #require(letters.groups.first)
                #expect(letters.groups.count == 1 && group.count == 1 && group.job == leased[0].lease.job)
                #expect(group.workflow == "invoices" && group.kind == "business")
                #expect(group.message == "no such customer 42")
                #expect(letters.oldestOpenAt == group.lastOpenedAt)

                #expect(
                    status.failingWorkflows == [
                        StatusResponse.FailingWorkflow(workflow: "invoices", failed: 1, isInexact: false, share: 1)
                    ])
                #expect(status.inexact == [])
            }
        }
    }

    @Test func `a paused queue says so`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            #expect(
                try await server.call(.POST, "/api/v1/queues/default/pause", ["reason": "month end"]).status == 200)
            let status = try await server.withClient(.viewer) { try await $0.status() }
            #expect(status.queues?.map(\.isPaused) == [true])
        }
    }

    @Test func `where nothing is, nothing is told`() async throws {
        try await Fixture.with { server in
            let status = try await server.withClient(.viewer) { try await $0.status() }
            #expect(status.queues == [] && status.failingWorkflows == [] && status.blockedJobs == [])
            #expect(status.robots == StatusResponse.RobotCounts([]))
            #expect(status.deadLetters?.groups == [] && status.deadLetters?.oldestOpenAt == nil)
        }
    }
}
