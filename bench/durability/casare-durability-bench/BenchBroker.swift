import CasareDomain
import CasareRobot

/// A broker that tells of the first session and of jobs whose completion is committed. Where the journal is off it
/// writes nothing of it and reads nothing: what is left is the same robot without durability.
struct BenchBroker: WrappingBroker {
    let broker: any Broker
    let journaling: Request.Journal
    let opened: @Sendable () -> Void
    let completed: @Sendable () -> Void

    private func written(_ rows: [JournalRow]) -> [JournalRow] {
        switch self.journaling {
        case .on: rows
        case .off: []
        }
    }

    func open(_ robot: RobotDescription) async throws(BrokerError) -> SessionTerms {
        let terms = try await self.broker.open(robot)
        self.opened()
        return terms
    }

    func journal(of lease: Lease) async throws(BrokerError) -> JobJournal {
        switch self.journaling {
        case .on: try await self.broker.journal(of: lease)
        case .off: JobJournal(rows: [])
        }
    }

    func checkpoint(_ rows: [JournalRow], under lease: Lease) async throws(BrokerError) {
        switch self.journaling {
        case .on: try await self.broker.checkpoint(rows, under: lease)
        case .off: break
        }
    }

    func complete(_ lease: Lease, result: RunResult, rows: [JournalRow]) async throws(BrokerError) {
        try await self.broker.complete(lease, result: result, rows: self.written(rows))
        self.completed()
    }

    func fail(
        _ lease: Lease, failure: Failure, result: RunResult?, rows: [JournalRow]
    ) async throws(BrokerError) -> FailOutcome {
        try await self.broker.fail(lease, failure: failure, result: result, rows: self.written(rows))
    }

    func block(_ lease: Lease, question: Job.Question, rows: [JournalRow]) async throws(BrokerError) {
        try await self.broker.block(lease, question: question, rows: self.written(rows))
    }
}
