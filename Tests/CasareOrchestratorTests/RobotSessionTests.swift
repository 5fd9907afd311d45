import CasareClient
import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

/// Sessions, and whose they are.
struct RobotSessionTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `closing a session hands its jobs back`() async throws {
        try await Fixture.with { server in
            let ids = try await server.submit(1)
            try await server.withRobot("r1") { robot in
                let losts = try await robot.client.lease(robot.session, slots: 1)
                let lost = try #require(losts.first)
                try await robot.client.closeSession(robot.session)
                #expect(
                    await Fixture.code { () throws(ClientError) in
                        _ = try await robot.client.lease(robot.session, slots: 1)
                    } == .leaseLost)
                #expect(
                    await Fixture.code { () throws(ClientError) in
                        _ = try await robot.client.renew(robot.session, [])
                    } == .leaseLost)
                #expect(
                    await Fixture.code { () throws(ClientError) in
                        try await robot.client.checkpoint([Fixture.row(0)], under: lost.lease)
                    } == .leaseLost)
            }
            try await server.withRobot("r2") { robot in
                let job = try #require(
                    try await robot.client.lease(robot.session, slots: 1, waiting: .seconds(10)).first)
                #expect([job.lease.job] == ids && job.attempt == 1)
            }
        }
    }

    @Test func `a session lives as long as the orchestrator is told, and is to be renewed every third of that`()
        async throws
    {
        try await Fixture.with(leaseDuration: .seconds(120)) { server in
            try await server.withRobot("r1") { robot in
                let opened = try await robot.client.openSession(
                    robot.id, OpenSessionRequest(bootID: UUID(), slots: 1))
                #expect(opened.leaseSeconds == 120 && opened.heartbeatSeconds == 40)
                let renewal = try await robot.client.renew(opened.sessionID, [])
                #expect(renewal.leaseSeconds == 120)
            }
        }
    }

    @Test func `a robot's own token touches nothing of another robot`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            let created = try await server.call(
                .POST, "/api/v1/tokens", ["name": "only r2", "role": "robot", "robot": "r2"])
            let token = try #require(created.json["token"]?.string)
            try await server.withRobot("r1") { first in
                let jobs = try await first.client.lease(first.session, slots: 1)
                let job = try #require(jobs.first)
                try await server.withRobot("r2", token: token) { second in
                    let other = second.client
                    #expect(
                        await Fixture.code { () throws(ClientError) in
                            _ = try await other.registerRobot(RegisterRobotRequest(id: first.id))
                        } == .insufficientPermissions)
                    #expect(
                        await Fixture.code { () throws(ClientError) in
                            _ = try await other.openSession(first.id, OpenSessionRequest(bootID: UUID(), slots: 1))
                        } == .insufficientPermissions)
                    #expect(
                        await Fixture.code { () throws(ClientError) in
                            _ = try await other.lease(first.session, slots: 1)
                        } == .insufficientPermissions)
                    #expect(
                        await Fixture.code { () throws(ClientError) in
                            _ = try await other.renew(first.session, [])
                        } == .insufficientPermissions)
                    #expect(
                        await Fixture.code { () throws(ClientError) in
                            try await other.closeSession(first.session)
                        } == .insufficientPermissions)
                    #expect(
                        await Fixture.code { () throws(ClientError) in
                            try await other.complete(job.lease, result: Fixture.success, rows: [])
                        } == .insufficientPermissions)
                    #expect(
                        await Fixture.code { () throws(ClientError) in
                            _ = try await other.journal(of: job.lease)
                        } == .insufficientPermissions)
                    let beat = try await other.heartbeat(second.id, session: second.session)
                    #expect(beat.leaseSeconds > 0)
                    #expect(
                        await Fixture.code { () throws(ClientError) in
                            _ = try await other.heartbeat(second.id, session: first.session)
                        } == .insufficientPermissions)
                }
                try await first.client.complete(job.lease, result: Fixture.success, rows: [])
            }
        }
    }

    @Test func `every third renewal takes what the robot does not name, and holds where that cannot be taken`()
        async throws
    {
        try await Fixture.with { server in
            let ids = try await server.submit(2)
            try await server.withRobot("r1") { robot in
                _ = try await robot.client.renew(robot.session, [])
                #expect(try await robot.client.lease(robot.session, slots: 2).count == 2)
                let owner = try await PostgresConnection.connect(server.database.configuration)
                // The first cannot become ready: it is, behind the server's back.
                try await owner.script(
                    """
                    UPDATE leases SET since = now() - interval '61 seconds';
                    INSERT INTO ready (tenant_id, job_id, queue_id, attempt, priority)
                    SELECT tenant_id, job_id, queue_id, 0, 5 FROM jobs WHERE job_id = '\(ids[0])';
                    """)
                await owner.close()
                var held: [Int] = []
                for _ in 1...3 {
                    let renewal = try await robot.client.renew(robot.session, [])
                    #expect(renewal.lost.isEmpty)
                    held.append(
                        try await server.database.asTenant(.default) { connection in
                            try connection.execute("SELECT FROM leases WHERE tenant_id = casare_tenant()").count
                        })
                }
                #expect(held == [2, 2, 1])
                let taken = try await server.database.asTenant(.default) { try JobStore.get(ids[1], on: $0) }
                #expect(taken?.status == .pending)
            }
        }
    }

    @Test func `robots are listed with what they do`() async throws {
        try await Fixture.with { server in
            _ = try await server.submit(1)
            try await server.withRobot("r1", slots: 1) { robot in
                _ = try await robot.client.lease(robot.session, slots: 1)
                try await server.withClient(.viewer) { client in
                    let info = try await client.robot(robot.id)
                    #expect(info.status == .busy && info.slotsInUse == 1)
                    #expect(try await client.robots().robots.map(\.id) == [robot.id])
                    #expect(try await client.status().robotsOnline == 1)
                    #expect(try await client.status().jobs.running == 1)
                }
            }
            #expect(try await server.call(.GET, "/api/v1/robots/unknown").status == 404)
            let body: Value = ["boot_id": "0197f3a0-0000-7000-8000-000000000001", "slots": 1]
            let unregistered = try await server.call(.POST, "/api/v1/robots/unknown/sessions", as: .robot, body)
            #expect(unregistered.status == 404)
        }
    }
}
