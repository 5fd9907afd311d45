import CasarePostgres

/// The SQL of what jobs are given.
enum HoldQueries {
    /// Which version of which workflow a leased job runs. The lease is held until the commit: what is noted of the run
    /// is noted while it is one.
    static let program = Query(
        """
        SELECT jobs.workflow_id, jobs.workflow_version, jobs.trace, robot_sessions.robot_id
        FROM leases
        JOIN jobs ON jobs.tenant_id = leases.tenant_id AND jobs.job_id = leases.job_id
        JOIN robot_sessions
            ON robot_sessions.tenant_id = leases.tenant_id AND robot_sessions.session_id = leases.session_id
        WHERE leases.tenant_id = casare_tenant() AND leases.job_id = @job AND leases.token = @token
        FOR KEY SHARE OF leases
        """)

    /// Null where it comes through a socket of the database's own machine.
    static let source = Query("SELECT host(inet_client_addr()) AS source")

    /// Asked for again, it stays as it was.
    static let hold = Query(
        """
        INSERT INTO secret_holds (secret_id, version, job_id, token, robot_id, at)
        SELECT secret_id, version, @job, @token, @robot, coalesce(@now::timestamptz, now())
        FROM unnest(@secrets::uuid[], @versions::integer[]) AS given (secret_id, version)
        ON CONFLICT DO NOTHING
        """)

    /// Runs that go on: their leases live.
    static let consumers = Query(
        """
        SELECT
            secret_holds.job_id, secret_holds.version, secret_holds.robot_id, secret_holds.at,
            workflows.name AS workflow_name
        FROM secret_holds
        JOIN leases ON leases.job_id = secret_holds.job_id AND leases.tenant_id = secret_holds.tenant_id
            AND leases.token = secret_holds.token
        JOIN jobs ON jobs.tenant_id = secret_holds.tenant_id AND jobs.job_id = secret_holds.job_id
        JOIN workflows ON workflows.tenant_id = jobs.tenant_id AND workflows.workflow_id = jobs.workflow_id
        WHERE secret_holds.tenant_id = casare_tenant() AND secret_holds.secret_id = @secret
            AND (@version::integer IS NULL OR secret_holds.version = @version)
        ORDER BY secret_holds.version, secret_holds.job_id LIMIT @limit
        """)

    /// Of all tenants, in the order of the key: those whose runs are over go.
    static let sweep = Query(
        """
        WITH looked AS (
            SELECT tenant_id, secret_id, version, job_id, token FROM secret_holds
            WHERE (tenant_id, secret_id, version, job_id, token)
                > (@tenant::integer, @secret::uuid, @version::integer, @job::uuid, @token::bigint)
            ORDER BY tenant_id, secret_id, version, job_id, token LIMIT @limit
        ), gone AS (
            DELETE FROM secret_holds USING looked
            WHERE secret_holds.tenant_id = looked.tenant_id AND secret_holds.secret_id = looked.secret_id
                AND secret_holds.version = looked.version AND secret_holds.job_id = looked.job_id
                AND secret_holds.token = looked.token
                AND NOT EXISTS (
                    SELECT FROM leases WHERE leases.job_id = looked.job_id AND leases.token = looked.token
                )
        )
        SELECT tenant_id, secret_id, version, job_id, token FROM looked
        ORDER BY tenant_id DESC, secret_id DESC, version DESC, job_id DESC, token DESC LIMIT 1
        """)
}
