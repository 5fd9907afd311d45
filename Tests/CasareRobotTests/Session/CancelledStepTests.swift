import CasareClient
import CasareDomain
import CasareEngine
import CasareNodes
import CasarePostgres
import CasareRobot
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Logging
import ServiceLifecycle
import Testing

/// Jobs that people cancel in the middle of a step. Their robots renew so seldom that only the news of it can explain
/// what happens, and what the step holds tells that it has ended.
@Suite(.timeLimit(.minutes(10)))
struct CancelledStepTests {
    typealias Form = BrokerFixture.Form

    /// A broker over the API whose session is trusted for hours.
    private struct QuietBroker: WrappingBroker {
        let broker: any Broker
        let database: Database

        private static let lengthen = Query(
            "UPDATE robot_sessions SET lease_seconds = 7200, alive_until = now() + interval '2 hours'")

        func open(_ robot: RobotDescription) async throws(BrokerError) -> SessionTerms {
            let terms = try await self.broker.open(robot)
            do {
                _ = try await self.database.asSystem { connection in try connection.execute(Self.lengthen) }
            } catch {
                throw .unavailable("\(error)")
            }
            return SessionTerms(
                leaseDuration: .seconds(7200), heartbeatInterval: .seconds(2400), otherSessions: terms.otherSessions)
        }
    }

    private static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    private static func broker(_ form: Form, of fixture: BrokerFixture) async throws -> any Broker {
        let broker = try await fixture.broker(form, leaseDuration: .seconds(7200))
        guard form == .api else { return broker }
        return QuietBroker(broker: broker, database: try fixture.database)
    }

