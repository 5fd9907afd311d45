import CasarePostgres

/// The SQL of rotations that are under way, and of secrets that are older than they may be.
enum SecretRotationQueries {
    private static let columns = """
        secret_id, version, based_on, overlap_seconds, job_id, started_at, started_by, until
        """

    /// One that waits gives way, and one that is held does where a person begins; no row where one is under way.
    static let begin = Query(
        """
        INSERT INTO secret_rotations (
            secret_id, state, version, based_on, overlap_seconds, job_id, started_at, started_by, until, look_at
        ) VALUES (
            @secret, 'running', @version, @based_on, @overlap_seconds, @job, coalesce(@now::timestamptz, now()), @by,
            coalesce(@now::timestamptz, now()) + make_interval(secs => @lasting_seconds),
            coalesce(@now::timestamptz, now()) + make_interval(secs => @look_seconds)
        )
        ON CONFLICT (tenant_id, secret_id) DO UPDATE
        SET state = 'running', version = excluded.version, based_on = excluded.based_on,
            overlap_seconds = excluded.overlap_seconds, job_id = excluded.job_id, why = NULL,
            started_at = excluded.started_at, started_by = excluded.started_by, until = excluded.until,
            look_at = excluded.look_at
        WHERE secret_rotations.state = 'waiting' AND (secret_rotations.look_at < 'infinity' OR @takes_held::boolean)
        RETURNING secret_id
        """)

    static let get = Query(
        assembled: """
            SELECT \(columns) FROM secret_rotations
            WHERE tenant_id = casare_tenant() AND secret_id = @secret AND state = 'running'
            """)

    /// The same, which nobody else ends meanwhile.
    static let hold = Query(
        assembled: """
            SELECT \(columns) FROM secret_rotations
            WHERE tenant_id = casare_tenant() AND secret_id = @secret AND state = 'running' FOR UPDATE
            """)

    /// Also one that waits: nobody else changes it meanwhile.
    static let take = Query(
        """
        SELECT secret_id FROM secret_rotations
        WHERE tenant_id = casare_tenant() AND secret_id = @secret FOR UPDATE
        """)

    static let pending = Query(
        """
        SELECT version FROM secret_rotations
        WHERE tenant_id = casare_tenant() AND secret_id = @secret AND job_id = @job AND state = 'running'
        """)

    static let end = Query("DELETE FROM secret_rotations WHERE tenant_id = casare_tenant() AND secret_id = @secret")

    /// It is tried later; without a pause, when a person says so. One that is under way or held is left alone.
    static let wait = Query(
        """
        INSERT INTO secret_rotations (
            secret_id, state, overlap_seconds, why, started_at, started_by, until, look_at
        ) VALUES (
            @secret, 'waiting', 0, @why, coalesce(@now::timestamptz, now()), @by, coalesce(@now::timestamptz, now()),
            coalesce(coalesce(@now::timestamptz, now()) + make_interval(secs => @retry_seconds), 'infinity')
        )
        ON CONFLICT (tenant_id, secret_id) DO UPDATE
        SET why = excluded.why, until = excluded.until, look_at = excluded.look_at
        WHERE secret_rotations.state = 'waiting' AND secret_rotations.look_at < 'infinity'
        """)

    /// One that is held has its turn at once.
    static let release = Query(
        """
        UPDATE secret_rotations SET look_at = coalesce(@now::timestamptz, now()), why = NULL
        WHERE tenant_id = casare_tenant() AND secret_id = @secret AND state = 'waiting' AND look_at = 'infinity'
        """)

    /// One at which nobody is to look stays so.
    static let lookAgain = Query(
        """
        UPDATE secret_rotations
        SET look_at = coalesce(@now::timestamptz, now()) + make_interval(secs => @look_seconds)
        WHERE tenant_id = casare_tenant() AND secret_id = @secret AND look_at < 'infinity'
        """)

    /// Of all tenants, those first that have waited longest.
    static let toLookAt = Query(
        """
        SELECT tenant_id, secret_id FROM secret_rotations
        WHERE look_at <= coalesce(@now::timestamptz, now())
        ORDER BY look_at LIMIT @limit
        """)

    /// Locked: of several orchestrators one looks, and one that came too late finds no row.
    static let look = Query(
        assembled: """
            SELECT \(columns), state, until <= coalesce(@now::timestamptz, now()) AS is_over FROM secret_rotations
            WHERE tenant_id = casare_tenant() AND secret_id = @secret
                AND look_at <= coalesce(@now::timestamptz, now())
            FOR UPDATE SKIP LOCKED
            """)

    // MARK: - Age

    /// Of all tenants: older than they may be, and nobody has been told.
    static let overdue = Query(
        """
        SELECT tenant_id, secret_id FROM secrets
        WHERE rotation_due_at <= coalesce(@now::timestamptz, now()) AND rotation_noted_at IS NULL
            AND deleted_at IS NULL
        ORDER BY rotation_due_at LIMIT @limit
        """)

    /// No row where somebody has noted it meanwhile, or it is not so any more.
    static let note = Query(
        """
        UPDATE secrets SET rotation_noted_at = coalesce(@now::timestamptz, now())
        WHERE tenant_id = casare_tenant() AND secret_id = @secret AND rotation_noted_at IS NULL
            AND deleted_at IS NULL AND rotation_due_at <= coalesce(@now::timestamptz, now())
        RETURNING name, current_version
        """)

    static let isOverdue = Query(
        """
        SELECT secret_id FROM secrets
        WHERE tenant_id = casare_tenant() AND secret_id = @secret AND deleted_at IS NULL
            AND rotation_due_at <= coalesce(@now::timestamptz, now())
        """)

    /// Of all tenants.
    static let ages = Query(
        """
        SELECT
            name, coalesce(provider, 'casare') AS provider, extract(epoch FROM rotated_at)::float8 AS rotated_seconds,
            (rotation ->> 'every_seconds')::float8 AS limit_seconds
        FROM secrets
        WHERE rotation IS NOT NULL AND deleted_at IS NULL
        ORDER BY name LIMIT @limit
        """)
}
