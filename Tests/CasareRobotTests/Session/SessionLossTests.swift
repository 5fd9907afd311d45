import CasareDomain
import CasareEngine
import CasarePostgres
import CasareRobot
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Logging
import ServiceLifecycle
import Synchronization
import Testing

/// A robot that loses the connection of its session and nothing else, or one job of its session.
struct SessionLossTests {
    /// A node that says when it began and how it ended, and goes on when it is told to.
    private final class Gate: Sendable {
        let beginnings: AsyncStream<Void>
        let endings: AsyncStream<Bool>
        private let begun: AsyncStream<Void>.Continuation
        private let ended: AsyncStream<Bool>.Continuation
        private let isOpen = Mutex(false)

        init() {
            (self.beginnings, self.begun) = AsyncStream.makeStream()
            (self.endings, self.ended) = AsyncStream.makeStream()
        }

        func open() { self.isOpen.withLock { $0 = true } }

        var catalogue: NodeCatalogue {
            NodeCatalogue([
                NodeType(
                    "GateNode", family: "", "", effect: .effect,
                    .perform { _, _ in
                        self.begun.yield()
                        while !self.isOpen.withLock(\.self), !Task.isCancelled { await Task.yield() }
                        self.ended.yield(!Task.isCancelled)
                        try Task.checkCancellation()
                        return NodeResult()
                    })
            ])
        }
    }

    private static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    /// So long that no renewal comes in a test: nothing but the connection tells of the session's end.
    private static let leaseDuration = Duration.seconds(7200)

    /// Runs a robot with one job that waits at the gate.
    private func withRobot(
        leaseDuration: Duration = SessionLossTests.leaseDuration,
        _ body: (Database, Job.ID, Gate) async throws -> Void
    ) async throws {
        try await withTestDatabase { database in
            try await self.withRobot(on: database, leaseDuration: leaseDuration, body)
        }
    }

