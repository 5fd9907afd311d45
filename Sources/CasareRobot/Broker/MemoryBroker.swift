package import CasareDomain
package import CasareEngine
package import CasareStore
package import FoundationEssentials
import Synchronization

/// A broker to a queue in the same process.
package final class MemoryBroker: Broker {
    private static let heartbeatsPerLease = 3

    private let queue: SharedMemoryQueue
    private let bootID: UUID
    private let leaseDuration: Duration
    private let readiness: ReadySignal
    private let observation: SharedMemoryQueue.Observation
    private let session = Mutex<Robot.SessionID?>(nil)
    private let news: SessionNews
    private let secretSource: (@Sendable ([String]) -> [String: SecretAnswer])?

    /// - Parameter secrets: gives the jobs the values of secrets. Without it they get none: a queue in memory has no
    ///   vault.
    package init(
        _ queue: SharedMemoryQueue, bootID: UUID = UUID(),
        leaseDuration: Duration = LeaseStore.leaseDurationDefault,
        secrets: (@Sendable ([String]) -> [String: SecretAnswer])? = nil
    ) {
        self.secretSource = secrets
        let (readiness, news) = (ReadySignal(), SessionNews())
        self.queue = queue
        self.bootID = bootID
        self.leaseDuration = leaseDuration
        self.readiness = readiness
        self.news = news
        self.observation = queue.observe { changes in
            if changes.hasReady { readiness.signal() }
            for session in changes.sessions { news.heard(of: session) }
        }
    }

    package func open(_ robot: RobotDescription) throws(BrokerError) -> SessionTerms {
        let (session, sessions) = try self.access { queue, now throws(StoreError) in
            queue.register(
                robot.id, environment: robot.environment, tags: robot.tags, capabilities: robot.capabilities,
                slots: robot.slots, now: now)
            let session = try queue.openSession(
                robot.id, boot: self.bootID, leaseDuration: self.leaseDuration, now: now)
            return (session, try queue.robot(robot.id, now: now).sessions)
        }
        self.session.withLock { $0 = session }
        self.news.began(session)
        return SessionTerms(
            leaseDuration: self.leaseDuration, heartbeatInterval: self.leaseDuration / Self.heartbeatsPerLease,
            otherSessions: max(sessions - 1, 0), tenant: Tenant.defaultName)
    }

    package func lease(slots: Int, waiting: Duration) async throws(BrokerError) -> [LeasedJob] {
        let deadline = ContinuousClock.now + waiting
        while true {
            let session = try self.openSession()
            let jobs = try self.access { queue, now throws(StoreError) in
                try queue.lease(session, limit: slots, now: now)
            }
            let now = ContinuousClock.now
            if !jobs.isEmpty || now >= deadline || Task.isCancelled { return jobs }
            // Nobody tells that a job has become due, or that another robot's time is up.
            let next = self.queue.timeUntilNextChange().map { now + $0 }
            await self.readiness.wait(until: min(deadline, next ?? deadline))
        }
    }

    /// The queue tells in its answers only.
    package func untilSessionIsLost() async { await Latch().wait() }

    package func renew(_ leases: [Lease]) throws(BrokerError) -> Set<Job.ID> {
        let session = try self.openSession()
        return try self.access { queue, now throws(StoreError) in
            try queue.renew(session, held: leases, now: now).lost
        }
    }

    package func renew(_ leases: [Lease], progress: Robot.Progress) throws(BrokerError) -> RenewalAnswer {
        let session = try self.openSession()
        let renewal = try self.access { queue, now throws(StoreError) in
            try queue.renew(session, held: leases, now: now)
        }
        return RenewalAnswer(lost: renewal.lost, paused: renewal.paused)
    }

    package func untilNews(about held: @Sendable () -> [Lease]) async { await self.news.wait() }

    package func journal(of lease: Lease) throws(BrokerError) -> JobJournal {
        try self.access { queue, _ throws(StoreError) in try queue.jobJournal(lease) }
    }

    package func checkpoint(_ rows: [JournalRow], under lease: Lease) throws(BrokerError) {
        try self.access { queue, _ throws(StoreError) in try queue.checkpoint(lease, entries: rows) }
    }

    package func complete(_ lease: Lease, result: RunResult, rows: [JournalRow]) throws(BrokerError) {
        try self.access { queue, now throws(StoreError) in
            try queue.complete(lease, result: result, entries: rows, now: now)
        }
    }

    package func fail(
        _ lease: Lease, failure: Failure, result: RunResult?, rows: [JournalRow]
    ) throws(BrokerError) -> FailOutcome {
        try self.access { queue, now throws(StoreError) in
            try queue.fail(lease, failure: failure, result: result, entries: rows, now: now)
        }
    }

    package func block(_ lease: Lease, question: Job.Question, rows: [JournalRow]) throws(BrokerError) {
        try self.access { queue, now throws(StoreError) in
            try queue.block(lease, question: question, entries: rows, now: now)
        }
    }

    package func release(_ lease: Lease, reason: String) throws(BrokerError) {
        try self.access { queue, now throws(StoreError) in try queue.release(lease, reason: reason, now: now) }
    }

    package func secrets(_ references: [String], under lease: Lease) throws(BrokerError) -> [String: SecretAnswer] {
        // By this a lease that has passed on is known.
        _ = try self.journal(of: lease)
        if let secretSource { return secretSource(references) }
        return references.refused {
            "The secret \"\($0)\" cannot be had: a queue in memory has no vault. Start the server with a database, or "
                + "run the workflow with casarectl run --secrets-from"
        }
    }

    package func submit(
        _ child: ChildJob, forStep step: Int, under lease: Lease
    ) throws(BrokerError) -> Job.ID {
        try self.access { queue, now throws(StoreError) in
            try queue.submit(child, forStep: step, under: lease, now: now).id
        }
    }

    package func ending(of child: Job.ID, under lease: Lease) throws(BrokerError) -> ChildJob.Ending? {
        try self.access { queue, _ throws(StoreError) in try queue.ending(of: child, under: lease) }
    }

    package func log(_ lines: [Job.LogLine], under lease: Lease) async throws(BrokerError) -> Int {
        try self.access { queue, _ throws(StoreError) in try queue.log(lines, under: lease) }
    }

    package func close() async {
        let session = self.session.withLock { session in
            defer { session = nil }
            return session
        }
        if let session {
            // One that has ended meanwhile holds nothing.
            try? self.queue.access { queue, now throws(StoreError) in
                try queue.closeSession(session, reason: "The robot is stopping", now: now)
            }
        }
        self.queue.end(self.observation)
    }

    private func openSession() throws(BrokerError) -> Robot.SessionID {
        guard let session = self.session.withLock({ $0 }) else { throw .sessionEnded }
        return session
    }

    private func access<Result: Sendable>(
        _ body: (inout MemoryQueue, _ now: Date) throws(StoreError) -> Result
    ) throws(BrokerError) -> Result {
        do throws(StoreError) {
            return try self.queue.access(body)
        } catch {
            throw BrokerError(error)
        }
    }
}
