package import CasareDomain
package import CasarePostgres

/// Call within `Database.asTenant`.
extension LeaseStore {
    /// What a robot is asked for.
    package struct Asked: Hashable, Sendable {
        /// Jobs to hand back after the step that they are in.
        package let paused: Set<Job.ID>
        package let order: Robot.Order?

        package init(paused: Set<Job.ID>, order: Robot.Order?) {
            self.paused = paused
            self.order = order
        }
    }

    /// Whether a renewal would tell the robot of the session that it has lost one of the leases that it believes to
    /// hold, or that it is asked for something else than it knows.
    ///
    /// - Parameter known: `nil`: the robot does not say; then what it is asked for is told by the ring alone.
    /// - Throws: `StoreError.sessionEnded` for a session that this tenant never had.
    package static func hasNews(
        of session: Robot.SessionID, held: [Lease], knowing known: Asked? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Bool {
        guard try self.robot(of: session, on: connection) != nil else { throw StoreError.sessionEnded(session) }
        if let known, try self.order(of: session, on: connection) != known.order { return true }
        guard !held.isEmpty else { return false }
        var paused: Set<Job.ID> = []
        for changed in try self.changed(held, of: session, on: connection) {
            if try changed.bool("is_lost") { return true }
            paused.insert(Job.ID(rawValue: try changed.uuid("job_id")))
        }
        guard let known else { return false }
        // What it knew of a job that it does not hold any more is nothing to compare.
        return paused != known.paused.intersection(held.map(\.job))
    }

    /// What earlier attempts recorded, and how long they took.
    package static func jobJournal(
        _ lease: Lease, on connection: isolated PostgresConnection
    ) throws -> JobJournal {
        // It says whether the lease is held.
        let rows = try self.journal(lease, on: connection)
        return JobJournal(rows: rows, secondsSpent: try self.secondsSpent(on: lease.job, on: connection))
    }

    /// How long the leases of a job ran that have ended since it was last to be tried again after a failure.
    package static func secondsSpent(on job: Job.ID, on connection: isolated PostgresConnection) throws -> Double {
        try connection.execute(TimeSpentQueries.secondsSpent, ["job": .uuid(job.rawValue)]).only().double("seconds")
    }
}
