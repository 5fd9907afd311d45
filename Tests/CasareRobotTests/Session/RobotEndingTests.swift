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

/// Robots that somebody asks to end.
struct RobotEndingTests {
    /// A node that says when it began, and goes on when it is told to.
    private final class Gate: Sendable {
        let beginnings: AsyncStream<Void>
        private let begun: AsyncStream<Void>.Continuation
        private let isOpen = Mutex(false)

        init() { (self.beginnings, self.begun) = AsyncStream.makeStream() }

        func open() { self.isOpen.withLock { $0 = true } }

        var catalogue: NodeCatalogue {
            NodeCatalogue([
                NodeType(
                    "GateNode", family: "", "", effect: .effect,
                    .perform { _, _ in
                        self.begun.yield()
                        while !self.isOpen.withLock(\.self), !Task.isCancelled { await Task.yield() }
                        try Task.checkCancellation()
                        return NodeResult()
                    })
            ])
        }
    }

    private static let id = Robot.ID(rawValue: "robot")!  // The literal is a robot's ID.
    private static let document = #"""
        {"nodes": {"a": {"node_type": "GateNode"}, "b": {"node_type": "GateNode"}},
         "connections": [{"source_node": "a", "source_port": "exec_out", "target_node": "b", "target_port": "exec_in"}]}
        """#

    /// Runs a robot with one job that is in the first of two steps, and another job that waits. Returns when the robot
    /// has ended by itself.
    private func withRobot(
        _ body: (Database, [Job.ID], Gate) async throws -> Void
    ) async throws -> (Robot, [Job]) {
        try await withTestDatabase { database in
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let gate = Gate()
            let jobs = try await database.asTenant(.default) { connection in
                let pushed = try WorkflowStore.push(name: "w", document: Self.document, by: "test", on: connection)
                let jobs = (0..<2).map { _ in NewJob(workflow: pushed.version.workflow, workflowVersion: 1) }
                return try JobStore.submit(jobs, by: "test", on: connection).map(\.id)
            }
            let agent = RobotAgent(
                broker: SQLBroker(
                    database: Database(database.configuration, connectionsMax: 4), leaseDuration: .seconds(3),
                    logger: logger),
                catalogue: gate.catalogue,
                configuration: RobotConfiguration(
                    description: try BrokerFixture.description("robot", slots: 1), workingDirectory: "/tmp"),
                logger: logger)
            let group = ServiceGroup(
                configuration: .init(
                    services: [.init(service: agent, successTerminationBehavior: .gracefullyShutdownGroup)],
                    logger: logger))
            async let running: Void = group.run()
            do {
                for await _ in gate.beginnings { break }
                try await body(database, jobs, gate)
            } catch {
                gate.open()
                await group.triggerGracefulShutdown()
                throw error
            }
            try await running
            return try await database.asTenant(.default) { connection in
                (
                    try #require(try RobotStore.get(Self.id, on: connection)),
                    try jobs.map { try #require(try JobStore.get($0, on: connection)) }
                )
            }
        }
    }

    /// Asks the robot to end, and returns when it has heard of it.
    private func ask(_ order: Robot.Order, _ database: Database) async throws {
        try await database.asTenant(.default) { connection in
            _ = try RobotStore.end(Self.id, order, by: "ann", on: connection)
        }
        // The second renewal after the question follows the first one's answer.
        var renewals: Set<Date> = []
        try await eventually("the robot has heard of it") {
            let robot = try await database.asTenant(.default) { try RobotStore.get(Self.id, on: $0) }
            if let seen = robot?.lastSeenAt { renewals.insert(seen) }
            return renewals.count > 2 || robot?.status == .offline ? true : nil
        }
    }

    @Test func `a robot that is drained finishes its job, leases no other and ends`() async throws {
        let (robot, jobs) = try await self.withRobot { database, jobs, gate in
            try await self.ask(.drain, database)
            let robot = try await database.asTenant(.default) { try RobotStore.get(Self.id, on: $0) }
            #expect(robot?.status == .draining && robot?.slotsInUse == 1)
            gate.open()
        }
        #expect(robot.status == .offline && robot.slotsInUse == 0)
        #expect(jobs.map(\.status) == [.completed, .pending])
    }

    @Test func `a robot that is stopped hands its job back, which has consumed no attempt, and ends`() async throws {
        let (robot, jobs) = try await self.withRobot { database, jobs, gate in
            try await self.ask(.stop, database)
            gate.open()
        }
        #expect(robot.status == .offline)
        #expect(jobs.map(\.status) == [.pending, .pending])
        #expect(jobs[0].attempt == 0)
    }

    @Test func `a robot that is refused closes its broker and says why`() async throws {
        try await BrokerFixture.with(.api) { fixture in
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let broker = try APIBroker(url: fixture.url, token: "nonsense")
            let description = try BrokerFixture.description("robot", slots: 1)
            let agent = RobotAgent(
                broker: broker, catalogue: Gate().catalogue,
                configuration: RobotConfiguration(description: description, workingDirectory: "/tmp"), logger: logger)
            let refused = await #expect(throws: BrokerError.self) { try await agent.run() }
            #expect(refused.map { "\($0)" }?.contains("the token is unknown, expired or revoked") == true)
            // Who is closed asks nobody any more, and so is not refused again.
            let closed = await #expect(throws: BrokerError.self) { try await broker.open(description) }
            #expect(closed != refused)
            // For the broker that was not closed, which would end the tests.
            await broker.close()
        }
    }

    /// Nobody steers a robot of the queue in memory.
    @Test(arguments: BrokerFixture.Form.withTenants)
    func `the answer to a renewal has the order and the slots, and the robot's progress is kept`(
        form: BrokerFixture.Form
    ) async throws {
        try await BrokerFixture.with(form) { fixture in
            try await fixture.withBroker("robot", slots: 3) { broker in
                let first = try await broker.renew([], progress: Robot.Progress())
                #expect(first == RenewalAnswer(lost: [], slots: 3, order: nil))
                try await fixture.database.asTenant(.default) { connection in
                    _ = try RobotStore.register(
                        Self.id, environment: "default", tags: [], capabilities: [], slots: 5, on: connection)
                    _ = try RobotStore.end(Self.id, .stop, by: "ann", on: connection)
                }
                let job = Job.ID(rawValue: UUID())
                let second = try await broker.renew(
                    [], progress: Robot.Progress(secondsSilent: 90, overdueJob: job, secondsOverdue: 10))
                #expect(second == RenewalAnswer(lost: [], slots: 5, order: .stop))
                let robot = try await fixture.database.asTenant(.default) { try RobotStore.get(Self.id, on: $0) }
                #expect(robot?.status == .wedged && robot?.control.wedge?.job == job)
            }
        }
    }
}
