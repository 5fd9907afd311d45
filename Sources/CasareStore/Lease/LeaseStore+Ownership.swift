package import CasareDomain
package import CasarePostgres

/// Whose sessions and leases they are: what a robot that speaks through the API must not say of another's.
/// Call within `Database.asTenant`.
extension LeaseStore {
    package static func robot(
        of session: Robot.SessionID, on connection: isolated PostgresConnection
    ) throws -> Robot.ID? {
        try Self.robot(connection.execute(OwnershipQueries.robotOfSession, ["session": .int8(session.rawValue)]))
    }

    /// The robot that holds a lease; `nil` when the lease has passed on.
    package static func robot(
        holding lease: Lease, on connection: isolated PostgresConnection
    ) throws -> Robot.ID? {
        try Self.robot(
            connection.execute(
                OwnershipQueries.robotOfLease,
                ["job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue)]))
    }

    /// The robots that hold these leases, which are of a job each; without those that have passed on.
    static func robots(
        holding leases: [Lease], on connection: isolated PostgresConnection
    ) throws -> [Job.ID: Robot.ID] {
        let rows = try connection.execute(
            OwnershipQueries.robotsOfLeases,
            [
                "jobs": .uuidArray(leases.map(\.job.rawValue)),
                "tokens": .int8Array(leases.map(\.token.rawValue)),
            ])
        var robots: [Job.ID: Robot.ID] = [:]
        for row in rows {
            let job = Job.ID(rawValue: try row.uuid("job_id"))
            robots[job] = try self.robot(try row.string("robot_id"))
        }
        return robots
    }

    /// Whether others may begin once a job has ended, that a limit keeps waiting: then ring the tenant's bell.
    package static func endingMakesRoom(
        _ lease: Lease, on connection: isolated PostgresConnection
    ) throws -> Bool {
        try connection.execute(
            OwnershipQueries.makesRoom,
            ["job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue)]
        ).first?.bool("makes_room") ?? false
    }

    private static func robot(_ rows: Rows) throws -> Robot.ID? {
        guard let text = try rows.first?.string("robot_id") else { return nil }
        return try self.robot(text)
    }

    private static func robot(_ text: String) throws -> Robot.ID {
        guard let robot = Robot.ID(rawValue: text) else { throw StoreError.unreadable("\"\(text)\" is no robot's ID") }
        return robot
    }
}

enum OwnershipQueries {
    static let robotOfSession = Query(
        "SELECT robot_id FROM robot_sessions WHERE tenant_id = casare_tenant() AND session_id = @session")

    static let robotOfLease = Query(
        """
        SELECT robot_id FROM leases JOIN robot_sessions USING (tenant_id, session_id)
        WHERE tenant_id = casare_tenant() AND job_id = @job AND token = @token
        """)

    static let robotsOfLeases = Query(
        """
        SELECT held.job_id, session.robot_id
        FROM unnest(@jobs::uuid[], @tokens::int8[]) AS asked (job_id, token)
        CROSS JOIN LATERAL (
            SELECT leases.job_id, leases.session_id FROM leases
            WHERE leases.tenant_id = casare_tenant() AND leases.job_id = asked.job_id AND leases.token = asked.token
            LIMIT 1
        ) AS held
        CROSS JOIN LATERAL (
            SELECT robot_sessions.robot_id FROM robot_sessions
            WHERE robot_sessions.tenant_id = casare_tenant() AND robot_sessions.session_id = held.session_id
            LIMIT 1
        ) AS session
        """)

    static let makesRoom = Query(assembled: LeaseFragments.wouldMakeRoom)

    static let unclaimed = Query(
        """
        SELECT job_id, token FROM leases
        WHERE tenant_id = casare_tenant() AND session_id = @session AND job_id <> ALL (@jobs::uuid[])
            AND since < coalesce(@now::timestamptz, now()) - @seconds * interval '1 second'
        FOR UPDATE SKIP LOCKED
        """)
}
