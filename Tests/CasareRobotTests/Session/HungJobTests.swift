import CasareDomain
import CasareEngine
@testable import CasareRobot
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Logging
import ServiceLifecycle
import Synchronization
import Testing

/// Jobs that do not end when they are stopped.
struct HungJobTests {
    /// A node whose first run heeds nothing but the gate; later ones end at once.
    private final class Gate: Sendable {
        let beginnings: AsyncStream<Void>
        private let begun: AsyncStream<Void>.Continuation
        private let isOpen = Mutex(false)
        private let runs = Mutex(0)

        init() { (self.beginnings, self.begun) = AsyncStream.makeStream() }

        func open() { self.isOpen.withLock { $0 = true } }

        var catalogue: NodeCatalogue {
            NodeCatalogue([
                NodeType(
                    "GateNode", family: "", "", effect: .idempotent,
                    .perform { _, _ in
                        let isFirst = self.runs.withLock { runs in
                            runs += 1
                            return runs == 1
                        }
                        self.begun.yield()
                        while isFirst, !self.isOpen.withLock(\.self) { await Task.yield() }
                        return NodeResult()
                    })
            ])
        }
    }

    /// Runs a robot with one job that hangs.
    private func withRobot(
        slots: Int, _ body: (SharedMemoryQueue, Job.ID) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let gate = Gate()
        let queue = SharedMemoryQueue()
        let job = try queue.access { queue, now throws(StoreError) in
            let pushed = queue.push(
                name: "w", document: #"{"nodes":{"gate":{"node_type":"GateNode"}}}"#, by: "test", now: now)
            return try queue.submit(
                [NewJob(workflow: pushed.version.workflow, workflowVersion: 1)], by: "test", now: now)[0].id
        }
        let agent = RobotAgent(
            broker: MemoryBroker(queue, leaseDuration: .seconds(600)), catalogue: gate.catalogue,
            configuration: RobotConfiguration(
                description: try BrokerFixture.description("robot", slots: slots), workingDirectory: "/tmp",
                shutdownGrace: .zero, cutOffGrace: .milliseconds(20)),
            logger: logger)
        let group = ServiceGroup(configuration: .init(services: [agent], logger: logger))
        async let running: Void = group.run()
        do {
            for await _ in gate.beginnings { break }
            try await body(queue, job)
        } catch {
            gate.open()
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        // Though the job still hangs.
        try await running
        gate.open()
    }

    @Test(.timeLimit(.minutes(10)))
    func `a robot that loses its session opens another, although a job of the former one hangs`() async throws {
        try await self.withRobot(slots: 2) { queue, job in
            let swept = try queue.access { queue, now throws(StoreError) in
                queue.sweep(now: now.addingTimeInterval(601))
            }
            #expect(swept.requeued.map(\.job) == [job])
            let ended = try await eventually("the job is run again, in another slot") {
                let seen = try queue.access { queue, _ throws(StoreError) in queue.job(job) }
                return seen?.status == .completed ? seen : nil
            }
            #expect(ended.attempt == 2)
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `a robot that is stopped ends, although a job hangs`() async throws {
        try await self.withRobot(slots: 1) { _, _ in }
    }

    private static func lease(_ token: Int64) -> Lease {
        Lease(job: Job.ID(rawValue: UUID()), token: Lease.Token(rawValue: token))
    }

    @Test func `a job that is given up has its slot in the next session, is not renewed, and is told of`() async throws
    {
        let start = ContinuousClock.now
        let latch = Latch()
        let run = JobRun { await latch.waitUntilOpen() }
        let (hung, fine) = (Self.lease(1), Self.lease(2))
        let former = RunningJobs(slots: 2)
        former.began(hung, run: run) {}
        former.stopAll(at: start)
        #expect(former.isOver.isOpen && former.giveUp() == [hung])
        await run.isOver.wait()
        former.ended(hung)

        let next = RunningJobs(slots: 2)
        let again = next.takeOver(try #require(former.givenUp.first)).run
        next.began(fine) {}
        #expect(next.count == 2 && next.freeSlots == 0 && next.leases == [fine])
        let progress = next.progress(at: start + .seconds(61))
        #expect(progress.overdueJob == hung.job && progress.secondsOverdue == 61)
        latch.open()
        await again.isOver.wait()
        next.ended(hung)
        #expect(next.freeSlots == 1 && next.progress(at: start + .seconds(62)).overdueJob == nil)
    }

    @Test func `what earlier sessions gave up is given up again as soon as a session is over`() async throws {
        let latch = Latch()
        let former = RunningJobs(slots: 1)
        former.began(Self.lease(1), run: JobRun { await latch.waitUntilOpen() }) {}
        former.stopAll()
        _ = former.giveUp()
        let job = try #require(former.givenUp.first)
        let next = RunningJobs(slots: 1)
        let again = next.takeOver(job).run
        next.giveUpAgain()
        await again.isOver.wait()
        #expect(next.givenUp.map(\.lease) == [job.lease] && next.givenUp.map(\.stoppedAt) == [job.stoppedAt])
        latch.open()
    }

    @Test(arguments: [(3, 3), (20, 20), (30, 20), (3600, 20)])
    func `a robot under a short lease asks for jobs more often than it would count as wedged`(lease: Int, wait: Int) {
        #expect(RobotAgent.leaseWait(under: .seconds(lease)) == .seconds(wait))
    }
}
