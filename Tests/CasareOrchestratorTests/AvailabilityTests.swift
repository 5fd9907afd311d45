import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareTestSupport
import CasareWire
import Logging
import ServiceLifecycle
import Testing

/// What happens while the database is not there, and when the service starts and stops.
struct AvailabilityTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `a migrated database is ready`() async throws {
        try await Fixture.with { server in
            let reply = try await server.call(.GET, "/health/ready", as: nil)
            #expect(reply.status == 200 && reply.json["ready"] == true && reply.json["reason"] == .null)
            #expect(try await server.call(.GET, "/health/live", as: nil).json["status"] == "ok")
        }
    }

    @Test func `a database without the schema is not ready and says what to do`() async throws {
        try await withEmptyDatabase { configuration in
            let database = Database(configuration, connectionsMax: 2)
            try await Fixture.with(database, [:]) { server in
                let ready = try await server.call(.GET, "/health/ready", as: nil)
                #expect(ready.status == 503 && ready.json["ready"] == false)
                #expect(ready.json["reason"]?.string?.contains("casarectl db migrate") == true, "\(ready.json)")
                let route = try await server.send(.GET, "/api/v1/jobs", token: "crpa_whatever")
                #expect(route.status == 503 && route.code == "SERVICE_UNAVAILABLE", "\(route.json)")
                #expect(route.headers["retry-after"] != nil)
            }
            await database.close()
        }
    }

    @Test func `without a database it answers 503 and recovers when it comes back`() async throws {
        let options = PrivateCluster.Options(
            folder: "\(temporaryFolder())/casare-orch-\(UInt32.random(in: 0 ... .max))", durability: .disposable)
        let cluster = try await PrivateCluster.start(options)
        defer { removeFolder(options.folder) }
        let configuration = cluster.configuration()
        let connection = try await PostgresConnection.connect(configuration)
        _ = try await connection.run { connection in try Migrator().migrate(on: connection) }
        await connection.close()
        let database = Database(configuration, connectionsMax: 2)
        let token = try await database.asTenant(.default) { connection in
            try TokenStore.create(name: "t", role: .viewer, on: connection).text.reveal()
        }
        try await Fixture.with(database, [.viewer: token]) { server in
            #expect(try await server.call(.GET, "/api/v1/jobs", as: .viewer).status == 200)
            await cluster.stop()
            let down = try await server.call(.GET, "/api/v1/jobs", as: .viewer)
            #expect(down.status == 503 && down.code == "SERVICE_UNAVAILABLE")
            #expect(down.headers["retry-after"] != nil)
            #expect(!down.message.contains("/") && !down.message.contains("socket"), "\(down.message)")
            let ready = try await server.call(.GET, "/health/ready", as: nil)
            #expect(ready.status == 503 && ready.json["reason"]?.string?.contains("database") == true)
            #expect(try await server.call(.GET, "/health/live", as: nil).status == 200)

            let again = try await PrivateCluster.start(options)
            while try await server.call(.GET, "/api/v1/jobs", as: .viewer).status != 200 {
                await Task.yield()
            }
            #expect(try await server.call(.GET, "/health/ready", as: nil).status == 200)
            await again.stop()
        }
        await database.close()
    }

    @Test func `a lost robot's job comes back also while all other connections of the loops are taken`() async throws {
        try await Fixture.with { server in
            let job = try await server.submit(1)[0]
            try await server.withRobot("r1") { robot in
                let leased = try await robot.client.lease(robot.session, slots: 1)
                #expect(leased.map(\.lease.job) == [job])
            }
            let owner = try await PostgresConnection.connect(server.database.configuration)
            let taken = server.database.system.statistics.connectionsMax
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<taken {
                    group.addTask {
                        // Ends when it is cancelled, below.
                        _ = try? await server.database.system.execute(
                            "SELECT pg_sleep(3600)", deadline: .now + .seconds(300))
                    }
                }
                try await eventually("all connections are taken") {
                    let held = try await owner.execute(
                        """
                        SELECT count(*) AS held FROM pg_stat_activity
                        WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'
                        """)
                    return try held.only().int("held") == taken ? true : nil
                }
                try await owner.script("UPDATE robot_sessions SET alive_until = now() - interval '1 second'")
                try await eventually("the job waits again") {
                    let found = try await server.database.asTenant(.default) { try JobStore.get(job, on: $0) }
                    return found?.status == .pending ? true : nil
                }
                group.cancelAll()
            }
            await owner.close()
        }
    }

    @Test func `a stop ends long polls and what is in flight is answered`() async throws {
        try await Fixture.with { server in
            try await server.pushWorkflow()
            try await server.withRobot("r1") { robot in
                let began = ContinuousClock.now
                async let waiting = robot.client.lease(robot.session, slots: 1, waiting: .seconds(25))
                // The robot is seen by the database from its first look on.
                while try await server.call(.GET, "/api/v1/robots/r1").json["status"] != "live" {
                    await Task.yield()
                }
                await server.group.triggerGracefulShutdown()
                // Either it was still let in and answered with nothing, or it came too late.
                let jobs = (try? await waiting) ?? []
                #expect(jobs.isEmpty)
                #expect(ContinuousClock.now - began < .seconds(15))
            }
        }
    }

    @Test func `the log has the name of the service, and not all that it is made of`() async throws {
        // Nobody connects to it.
        let database = Database(try PostgresConfiguration(url: "postgres://nobody@127.0.0.1:1/none"), connectionsMax: 1)
        let orchestrator = Orchestrator(
            configuration: OrchestratorConfiguration(database: database.configuration, port: 0), database: database,
            catalogue: Fixture.catalogue, logger: Fixture.logger)
        let inMemory = MemoryOrchestrator(
            host: "127.0.0.1", port: 0, queue: SharedMemoryQueue(), token: SoleToken(name: "the admin"),
            catalogue: Fixture.catalogue, logger: Fixture.logger)
        let services = ServiceGroupConfiguration(services: [orchestrator, inMemory], logger: Fixture.logger).services
        #expect(services.map(\.serviceName) == ["Orchestrator", "MemoryOrchestrator"])
        await database.close()
    }

    @Test func `a taken port is named`() async throws {
        try await Fixture.with { server in
            let port = try #require(Int(server.url.split(separator: ":").last ?? ""))
            let second = Orchestrator(
                configuration: OrchestratorConfiguration(database: server.database.configuration, port: port),
                database: server.database, catalogue: Fixture.catalogue, logger: Fixture.logger)
            let expected = OrchestratorError.portTaken(host: "127.0.0.1", port: port)
            await #expect(throws: expected) { try await second.run() }
            await #expect(throws: expected) { try await second.boundPort }
            #expect(expected.description.contains("\(port)") && expected.description.contains("CASARE_PORT"))
        }
    }
}
