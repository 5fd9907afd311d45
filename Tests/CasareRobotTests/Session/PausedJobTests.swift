import CasareClient
import CasareDomain
import CasareEngine
import CasareNodes
import CasareRobot
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Logging
import ServiceLifecycle
import Synchronization
import Testing

/// Running jobs that people pause: they stop between two steps, and another robot goes on.
@Suite(.timeLimit(.minutes(10)))
struct PausedJobTests {
    typealias Form = BrokerFixture.Form

    /// Tells when a renewal says of jobs that they are to be paused.
    private struct ListeningBroker: WrappingBroker {
        let broker: any Broker
        let heard: AsyncStream<Void>.Continuation

        func renew(_ leases: [Lease], progress: Robot.Progress) async throws(BrokerError) -> RenewalAnswer {
            let answer = try await self.broker.renew(leases, progress: progress)
            if !answer.paused.isEmpty { self.heard.yield() }
            return answer
        }
    }

    /// Steps that wait until they may end, and are counted.
    private final class Gate: Sendable {
        private struct State {
            var isOpen = false
            var count = 0
        }

        let beginnings: AsyncStream<Void>
        private let begun: AsyncStream<Void>.Continuation
        private let state = Mutex(State())

        init() { (self.beginnings, self.begun) = AsyncStream.makeStream() }

        var count: Int { self.state.withLock(\.count) }
        func open() { self.state.withLock { $0.isOpen = true } }

        var catalogue: NodeCatalogue {
            NodeCatalogue([
                NodeType(
                    "GateNode", family: "", "", effect: .effect,
                    .perform { _, _ in
                        self.state.withLock { $0.count += 1 }
                        self.begun.yield()
                        while !self.state.withLock(\.isOpen), !Task.isCancelled { await Task.yield() }
                        try Task.checkCancellation()
                        return NodeResult()
                    })
            ])
        }
    }

    private static let document = #"""
        {"metadata": {"name": "w"},
         "nodes": {"a": {"node_type": "GateNode"}, "b": {"node_type": "GateNode"}, "c": {"node_type": "GateNode"}},
         "connections": [{"source_node": "a", "source_port": "exec_out", "target_node": "b", "target_port": "exec_in"},
                         {"source_node": "b", "source_port": "exec_out", "target_node": "c", "target_port": "exec_in"}]}
        """#

    private static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    /// Runs a robot while `body` runs.
    static func withRobot(
        _ name: String, _ broker: any Broker, _ catalogue: NodeCatalogue, shutdownGrace: Duration = .zero,
        onEvent: @escaping @Sendable (RunEvent) -> Void = { _ in }, _ body: () async throws -> Void
    ) async throws {
        let agent = RobotAgent(
            broker: broker, catalogue: catalogue,
            configuration: RobotConfiguration(
                description: try BrokerFixture.description(name, slots: 1), workingDirectory: "/tmp",
                shutdownGrace: shutdownGrace),
            logger: self.logger, onEvent: onEvent)
        let group = ServiceGroup(configuration: .init(services: [agent], logger: self.logger))
        async let running: Void = group.run()
        do {
            try await body()
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running
    }

    /// As people do it: through an orchestrator, where there is one.
    static func pause(_ job: Job.ID, in fixture: BrokerFixture) async throws {
        guard fixture.form != .memory else { return try await fixture.pause(job) }
        let client = try CasareClient(.init(url: fixture.url, token: try await fixture.token("ann", as: .operator)))
        do {
            _ = try await client.pauseJob(job)
        } catch {
            await client.shutdown()
            throw error
        }
        await client.shutdown()
    }

    @Test(arguments: Form.allCases)
    func `a running job is paused between two steps, and another robot goes on without repeating one`(
        form: Form
    ) async throws {
        try await BrokerFixture.with(form == .memory ? .memory : .api) { fixture in
            let gate = Gate()
            let job = try await fixture.submit(document: Self.document)[0]
            let (hearings, heard) = AsyncStream.makeStream(of: Void.self)
            // Renewals are rare, where the robot decides about that: it can have heard by the news only.
            let broker = ListeningBroker(
                broker: try await fixture.broker(form, "first", leaseDuration: .seconds(7200)), heard: heard)
            try await Self.withRobot("first", broker, gate.catalogue) {
                for await _ in gate.beginnings { break }
                try await Self.pause(job, in: fixture)
                for await _ in hearings { break }
                guard case .running(let running) = try await fixture.job(job).state else {
                    Issue.record("The step that was under way was not left to end")
                    return
                }
                #expect(running.pause != nil)
                gate.open()
                try await eventually("the job is handed back") {
                    try await fixture.job(job).status == .running ? nil : true
                }
            }
            let paused = try await fixture.job(job)
            let done = gate.count
            #expect(paused.status == .paused && paused.attempt == 0)
            #expect((1...2).contains(done), "the step that was under way, or one that began at the same moment")
            #expect(try await fixture.steps(job).filter { $0.result != nil }.count == done)

            try await fixture.resume(job)
            let second = try await fixture.broker(form, "second")
            try await Self.withRobot("second", second, gate.catalogue) {
                _ = try await eventually("the job has completed") {
                    try await fixture.job(job).status == .completed ? true : nil
                }
            }
            #expect(gate.count == 3)
            #expect(try await fixture.job(job).attempt == 1)
        }
    }
}
