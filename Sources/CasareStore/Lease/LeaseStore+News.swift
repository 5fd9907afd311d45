package import CasareDomain
package import CasarePostgres

/// Call within `Database.asTenant`.
extension LeaseStore {
    /// Whether a renewal would tell the robot of the session that it has lost one of the leases that it believes to hold.
    ///
    /// - Throws: `StoreError.sessionEnded` for a session that this tenant never had.
    package static func hasNews(
        of session: Robot.SessionID, held: [Lease], on connection: isolated PostgresConnection
    ) throws -> Bool {
        guard try self.robot(of: session, on: connection) != nil else { throw StoreError.sessionEnded(session) }
        guard !held.isEmpty else { return false }
        // That a job is to be paused is told by the ring alone: it stays so while its step goes on, and the robot knows.
        return try self.changed(held, of: session, on: connection).contains { try $0.bool("is_lost") }
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
