import CasareDomain
import CasareRobot

/// A broker that tells of jobs whose completion is committed, and of the first session.
struct CountingBroker: Broker {
    let broker: any Broker
    let opened: @Sendable () -> Void
    let completed: @Sendable () -> Void

    func open(_ robot: RobotDescription) async throws(BrokerError) -> SessionTerms {
        let terms = try await self.broker.open(robot)
        self.opened()
        return terms
    }

    func lease(slots: Int, waiting: Duration) async throws(BrokerError) -> [LeasedJob] {
        try await self.broker.lease(slots: slots, waiting: waiting)
    }

    func renew(_ leases: [Lease]) async throws(BrokerError) -> Set<Job.ID> { try await self.broker.renew(leases) }

    func untilSessionIsLost() async { await self.broker.untilSessionIsLost() }

    func untilNews(about held: @Sendable () -> [Lease]) async { await self.broker.untilNews(about: held) }

    func journal(of lease: Lease) async throws(BrokerError) -> JobJournal { try await self.broker.journal(of: lease) }

    func checkpoint(_ rows: [JournalRow], under lease: Lease) async throws(BrokerError) {
        try await self.broker.checkpoint(rows, under: lease)
    }

    func complete(_ lease: Lease, result: RunResult, rows: [JournalRow]) async throws(BrokerError) {
        try await self.broker.complete(lease, result: result, rows: rows)
        self.completed()
    }

    func fail(
        _ lease: Lease, failure: Failure, result: RunResult?, rows: [JournalRow]
    ) async throws(BrokerError) {
        try await self.broker.fail(lease, failure: failure, result: result, rows: rows)
    }

    func block(_ lease: Lease, question: Job.Question, rows: [JournalRow]) async throws(BrokerError) {
        try await self.broker.block(lease, question: question, rows: rows)
    }

    func release(_ lease: Lease, reason: String) async throws(BrokerError) {
        try await self.broker.release(lease, reason: reason)
    }

    func submit(_ child: ChildJob, forStep step: Int, under lease: Lease) async throws(BrokerError) -> Job.ID {
        try await self.broker.submit(child, forStep: step, under: lease)
    }

    func ending(of child: Job.ID, under lease: Lease) async throws(BrokerError) -> ChildJob.Ending? {
        try await self.broker.ending(of: child, under: lease)
    }

    func close() async { await self.broker.close() }
}
