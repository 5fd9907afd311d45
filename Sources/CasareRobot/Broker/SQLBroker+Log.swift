package import CasareDomain
import CasareStore

/// What jobs write while they run.
extension SQLBroker {
    /// One statement by itself. Nobody is rung: who follows a log looks for it now and then.
    package func log(_ lines: [Job.LogLine], under lease: Lease) async throws(BrokerError) -> Int {
        do {
            return try await self.database.statement(as: self.tenant) { connection in
                try JobLogStore.append(lines, under: lease, on: connection)
            }
        } catch {
            throw Self.brokerError(error)
        }
    }
}