    /// As people do it: through an orchestrator, where there is one.
    private static func cancel(_ job: Job.ID, in fixture: BrokerFixture) async throws {
        guard fixture.form != .memory else { return try await fixture.cancel(job) }
        let token = try await fixture.token("ann", as: .operator)
        let client = try CasareClient(.init(url: fixture.url, token: token))
        do {
            _ = try await client.cancelJob(job)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    private typealias Node = (type: String, config: Object)

    /// Has a robot with one slot run a job, cancels it when it is in the middle of its step, and sees the step end. The
    /// slot is free after that: it runs another job.
    ///
    /// - Parameters:
    ///   - nodes: of the job, one after the other, with a folder that is there as long.
    ///   - isInside: whether the last step is under way.
    ///   - isOver: whether it holds nothing any more.
    private static func expectStop(
        _ form: Form, _ nodes: @escaping @Sendable (BrokerFixture, _ folder: String) throws -> [Node],
        isInside: @escaping @Sendable (BrokerFixture, _ folder: String) async throws -> Bool,
        isOver: @escaping @Sendable (BrokerFixture, _ folder: String) async throws -> Bool
    ) async throws {
        try await BrokerFixture.with(form == .memory ? .memory : .api) { fixture in
            try await withTemporaryDirectory { folder in
                let document = Self.document(try nodes(fixture, folder))
                let (starts, start) = AsyncStream.makeStream(of: Void.self)
                let agent = RobotAgent(
                    broker: try await Self.broker(form, of: fixture), catalogue: StandardNodes.catalogue,
                    configuration: RobotConfiguration(
                        description: try BrokerFixture.description("robot", slots: 1), workingDirectory: folder,
                        policy: .unbound, shutdownGrace: .zero),
                    logger: Self.logger,
                    onEvent: { event in
                        if case .stepStarted = event { start.yield() }
                    })
                let group = ServiceGroup(configuration: .init(services: [agent], logger: Self.logger))
                async let running: Void = group.run()
                do {
                    // No limit of its own ends the step.
                    let options = Job.Options(nodeTimeoutSeconds: 7200)
                    let job = try await fixture.submit(document: document, options: options)[0]
                    for await _ in starts { break }
                    try await eventually("the job is in its step") {
                        try await isInside(fixture, folder) ? true : nil
                    }
                    try await Self.cancel(job, in: fixture)
                    try await eventually("the step has ended") { try await isOver(fixture, folder) ? true : nil }
                    let next = try await fixture.submit()[0]
                    try await eventually("the slot is free") {
                        try await fixture.job(next).status == .completed ? true : nil
                    }
                    #expect(try await fixture.job(job).status == .cancelled)
                } catch {
                    await group.triggerGracefulShutdown()
                    throw error
                }
                await group.triggerGracefulShutdown()
                try await running
            }
        }
    }

    private static func document(_ nodes: [Node]) -> String {
        var members: Object = [:]
        var connections: [Value] = []
        for (number, node) in nodes.enumerated() {
            members["n\(number)"] = ["node_type": .string(node.type), "config": .object(node.config)]
            guard number > 0 else { continue }
            connections.append([
                "source_node": .string("n\(number - 1)"), "source_port": "exec_out",
                "target_node": .string("n\(number)"), "target_port": "exec_in",
            ])
        }
        let document: Object = [
            "metadata": ["name": "w"], "nodes": .object(members), "connections": .list(connections),
        ]
        return Value.object(document).jsonText(.compact)
    }

    /// Longer than any test.
    private static let long: Value = 3600

    @Test(arguments: Form.allCases)
    func `a wait ends`(form: Form) async throws {
        try await Self.expectStop(form) { _, _ in
            [("WaitNode", ["duration": Self.long])]
        } isInside: { _, _ in
            true
        } isOver: { _, _ in
            // Nothing is held but the robot's slot.
            true
        }
    }

    @Test(arguments: Form.allCases)
    func `a program ends with what it started`(form: Form) async throws {
        @Sendable func child(_ folder: String) -> String? {
            let text = try? String(contentsOf: URL(filePath: "\(folder)/child"), encoding: .utf8)
            guard let text, text.hasSuffix("\n") else { return nil }
            return String(text.dropLast())
        }
        try await Self.expectStop(form) { _, folder in
            let script = "(trap '' TERM; sleep 3600 & echo $! > '\(folder)/child'; wait) & wait"
            return [("RunBatchScriptNode", ["script": .string(script), "timeout": Self.long])]
        } isInside: { _, folder in
            child(folder) != nil
        } isOver: { _, folder in
            let process = try #require(child(folder))
            return !Self.isRunning(process)
        }
    }

    @Test(arguments: Form.allCases)
    func `a request is dropped`(form: Form) async throws {
        let server = SilentServer()
        try await Self.expectStop(form) { _, _ in
            [("HttpRequestNode", ["url": .string("http://127.0.0.1:\(server.port)/"), "timeout": Self.long])]
        } isInside: { _, _ in
            server.clientCount > 0
        } isOver: { _, _ in
            server.isDeserted
        }
    }

    @Test(arguments: Form.allCases)
    func `a transfer is dropped`(form: Form) async throws {
        let server = SilentServer()
        try await Self.expectStop(form) { _, _ in
            [("FTPConnectNode", ["host": "127.0.0.1", "port": .int(server.port), "timeout": Self.long])]
        } isInside: { _, _ in
            server.clientCount > 0
        } isOver: { _, _ in
            server.isDeserted
        }
    }

    /// The connections of workflows, and what they do.
    private static let connections = Query(
        """
        SELECT coalesce(query, '') AS query FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'casare workflow'
        """)

    @Test(arguments: Form.withTenants)
    func `a statement is cancelled, and its connection closed`(form: Form) async throws {
        @Sendable func statements(_ fixture: BrokerFixture) async throws -> [String] {
            // Its owner sees what all others do.
            let connection = try await PostgresConnection.connect(try fixture.database.configuration)
            let statements = try await connection.execute(Self.connections).map { try $0.string("query") }
            await connection.close()
            return statements
        }
        try await Self.expectStop(form) { fixture, _ in
            let server = try fixture.database.configuration.description
            return [
                (
                    "DatabaseConnectNode",
                    ["db_type": "postgresql", "connection_string": .string(server), "timeout": Self.long]
                ),
                (
                    "ExecuteQueryNode",
                    ["connection": "{{n0.connection}}", "query": "SELECT pg_sleep(3600)"]
                ),
            ]
        } isInside: { fixture, _ in
            try await statements(fixture).contains { $0.contains("pg_sleep") }
        } isOver: { fixture, _ in
            try await statements(fixture).isEmpty
        }
    }

    private static func isRunning(_ process: String) -> Bool {
        guard let status = try? String(contentsOf: URL(filePath: "/proc/\(process)/stat"), encoding: .utf8) else {
            return false
        }
        let state = status.split(separator: ")").last?.split(separator: " ").first
        return state != "Z" && state != "X"
    }
}
