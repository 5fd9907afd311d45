package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What people ask of robots. Call within `Database.asTenant`.
extension RobotStore {
    /// Jobs beyond so many that wait for a robot are not counted.
    private static let jobsCountedMax = 1000

    /// Leases nothing more to the robot; what it runs goes on.
    package static func cordon(
        _ id: Robot.ID, by actor: String, reason: String? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Robot {
        let rows = try connection.execute(
            RobotQueries.cordon,
            [
                "robot": .text(id.rawValue), "by": .text(actor), "reason": .text(reason?.storable),
                "now": .timestamp(now),
            ])
        guard let row = rows.first else { throw StoreError.notFound(.robot, id.rawValue) }
        try connection.execute(
            RobotQueries.cordonSessions,
            ["robot": .text(id.rawValue), "cordoned_at": .timestamp(try row.optionalDate("cordoned_at"))])
        try ControlLog.record("robot.cordon", of: id.rawValue, by: actor, reason: reason, now: now, on: connection)
        return try self.known(id, now: now, on: connection)
    }

    /// Leases jobs to it again. Ring the tenant's bell after the commit.
    package static func uncordon(
        _ id: Robot.ID, by actor: String, reason: String? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Robot {
        let rows = try connection.execute(RobotQueries.uncordon, ["robot": .text(id.rawValue)])
        guard !rows.isEmpty else { throw StoreError.notFound(.robot, id.rawValue) }
        try connection.execute(RobotQueries.uncordonSessions, ["robot": .text(id.rawValue)])
        try ControlLog.record("robot.uncordon", of: id.rawValue, by: actor, reason: reason, now: now, on: connection)
        return try self.known(id, now: now, on: connection)
    }

    /// Asks the robot's process to end. From the commit on nothing is leased to it; it hears of it with its next
    /// renewal, or when the bell of its sessions, or of the tenant, is rung.
    ///
    /// - Throws: `StoreError.robotIsNotThere` when it has no session.
    package static func end(
        _ id: Robot.ID, _ order: Robot.Order, by actor: String, reason: String? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Robot {
        _ = try self.known(id, now: now, on: connection)
        let open = try connection.execute(RobotQueries.openSessions, ["robot": .text(id.rawValue)])
        guard !open.isEmpty else { throw StoreError.robotIsNotThere(id) }
        try connection.execute(
            RobotQueries.end,
            [
                "robot": .text(id.rawValue), "order": .text(order.rawValue), "by": .text(actor),
                "reason": .text(reason?.storable), "now": .timestamp(now),
            ])
        try ControlLog.record(
            "robot.\(order.rawValue)", of: id.rawValue, by: actor, reason: reason, now: now, on: connection)
        return try self.known(id, now: now, on: connection)
    }

    package static func openSessions(
        of id: Robot.ID, on connection: isolated PostgresConnection
    ) throws -> [Robot.SessionID] {
        try connection.execute(RobotQueries.openSessions, ["robot": .text(id.rawValue)])
            .map { Robot.SessionID(rawValue: try $0.int64("session_id")) }
    }

    /// Forgets a robot that has ended, and revokes the tokens that speak for it alone and its certificates. What it has
    /// done stays.
    ///
    /// - Throws: `StoreError.robotIsNeeded` while it has a session, a workflow is assigned to it, or jobs wait that no
    ///   other robot may run.
    package static func remove(
        _ id: Robot.ID, by actor: String, reason: String? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Robot {
        guard try !connection.execute(RobotQueries.lock, ["robot": .text(id.rawValue)]).isEmpty else {
            throw StoreError.notFound(.robot, id.rawValue)
        }
        let robot = try self.known(id, now: now, on: connection)
        let ties = try connection.execute(
            RobotQueries.ties, ["robot": .text(id.rawValue), "count_max": .int(self.jobsCountedMax)]
        ).only()
        if try ties.bool("has_session") {
            throw StoreError.robotIsNeeded(id, "it has a session; run `casarectl robot stop \(id) --wait` first")
        }
        if try ties.bool("has_leases") {
            throw StoreError.robotIsNeeded(id, "its jobs have not been taken back yet; try again in a moment")
        }
        let workflows = try ties.strings("workflows")
        if !workflows.isEmpty {
            throw StoreError.robotIsNeeded(
                id,
                "workflows are assigned to it (\(workflows.joined(separator: ", "))); give each to others first, with "
                    + "`casarectl workflow assign WORKFLOW ROBOT`, or to all with --any")
        }
        let jobs = BoundedCount(try ties.int("jobs"), max: self.jobsCountedMax)
        if jobs.value > 0 {
            throw StoreError.robotIsNeeded(
                id,
                "jobs that no other robot may run are waiting for it (\(jobs)); let it run them, or cancel them first")
        }
        try CertificateStore.revokeAll(of: id, by: actor, why: reason, now: now, on: connection)
        try connection.execute(RobotQueries.remove, ["robot": .text(id.rawValue), "now": .timestamp(now)])
        try ControlLog.record("robot.remove", of: id.rawValue, by: actor, reason: reason, now: now, on: connection)
        return robot
    }

    private static func known(
        _ id: Robot.ID, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Robot {
        guard let robot = try self.get(id, now: now, on: connection) else {
            throw StoreError.notFound(.robot, id.rawValue)
        }
        return robot
    }
}
