import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

/// How robots come by jobs.
struct LeasingTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `a waiting robot gets a job as soon as it is submitted`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withRobot("r1") { robot in
                let began = ContinuousClock.now
                async let waiting = robot.client.lease(robot.session, slots: 1, waiting: .seconds(25))
                let ids = try await server.submit(1)
                #expect(try await waiting.map(\.lease.job) == ids)
                #expect(ContinuousClock.now - began < .seconds(10))
                #expect(try await robot.client.lease(robot.session, slots: 1, waiting: .milliseconds(50)).isEmpty)
            }
        }
    }

    @Test func `a robot that goes away while it waits is given nothing`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withRobot("r1") { robot in
                let waiting = Task { try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(25)) }
                while server.waitingRoom.count == 0 {
                    await Task.yield()
                }
                waiting.cancel()
                while server.waitingRoom.count > 0 {
                    await Task.yield()
                }
                let ids = try await server.submit(1)
                #expect(try await robot.client.lease(robot.session, slots: 1).map(\.lease.job) == ids)
            }
        }
    }

    @Test func `the jobs of a robot that died are run by another`() async throws {
        try await Fixture.with { server in
            let ids = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let session = try await server.database.asTenant(.default) { connection in
                    try LeaseStore.openSession(
                        robot.id, boot: UUID(), kind: .api, slots: 1, leaseDuration: .seconds(600), on: connection)
                }
                let dead = try await robot.client.lease(session, slots: 1)
                #expect(dead.map(\.lease.job) == ids)
                // As if it had not been heard of for as long as a lease lasts.
                try await server.database.asSystem { connection in
                    _ = try connection.execute(
                        Query("UPDATE robot_sessions SET alive_until = now() WHERE session_id = @session"),
                        ["session": .int8(session.rawValue)])
                }
                let jobs = try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(25))
                #expect(jobs.map(\.lease.job) == ids && jobs.first?.attempt == 2)
            }
        }
    }

    @Test func `a robot at one orchestrator gets what another took in`() async throws {
        try await Fixture.with { first in
            try await first.pushWorkflow()
            let database = Database(first.database.configuration, connectionsMax: 4)
            try await Fixture.with(database, first.tokens) { second in
                try await second.withRobot("r1") { robot in
                    async let waiting = robot.client.lease(robot.session, slots: 1, waiting: .seconds(25))
                    while second.waitingRoom.count == 0 {
                        await Task.yield()
                    }
                    let ids = try await first.submit(1)
                    #expect(try await waiting.map(\.lease.job) == ids)
                }
            }
            await database.close()
        }
    }

    @Test func `jobs that do not fit into one answer come one after the other`() async throws {
        try await Fixture.with(leaseBytesMax: 10_000) { server in
            try await server.pushWorkflow()
            let sizes = [4000, 4000, 4000, 20_000, 10]
            let ids = try await server.withClient(.operator) { client in
                try await client.submit(
                    sizes.map { size in
                        SubmitJobRequest(
                            workflow: "invoices", variables: ["x": .string(String(repeating: "x", count: size))])
                    }
                ).map(\.id)
            }
            try await server.withRobot("r1", slots: 5) { robot in
                var leased: [Job.ID] = []
                while leased.count < ids.count {
                    let jobs = try await robot.client.lease(robot.session, slots: 5, waiting: .seconds(10))
                    try #require(!jobs.isEmpty)
                    let bytes = jobs.reduce(0) { $0 + ($1.variables["x"]?.string?.utf8.count ?? 0) }
                    #expect(bytes <= 10_000 || jobs.count == 1)
                    // Those that were handed back lost nothing by it.
                    #expect(jobs.allSatisfy { $0.attempt == 1 })
                    leased += jobs.map(\.lease.job)
                }
                #expect(Set(leased) == Set(ids) && leased.count == ids.count)
            }
        }
    }
}
