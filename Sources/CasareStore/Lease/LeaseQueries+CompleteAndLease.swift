import CasarePostgres

extension LeaseQueries {
    /// Ends a batch as completed and hands out the next, in one statement: one commit for both.
    ///
    /// The halves are fenced on their own: leases that have passed on are left out of the first, and a session that has
    /// ended leases nothing in the second. Rows with `is_completed` are the jobs that were ended; the others are as
    /// those of `lease`, which says how the scan goes. Nothing is leased from a queue with rules: room that the
    /// completions make under a limit is not in this statement's snapshot.
    static let completeAndLease = Query(
        """
        WITH gone AS (
            DELETE FROM leases
            USING unnest(@jobs::uuid[], @tokens::int8[], @results::text[]) AS asked (job_id, token, result)
            WHERE leases.tenant_id = casare_tenant() AND leases.job_id = asked.job_id AND leases.token = asked.token
            RETURNING
                leases.tenant_id, leases.job_id, leases.session_id, leases.attempt, leases.since, asked.result
        ), ended AS (
            INSERT INTO outcomes (tenant_id, job_id, kind, attempt, started_at, finished_at, robot_id)
            SELECT
                gone.tenant_id, gone.job_id, 'completed', gone.attempt, gone.since,
                coalesce(@now::timestamptz, now()), robot_sessions.robot_id
            FROM gone LEFT JOIN robot_sessions USING (tenant_id, session_id)
        ), kept AS (
            INSERT INTO job_results (tenant_id, job_id, result) SELECT tenant_id, job_id, result::json FROM gone
        ), noted_completed AS (
            INSERT INTO events (tenant_id, job_id, at, kind)
            SELECT tenant_id, job_id, coalesce(@now::timestamptz, now()), 'completed' FROM gone
        ), session AS (
            SELECT session_id, queue_id FROM robot_sessions
            WHERE tenant_id = casare_tenant() AND session_id = @session AND ended_at IS NULL AND cordoned_at IS NULL
                AND NOT EXISTS (SELECT FROM queue_rules WHERE queue_rules.queue_id = robot_sessions.queue_id)
        ), taken AS (
            DELETE FROM ready
            WHERE ctid = ANY (ARRAY(
                SELECT next.ctid
                FROM session
                CROSS JOIN unnest(@priorities::int2[], @watermarks::int8[], @untils::int8[])
                    AS mark (priority, seq, until)
                CROSS JOIN LATERAL (
                    SELECT ready.ctid FROM ready
                    WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = session.queue_id
                        AND ready.priority = mark.priority AND ready.seq > mark.seq AND ready.seq <= mark.until
                    ORDER BY ready.seq
                    LIMIT @limit
                    FOR UPDATE SKIP LOCKED
                ) AS next
                LIMIT @limit
            ))
            RETURNING tenant_id, job_id, seq, priority, attempt + 1 AS attempt, crashes,
                nextval('lease_tokens') AS token
        ), leased AS (
            INSERT INTO leases (tenant_id, job_id, token, session_id, since, attempt, crashes)
            SELECT tenant_id, job_id, token, @session, coalesce(@now::timestamptz, now()), attempt, crashes FROM taken
        ), noted_leased AS (
            INSERT INTO events (tenant_id, job_id, at, kind)
            SELECT tenant_id, job_id, coalesce(@now::timestamptz, now()), 'leased' FROM taken
        )
        SELECT
            true AS is_completed, job_id, NULL::int8 AS token, NULL::int8 AS seq, NULL::int2 AS priority,
            NULL::int4 AS attempt, false AS is_late, NULL::uuid AS workflow_id,
            NULL::text AS workflow_name,
            NULL::int4 AS workflow_version, NULL::json AS variables, NULL::json AS options, NULL::json AS document,
            NULL::boolean AS path_rules, NULL::boolean AS command_rules, NULL::boolean AS url_rules,
            NULL::boolean AS node_overrides, NULL::boolean AS scripts
        FROM gone
        UNION ALL
        (SELECT
            false, taken.job_id, taken.token, taken.seq, taken.priority, taken.attempt,
            taken.attempt = 1 AND coalesce(jobs.expires_at <= coalesce(@now::timestamptz, now()), false),
            jobs.workflow_id, workflows.name, jobs.workflow_version, jobs.variables, jobs.options,
            CASE WHEN row_number() OVER (
                PARTITION BY jobs.workflow_id, jobs.workflow_version ORDER BY taken.priority DESC, taken.seq
            ) = 1 THEN workflow_versions.document END,
            tenants.path_rules, tenants.command_rules, tenants.url_rules, tenants.node_overrides, tenants.scripts
        FROM taken
        JOIN tenants ON tenants.tenant_id = taken.tenant_id
        CROSS JOIN LATERAL (
            SELECT * FROM jobs WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = taken.job_id LIMIT 1
        ) AS jobs
        JOIN workflows ON workflows.tenant_id = jobs.tenant_id AND workflows.workflow_id = jobs.workflow_id
        JOIN workflow_versions
            ON workflow_versions.tenant_id = jobs.tenant_id
            AND workflow_versions.workflow_id = jobs.workflow_id
            AND workflow_versions.version = jobs.workflow_version
        ORDER BY taken.priority DESC, taken.seq)
        """)
}
