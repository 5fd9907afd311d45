import CasareDomain
import CasareEngine
import Tracing

/// A job's journal behind a broker. A broker that cannot be reached is asked again for as long as the lease is trusted.
struct BrokerJournal: Journal {
    let broker: any Broker
    let lease: Lease
    let patience: Patience
    let limits: ReportLimits
    let telemetry: RobotTelemetry
    /// What earlier attempts left, where it was read already.
    private(set) var known: JobJournal?

    init(broker: any Broker, lease: Lease, patience: Patience, limits: ReportLimits, telemetry: RobotTelemetry) {
        self.broker = broker
        self.lease = lease
        self.patience = patience
        self.limits = limits
        self.telemetry = telemetry
    }

    /// The same journal with what earlier attempts left.
    func reading() async throws -> BrokerJournal {
        var journal = self
        journal.known = try await self.read()
        return journal
    }

    func entries() async throws -> [JournalEntry] {
        let journal: JobJournal
        if let known = self.known {
            journal = known
        } else {
            journal = try await self.read()
        }
        return try journal.rows.map { try JournalEntry($0) }
    }

    private func read() async throws -> JobJournal {
        try await self.patience.insist { () async throws(BrokerError) in try await self.broker.journal(of: self.lease) }
    }

    /// In several commits when they are too large for one: those that are recorded are the first ones, always.
    ///
    /// - Throws: `StepTooLarge` too; what came before it is recorded.
    func record(_ entries: [JournalEntry]) async throws {
        var rows: [JournalRow] = []
        var bytes = 0
        for entry in entries {
            let row = JournalRow(entry)
            let rowBytes = row.result?.utf8.count ?? 0
            if !rows.isEmpty, bytes + rowBytes > self.limits.stepsBytesMax {
                try await self.checkpoint(rows)
                (rows, bytes) = ([], 0)
            }
            guard rowBytes <= self.limits.stepBytesMax else {
                throw StepTooLarge(
                    step: row.step, node: row.node, nodeType: row.nodeType, bytes: rowBytes,
                    bytesMax: self.limits.stepBytesMax)
            }
            rows.append(row)
            bytes += rowBytes
        }
        try await self.checkpoint(rows)
    }

    /// The rows of entries that go along with the job's end; none when they are so large that they are recorded before.
    func rows(beside entries: [JournalEntry]) async throws -> [JournalRow] {
        let rows = entries.map { JournalRow($0) }
        let bytes = rows.reduce(0) { $0 + ($1.result?.utf8.count ?? 0) }
        guard bytes > self.limits.stepsBytesMax else { return rows }
        try await self.record(entries)
        return []
    }

    private func checkpoint(_ rows: [JournalRow]) async throws {
        guard !rows.isEmpty else { return }
        let (start, instant) = (ContinuousClock.now, DefaultTracerClock.now)
        do {
            try await self.patience.insist { () async throws(BrokerError) in
                try await self.broker.checkpoint(rows, under: self.lease)
            }
        } catch {
            self.telemetry.committed(rows, after: .now - start, from: instant, error)
            throw error
        }
        self.telemetry.committed(rows, after: .now - start, from: instant)
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
