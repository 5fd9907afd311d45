import CasarePostgres

/// The SQL of credentials that providers made for jobs.
enum SecretLeaseQueries {
    static let tenantName = Query("SELECT name FROM tenants WHERE tenant_id = casare_tenant()")

    /// Only while the attempt holds its lease: after that nobody may have them.
    static let insert = Query(
        """
        INSERT INTO secret_leases (
            secret_lease_id, secret, provider, path, provider_lease, accessor, job_id, token, made_at, renewed_at,
            expires_at, token_expires_at, is_renewable, look_at
        )
        SELECT
            @id::uuid, @secret, @provider, @path, @provider_lease, @accessor, leases.job_id, leases.token, at.now,
            at.now, at.now + make_interval(secs => @seconds::double precision),
            at.now + make_interval(secs => @token_seconds::double precision), @is_renewable,
            at.now + make_interval(secs => least(
                @look_seconds::double precision, @seconds::double precision * 2 / 3,
                @token_seconds::double precision * 2 / 3))
        FROM leases, (SELECT coalesce(@now::timestamptz, clock_timestamp()) AS now) AS at
        WHERE leases.tenant_id = casare_tenant() AND leases.job_id = @job AND leases.token = @token
        RETURNING secret_lease_id
        """)

    static let ofJob = Query(
        """
        SELECT * FROM secret_leases
        WHERE tenant_id = casare_tenant() AND job_id = @job
        ORDER BY secret_lease_id LIMIT @limit
        """)

    /// Takes those that are due, of all tenants: nobody else looks at them until `claim_seconds` are over.
    static let claim = Query(
        """
        WITH at AS MATERIALIZED (
            SELECT coalesce(@now::timestamptz, clock_timestamp()) AS now
        ), due AS (
            SELECT tenant_id, secret_lease_id FROM secret_leases
            WHERE look_at <= coalesce(@now::timestamptz, now())
            ORDER BY look_at LIMIT @limit
            FOR UPDATE SKIP LOCKED
        )
        UPDATE secret_leases
        SET look_at = at.now + make_interval(secs => @claim_seconds::double precision), claim = claim + 1
        FROM due, at
        WHERE secret_leases.tenant_id = due.tenant_id AND secret_leases.secret_lease_id = due.secret_lease_id
        RETURNING
            secret_leases.*, at.now,
            EXISTS (
                SELECT FROM leases
                WHERE leases.tenant_id = secret_leases.tenant_id AND leases.job_id = secret_leases.job_id
                    AND leases.token = secret_leases.token
            ) AS is_held
        """)

    /// Puts claimed ones back until then.
    static let wait = Query(
        """
        UPDATE secret_leases SET look_at = waiting.look_at
        FROM unnest(@tenants::integer[], @ids::uuid[], @claims::integer[], @look_at::timestamptz[])
            AS waiting (tenant_id, id, claim, look_at)
        WHERE secret_leases.tenant_id = waiting.tenant_id AND secret_leases.secret_lease_id = waiting.id
            AND secret_leases.claim = waiting.claim AND ended_at IS NULL
        """)

    /// A token whose life is not known anew keeps the end that it had.
    static let renewed = Query(
        """
        UPDATE secret_leases
        SET renewed_at = at.now, expires_at = at.now + make_interval(secs => @seconds::double precision),
            token_expires_at = CASE
                WHEN @keeps_token::boolean THEN token_expires_at
                ELSE at.now + make_interval(secs => @token_seconds::double precision)
            END,
            look_at = at.now + make_interval(secs => least(
                @look_seconds::double precision, @seconds::double precision * 2 / 3)),
            failures = 0, error = @error
        FROM (SELECT coalesce(@now::timestamptz, clock_timestamp()) AS now) AS at
        WHERE tenant_id = @tenant AND secret_lease_id = @id AND claim = @claim AND ended_at IS NULL
        RETURNING claim
        """)

    static let failed = Query(
        """
        UPDATE secret_leases SET look_at = @look_at, failures = failures + 1, error = @error
        WHERE tenant_id = @tenant AND secret_lease_id = @id AND claim = @claim AND ended_at IS NULL
        RETURNING claim
        """)

    static let end = Query(
        """
        UPDATE secret_leases
        SET look_at = NULL, ended_at = coalesce(@now::timestamptz, clock_timestamp()), outcome = @outcome,
            error = coalesce(@error, error)
        WHERE tenant_id = @tenant AND secret_lease_id = @id AND claim = @claim AND ended_at IS NULL
        RETURNING claim
        """)

    /// Ends all that have not ended, so many at a time.
    static let drop = Query(
        """
        WITH open AS (
            SELECT tenant_id, secret_lease_id FROM secret_leases
            WHERE look_at IS NOT NULL ORDER BY look_at LIMIT @limit
            FOR UPDATE
        )
        UPDATE secret_leases
        SET look_at = NULL, ended_at = coalesce(@now::timestamptz, clock_timestamp()), outcome = 'dropped',
            claim = claim + 1
        FROM open
        WHERE secret_leases.tenant_id = open.tenant_id AND secret_leases.secret_lease_id = open.secret_lease_id
        RETURNING claim
        """)

    static let forget = Query(
        """
        WITH old AS (
            SELECT tenant_id, secret_lease_id FROM secret_leases
            WHERE ended_at < coalesce(@now::timestamptz, now()) - make_interval(days => @days::integer)
            ORDER BY ended_at LIMIT @limit
            FOR UPDATE SKIP LOCKED
        )
        DELETE FROM secret_leases USING old
        WHERE secret_leases.tenant_id = old.tenant_id AND secret_leases.secret_lease_id = old.secret_lease_id
        RETURNING secret_leases.secret_lease_id
        """)

    /// Those that nobody has been able to do anything about, a bounded look at all that have not ended.
    static let troubled = Query(
        """
        SELECT
            count(*) AS open, count(*) FILTER (WHERE failures >= @failures::integer) AS failing,
            count(*) FILTER (WHERE error IS NOT NULL) AS troubled,
            (array_agg(provider ORDER BY failures DESC) FILTER (WHERE error IS NOT NULL))[1] AS provider,
            (array_agg(error ORDER BY failures DESC) FILTER (WHERE error IS NOT NULL))[1] AS error
        FROM (
            SELECT failures, error, provider FROM secret_leases WHERE look_at IS NOT NULL ORDER BY look_at LIMIT @limit
        ) AS looked_at
        """)
}
