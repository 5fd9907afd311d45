import CasareDomain
import CasareRobot

/// A broker that tells of jobs whose completion is committed, and of the first session.
struct CountingBroker: WrappingBroker {
    let broker: any Broker
    let opened: @Sendable () -> Void
    let completed: @Sendable () -> Void

    func open(_ robot: RobotDescription) async throws(BrokerError) -> SessionTerms {
        let terms = try await self.broker.open(robot)
        self.opened()
        return terms
    }

    func complete(_ lease: Lease, result: RunResult, rows: [JournalRow]) async throws(BrokerError) {
        try await self.broker.complete(lease, result: result, rows: rows)
        self.completed()
    }
}
