import CasareDomain
import CasareEngine

/// A job's journal behind a broker. A broker that cannot be reached is asked again for as long as the lease is trusted.
struct BrokerJournal: Journal {
    let broker: any Broker
    let lease: Lease
    let patience: Patience

    func entries() async throws -> [JournalEntry] {
        try await self.patience.insist { () async throws(BrokerError) in try await self.broker.journal(of: self.lease) }
            .map { try JournalEntry($0) }
    }

    func record(_ entries: [JournalEntry]) async throws {
        let rows = entries.map { JournalRow($0) }
        try await self.patience.insist { () async throws(BrokerError) in
            try await self.broker.checkpoint(rows, under: self.lease)
        }
    }
}

/// Repeats what failed because the other side could not be reached, with growing pauses.
///
/// Every write is fenced and written once (steps and outcomes by their keys), so repeating one whose answer was lost is
/// safe. Who waits is cancelled when the lease is lost, which ends the insisting.
struct Patience: Sendable {
    private static let firstPause = Duration.milliseconds(50)
    private static let longestPause = Duration.seconds(2)

    @discardableResult
    func insist<Result>(_ body: () async throws(BrokerError) -> Result) async throws -> Result {
        var pause = Self.firstPause
        while true {
            do throws(BrokerError) {
                return try await body()
            } catch {
                guard case .unavailable = error else { throw error }
                try await Task.sleep(for: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }
}