    private func withRobot(
        on database: Database, leaseDuration: Duration = SessionLossTests.leaseDuration,
        _ body: (Database, Job.ID, Gate) async throws -> Void
    ) async throws {
        let gate = Gate()
        let job = try await database.asTenant(.default) { connection in
            let pushed = try WorkflowStore.push(
                name: "w", document: #"{"nodes":{"gate":{"node_type":"GateNode"}}}"#, by: "test", on: connection)
            return try JobStore.submit(
                [NewJob(workflow: pushed.version.workflow, workflowVersion: 1)], by: "test", on: connection)[0].id
        }
        let agent = RobotAgent(
            broker: SQLBroker(
                database: Database(database.configuration, connectionsMax: 4), leaseDuration: leaseDuration,
                logger: Self.logger),
            catalogue: gate.catalogue,
            configuration: RobotConfiguration(
                description: try BrokerFixture.description("robot", slots: 1), workingDirectory: "/tmp"),
            logger: Self.logger)
        let group = ServiceGroup(configuration: .init(services: [agent], logger: Self.logger))
        async let running: Void = group.run()
        do {
            for await _ in gate.beginnings { break }
            try await body(database, job, gate)
        } catch {
            gate.open()
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running
    }

    /// The server processes that hold the lock of a session: one, or none.
    private static let holders = Query(
        """
        SELECT pid FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 2 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """)

    private static func holder(_ database: Database) async throws -> Int? {
        try await database.asSystem { connection in
            try connection.execute(Self.holders).first.map { try $0.int("pid") }
        }
    }

    /// Ends the server's side of the session's connection, and of no other.
    ///
    /// - Returns: The server process that is ended.
    private func cutConnection(_ database: Database) async throws -> Int {
        let holder = try #require(try await Self.holder(database))
        let connection = try await PostgresConnection.connect(database.configuration)
        try await connection.execute("SELECT pg_terminate_backend(@pid)", ["pid": .int(holder)])
        await connection.close()
        return holder
    }

    @Test func `a robot takes its session up again, and its job goes on`() async throws {
        try await self.withRobot { database, job, gate in
            let former = try await self.cutConnection(database)
            try await eventually("another connection holds the lock") {
                let holder = try await Self.holder(database)
                return holder == nil || holder == former ? nil : true
            }
            // Its time to come back is over, and it has come.
            let late = Date.now.addingTimeInterval(60)
            let swept = try await database.asSystem { connection in try LeaseStore.sweep(now: late, on: connection) }
            #expect(swept.sessionsLost == 0 && swept.sessionsEnded == 0)
            gate.open()
            for await wasDone in gate.endings {
                #expect(wasDone)
                break
            }
            let ended = try await Self.waitForEnd(of: job, in: database)
            #expect(ended.status == .completed)
            #expect(ended.attempt == 1)
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `a robot that comes too late stops its job at once`() async throws {
        try await self.withRobot { database, job, gate in
            // As a sweep ends it, and its connection with it: the robot looks for watches and may see the end before
            // its connection is cut, and it may come back before the end. In one transaction it does neither.
            let connection = try await PostgresConnection.connect(database.configuration)
            try await connection.run { connection in
                try connection.transaction { connection in
                    let holder = try #require(try connection.execute(Self.holders).first?.int("pid"))
                    let ended = try connection.execute(
                        "UPDATE robot_sessions SET ended_at = now() WHERE ended_at IS NULL RETURNING session_id")
                    #expect(ended.count == 1)
                    try connection.execute("SELECT pg_terminate_backend(@pid)", ["pid": .int(holder)])
                }
            }
            await connection.close()
            for await wasDone in gate.endings {
                #expect(!wasDone)
                break
            }
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `a job that is cancelled in the middle of a step is stopped at the next renewal`() async throws {
        try await self.withRobot(leaseDuration: .seconds(6)) { database, job, gate in
            _ = try await database.asTenant(.default) { connection in
                try JobStore.cancel(job, by: "test", reason: nil, on: connection)
            }
            for await wasDone in gate.endings {
                #expect(!wasDone)
                break
            }
        }
    }

    @Test func `a restart of the server costs no job a step`() async throws {
        try await withTemporaryDirectory(permissions: 0o755) { folder in
            var options = PrivateCluster.Options(
                folder: "\(folder)/pg", durability: .disposable, settings: ["shared_buffers": "16MB"])
            options.startTimeout = .seconds(300)
            let first = try await PrivateCluster.start(options)
            let connection = try await PostgresConnection.connect(first.configuration())
            _ = try await connection.run { connection in try Migrator().migrate(on: connection) }
            await connection.close()
            let database = Database(first.configuration(), connectionsMax: 4)
            let restarted = Mutex<PrivateCluster?>(nil)
            try await self.withRobot(on: database) { [options] database, job, gate in
                await first.stop()
                // The robot is without a server for longer than it would look for its session otherwise.
                try await Task.sleep(for: LeaseStore.lostSessionGrace)
                let second = try await PrivateCluster.start(options)
                restarted.withLock { $0 = second }
                // Sweeps all the while, as an orchestrator does.
                let sweeping = Task {
                    while !Task.isCancelled {
                        _ = try? await database.asSystem { connection in try LeaseStore.sweep(on: connection) }
                        try? await Task.sleep(for: .milliseconds(100))
                    }
                }
                gate.open()
                for await wasDone in gate.endings {
                    #expect(wasDone)
                    break
                }
                let ended = try await Self.waitForEnd(of: job, in: database)
                #expect(ended.status == .completed)
                #expect(ended.attempt == 1)
                sweeping.cancel()
                await sweeping.value
            }
            await database.close()
            await restarted.withLock(\.self)?.stop()
        }
    }

    private static func waitForEnd(of job: Job.ID, in database: Database) async throws -> Job {
        while true {
            // A pool's connections from before a restart fail once.
            let seen = try? await database.asTenant(.default) { connection in try JobStore.get(job, on: connection) }
            if let seen, seen.status == .completed || seen.status == .failed || seen.status == .blocked { return seen }
        }
    }
}
