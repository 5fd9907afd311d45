package import CasarePostgres

/// Users that robots on SQL sign in as, and nobody else.
extension ServiceRole {
    /// Makes a user a member of the role that robots on SQL work as, and takes the roles of services from it, which it
    /// may have been granted before. Call as the owner of the tables, or a superuser, within a transaction.
    ///
    /// - Returns: the roles that were taken from it.
    /// - Throws: `StoreError.refused` for a user that may do more all the same, or that signs in for others than robots
    ///   just now; what the database says, when there is no such user for instance.
    package static func grantRobot(
        to user: String, on connection: isolated PostgresConnection
    ) throws -> [String] {
        var taken: [String] = []
        if let before = try self.standing(of: user, on: connection) {
            guard before.powers.isEmpty else {
                throw StoreError.refused(
                    "the user \(user)",
                    why: "\(before.powers.joined(separator: " and ")), which is more than a robot needs; make another "
                        + "one for robots (createuser NAME --pwprompt) and grant it that")
            }
            guard before.taken.isEmpty || !before.servesOthers else {
                throw StoreError.refused(
                    "the user \(user)",
                    why: "is signed in for others than robots, which need the roles of services; make another one for "
                        + "robots (createuser NAME --pwprompt) and grant it that")
            }
            taken = before.taken
        }
        if !taken.isEmpty {
            try connection.script("REVOKE \(taken.joined(separator: ", ")) FROM \(quotedIdentifier(user))")
        }
        try self.grant(Database.robotRole, to: user, on: connection)
        let after = try self.standing(of: user, on: connection)
        if let left = after?.isServiceBy {
            throw StoreError.refused(
                "the user \(user)", why: "has the roles of services by \(left) all the same; take that from it first")
        }
        return taken
    }

    /// What a user may do beside being a robot.
    private struct Standing {
        /// What goes beyond all roles.
        let powers: [String]
        /// Of the roles that services are granted, those that it was granted itself.
        let taken: [String]
        /// By what it works as services do; `nil`: it does not.
        let isServiceBy: String?
        let servesOthers: Bool
    }

    /// - Returns: `nil` when there is no such user.
    private static func standing(
        of user: String, on connection: isolated PostgresConnection
    ) throws -> Standing? {
        try connection.execute(RobotQueries.standing, ["user": .text(user)]).first.map { row in
            let powers = [
                try row.bool("is_superuser") ? "is a superuser" : nil,
                try row.bool("bypasses_rls") ? "bypasses row-level security" : nil,
                try row.bool("makes_roles") ? "may make itself a member of roles" : nil,
                try row.bool("owns_tables") ? "owns the tables" : nil,
            ].compactMap(\.self)
            return Standing(
                powers: powers, taken: try row.strings("taken"), isServiceBy: try row.optionalString("is_service_by"),
                servesOthers: try row.bool("serves_others"))
        }
    }

    private enum RobotQueries {
        static let standing = Query(
            """
            SELECT
                known.rolsuper AS is_superuser, known.rolbypassrls AS bypasses_rls, known.rolcreaterole AS makes_roles,
                pg_has_role(
                    known.oid, (SELECT relowner FROM pg_class WHERE pg_class.oid = 'tenants'::regclass), 'MEMBER'
                ) AS owns_tables,
                ARRAY(
                    SELECT given.rolname::text
                    FROM pg_auth_members JOIN pg_roles AS given ON given.oid = pg_auth_members.roleid
                    WHERE pg_auth_members.member = known.oid
                        AND given.rolname IN ('casare_app', 'casare_system', 'pg_read_all_stats')
                    ORDER BY given.rolname
                ) AS taken,
                (
                    SELECT string_agg(given.rolname, ', ' ORDER BY given.rolname)
                    FROM pg_auth_members JOIN pg_roles AS given ON given.oid = pg_auth_members.roleid
                    WHERE pg_auth_members.member = known.oid
                        AND (pg_has_role(given.oid, 'casare_app', 'MEMBER')
                            OR pg_has_role(given.oid, 'casare_system', 'MEMBER'))
                ) AS is_service_by,
                EXISTS (
                    SELECT FROM pg_stat_activity
                    WHERE datname = current_database() AND usesysid = known.oid
                        AND NOT starts_with(application_name, 'casare-robot ')
                ) AS serves_others
            FROM pg_roles AS known WHERE known.rolname = @user::text
            """)
    }
}
