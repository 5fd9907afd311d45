package import CasarePostgres

/// A user of the database that services sign in as: it owns nothing, and row-level security holds for it.
package enum ServiceRole {
    /// Makes a user a member of the roles that services work as. Call as the owner of the tables, or a superuser.
    ///
    /// - Throws: what the database says, when there is no such user for instance.
    package static func grant(to user: String, on connection: isolated PostgresConnection) throws {
        try self.grant("casare_app, casare_system, pg_read_all_stats", to: user, on: connection)
    }

    /// - Parameter roles: their names with commas between, as they stand in a statement.
    static func grant(_ roles: String, to user: String, on connection: isolated PostgresConnection) throws {
        let access = try connection.execute(Queries.access, ["user": .text(user)]).only().string("statements")
        try connection.script("GRANT \(roles) TO \(quotedIdentifier(user)); \(access)")
    }

    private enum Queries {
        static let access = Query(
            """
            SELECT format(
                'GRANT USAGE ON SCHEMA %2$I TO %1$I; GRANT CONNECT ON DATABASE %3$I TO %1$I',
                @user::text, (SELECT nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                    WHERE pg_class.oid = 'tenants'::regclass), current_database()) AS statements
            """)
    }
}
