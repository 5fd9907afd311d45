import CasarePostgres

enum EnrolmentQueries {
    private static let columns = """
        enrolment_id, robot_id, name_prefix, environment, tags, capabilities, uses_max, uses_left, prefix, created_at,
        created_by, expires_at, last_used_at, revoked_at, revoked_by
        """

    static let create = Query(
        assembled: """
            INSERT INTO robot_enrolments (
                enrolment_id, hash, prefix, robot_id, name_prefix, environment, tags, capabilities, uses_max, uses_left,
                created_at, created_by, expires_at
            ) VALUES (
                @id, @hash, @prefix, @robot, @name_prefix, @environment, @tags::text[], @capabilities::text[], @uses,
                @uses, coalesce(@now::timestamptz, now()), @by,
                coalesce(@now::timestamptz, now()) + @life * interval '1 second'
            )
            RETURNING \(Self.columns)
            """)

    /// Newest first.
    static let list = Query(
        assembled: """
            SELECT \(Self.columns) FROM robot_enrolments
            WHERE tenant_id = casare_tenant() AND (@before::uuid IS NULL OR enrolment_id < @before)
            ORDER BY enrolment_id DESC LIMIT @limit
            """)

    static let get = Query(
        assembled: """
            SELECT \(Self.columns) FROM robot_enrolments
            WHERE tenant_id = casare_tenant() AND enrolment_id = @id
            """)

    /// One that was revoked before stays as it is.
    static let revoke = Query(
        assembled: """
            UPDATE robot_enrolments SET revoked_at = coalesce(@now::timestamptz, now()), revoked_by = @by
            WHERE tenant_id = casare_tenant() AND enrolment_id = @id AND revoked_at IS NULL
            RETURNING \(Self.columns)
            """)

    /// Runs as the system: who shows its token has not said which tenant it belongs to.
    static let find = Query(
        assembled: """
            SELECT tenant_id, \(Self.columns) FROM robot_enrolments
            WHERE hash = @hash AND revoked_at IS NULL AND uses_left > 0
                AND expires_at > coalesce(@now::timestamptz, now())
            """)

    /// Takes one use. Of those who want the last one at the same time the second finds no row.
    static let use = Query(
        assembled: """
            UPDATE robot_enrolments
            SET uses_left = uses_left - 1, last_used_at = coalesce(@now::timestamptz, now())
            WHERE tenant_id = casare_tenant() AND enrolment_id = @id AND revoked_at IS NULL AND uses_left > 0
                AND expires_at > coalesce(@now::timestamptz, now())
            RETURNING \(Self.columns)
            """)

    /// Runs as the system.
    static let clean = Query(
        """
        DELETE FROM robot_enrolments WHERE (tenant_id, enrolment_id) IN (
            SELECT tenant_id, enrolment_id FROM robot_enrolments
            WHERE expires_at < coalesce(@now::timestamptz, now()) - @kept_for * interval '1 second'
            ORDER BY expires_at LIMIT @limit
            FOR UPDATE SKIP LOCKED
        )
        """)
}
