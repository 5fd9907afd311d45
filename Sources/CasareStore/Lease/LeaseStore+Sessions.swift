package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// How a robot reaches the queue, which decides how its death is noticed.
package enum SessionKind: String, Hashable, Sendable {
    /// Its connection to the database holds a lock: when that goes, the session is dead.
    case sql
    /// It is alive until a time that every renewal puts off.
    case api
}

package struct Renewal: Hashable, Sendable {
    /// Jobs that the robot must stop: their leases have passed on.
    package let lost: Set<Job.ID>
    /// Jobs that the robot must hand back after the step that they are in: they are to be paused.
    package let paused: Set<Job.ID>
    package let leaseSeconds: Double
    /// Jobs that the robot is to run at once.
    package let slots: Int
    /// How the session is asked to end.
    package let order: Robot.Order?
}

extension LeaseStore {
    package static let leaseDurationDefault: Duration = .seconds(30)
    /// First key of the advisory locks that sessions of kind sql hold; the second is the session's ID.
    static let sessionLockClass: Int32 = 0x4361_7361

    /// Opens a session for one boot of a registered robot. An earlier session of the same boot ends.
    ///
    /// One of kind sql lives as long as `connection` does: it must not come from a pool, nor through a pooler that
    /// shares server connections between transactions.
    package static func openSession(
        _ robot: Robot.ID, boot: UUID, kind: SessionKind, slots: Int,
        leaseDuration: Duration = LeaseStore.leaseDurationDefault, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Robot.SessionID {
        let opened = try connection.execute(
            SessionQueries.open,
            [
                "robot": .text(robot.rawValue), "boot": .uuid(boot), "kind": .text(kind.rawValue), "slots": .int(slots),
                "lease_seconds": .double(leaseDuration.seconds), "now": .timestamp(now),
            ])
        guard let row = opened.first else { throw StoreError.notFound(.robot, robot.rawValue) }
        let session = Robot.SessionID(rawValue: try row.int64("session_id"))
        switch kind {
        case .sql:
            // Before the commit, so that nobody sees the session without its lock.
            try connection.execute(
                SessionQueries.lock, ["class": .int4(self.sessionLockClass), "session": .int8(session.rawValue)])
        case .api: break
        }
        return session
    }

    /// How long a session of kind sql may be without its connection before the sweep takes its jobs. Until then its
    /// robot has either taken it up again or stopped all of its jobs, so that no two robots are at the same job.
    package static let lostSessionGrace: Duration = .milliseconds(1500)

    /// How long after the server's start no session ends because its connection is gone. A robot that has seen the
    /// server go and start has the more time to come back.
    package static let serverStartGrace: Duration = .seconds(10)

    /// Takes up a session of kind sql on a new connection, in place of one that was lost.
    ///
    /// - Returns: false when the server has not noticed yet that the old connection is gone: try again at once.
    /// - Throws: `StoreError.sessionEnded` when it is too late.
    package static func resumeSession(
        _ session: Robot.SessionID, on connection: isolated PostgresConnection
    ) throws -> Bool {
        let locked = try connection.execute(
            SessionQueries.tryLock, ["class": .int4(self.sessionLockClass), "session": .int8(session.rawValue)])
        guard try locked.only().bool("is_locked") else { return false }
        let resumed = try connection.execute(SessionQueries.resume, ["session": .int8(session.rawValue)])
        guard !resumed.isEmpty else { throw StoreError.sessionEnded(session) }
        return true
    }

    /// Ends a session and hands back everything that it holds, without consuming attempts.
    ///
    /// - Returns: the jobs that were handed back.
    @discardableResult
    package static func closeSession(
        _ session: Robot.SessionID, reason: String = "The robot stopped.", now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Set<Job.ID> {
        try connection.execute(SessionQueries.close, ["session": .int8(session.rawValue), "now": .timestamp(now)])
        let released = try connection.execute(
            EndingQueries.releaseSession,
            ["session": .int8(session.rawValue), "reason": .text(reason.storable), "now": .timestamp(now)])
        return Set(try released.map { Job.ID(rawValue: try $0.uuid("job_id")) })
    }

    /// Says that a session is alive, and hears which of its leases are lost: one narrow update, whatever it holds.
    ///
    /// - Parameter progress: What the robot says of it; `nil` leaves what it said before.
    package static func renew(
        _ session: Robot.SessionID, held: [Lease], progress: Robot.Progress? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Renewal {
        guard let row = try self.renewed(session, progress, now: now, on: connection) else {
            throw StoreError.sessionEnded(session)
        }
        guard !held.isEmpty else { return try Renewal(lost: [], paused: [], row) }
        var (lost, paused): (Set<Job.ID>, Set<Job.ID>) = ([], [])
        for changed in try self.changed(held, of: session, on: connection) {
            let job = Job.ID(rawValue: try changed.uuid("job_id"))
            if try changed.bool("is_lost") { lost.insert(job) } else { paused.insert(job) }
        }
        if !lost.isEmpty { try RestoreStore.witness(held, on: connection) }
        return try Renewal(lost: lost, paused: paused, row)
    }

    static func changed(
        _ held: [Lease], of session: Robot.SessionID, on connection: isolated PostgresConnection
    ) throws -> Rows {
        try connection.execute(
            SessionQueries.changed,
            [
                "session": .int8(session.rawValue), "jobs": .uuidArray(held.map(\.job.rawValue)),
                "tokens": .int8Array(held.map(\.token.rawValue)),
            ])
    }

    private static func renewed(
        _ session: Robot.SessionID, _ progress: Robot.Progress?, now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> Row? {
        guard let progress else {
            return try connection.execute(
                SessionQueries.renew, ["session": .int8(session.rawValue), "now": .timestamp(now)]
            ).first
        }
        // Half of a pair says nothing.
        let isOverdue = progress.overdueJob != nil && progress.secondsOverdue != nil
        return try connection.execute(
            SessionQueries.renewWithProgress,
            [
                "session": .int8(session.rawValue), "unasked": .double(progress.secondsUnasked),
                "silent": .double(progress.secondsSilent),
                "overdue_job": .uuid(isOverdue ? progress.overdueJob?.rawValue : .none),
                "overdue": .double(isOverdue ? progress.secondsOverdue : .none), "now": .timestamp(now),
            ]
        ).first
    }

    /// How the session is asked to end. Whoever is asked gets no jobs: after a lease that found the session cordoned
    /// this says whether there is more to it.
    package static func order(
        of session: Robot.SessionID, on connection: isolated PostgresConnection
    ) throws -> Robot.Order? {
        let rows = try connection.execute(SessionQueries.order, ["session": .int8(session.rawValue)])
        return try rows.first.flatMap { Robot.Order(rawValue: try $0.string("ending")) }
    }

    package static func isOpen(
        _ session: Robot.SessionID, on connection: isolated PostgresConnection
    ) throws -> Bool {
        try !connection.execute(SessionQueries.isOpen, ["session": .int8(session.rawValue)]).isEmpty
    }
}

extension Renewal {
    fileprivate init(lost: Set<Job.ID>, paused: Set<Job.ID>, _ row: Row) throws {
        let order = try row.optionalString("ending")
        self.init(
            lost: lost, paused: paused, leaseSeconds: try row.double("lease_seconds"), slots: try row.int("slots"),
            order: order.flatMap(Robot.Order.init(rawValue:)))
    }
}
