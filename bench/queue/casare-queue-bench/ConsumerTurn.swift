import CasareDomain
import CasarePostgres
import CasareStore

/// Where a consumer over SQL stands between two batches.
struct ConsumerTurn: Sendable {
    var seat = WorkerSeat()
    private let session: Robot.SessionID
    private let batch: Int
    private let style: Request.Style
    private var cursor = LeaseCursor()
    /// Handled, and not reported yet.
    private var handled: [LeaseStore.Completion] = []

    init(_ request: Request, _ session: Robot.SessionID) {
        self.session = session
        self.batch = request.batch
        self.style = request.style
    }

    /// Prepares the statements by asking for no job.
    mutating func prepare(on connection: isolated PostgresConnection) throws {
        var cursor = LeaseCursor()
        switch self.style {
        case .together:
            _ = try LeaseStore.completeAndLease(
                [], for: self.session, limit: 0, cursor: &cursor, on: connection)
        case .apart:
            _ = try LeaseStore.lease(self.session, limit: 0, cursor: &cursor, on: connection)
            _ = try LeaseStore.completeBatch([], on: connection)
        }
    }

    /// Reports the last batch and takes the next.
    ///
    /// - Returns: false when there is nothing to do.
    mutating func take(on connection: isolated PostgresConnection) throws -> Bool {
        let jobs: [LeasedJob]
        var lost: Set<Job.ID> = []
        switch self.style {
        case .together:
            let turn = try LeaseStore.completeAndLease(
                self.handled, for: self.session, limit: self.batch, cursor: &self.cursor, on: connection)
            (jobs, lost) = (turn.leased, turn.lost)
        case .apart:
            if !self.handled.isEmpty { lost = try LeaseStore.completeBatch(self.handled, on: connection).lost }
            jobs = try LeaseStore.lease(self.session, limit: self.batch, cursor: &self.cursor, on: connection)
        }
        guard lost.isEmpty else { throw BenchError("\(lost.count) leases were lost") }
        self.seat.finished(self.handled.count, isLull: jobs.count < self.batch)
        self.handled = []
        for job in jobs {
            try Consumer.handle(job)
            self.handled.append(LeaseStore.Completion(lease: job.lease, result: Consumer.result))
        }
        return !jobs.isEmpty
    }
}
