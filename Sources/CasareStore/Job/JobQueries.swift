import CasarePostgres

enum JobQueries {
    static let get = Query(
        """
        SELECT job_details.*, job_results.result::text AS result
        FROM job_details LEFT JOIN job_results USING (tenant_id, job_id)
        WHERE tenant_id = casare_tenant() AND job_id = @job
        """)

    static let status = Query(
        "SELECT status FROM job_details WHERE tenant_id = casare_tenant() AND job_id = @job")

    /// Each count stops at `count_max` + 1, and that of the ready at twice as many.
    static let counts = Query(
        """
        SELECT
            (
                SELECT count(*) FROM (
                    SELECT FROM queues CROSS JOIN LATERAL (
                        SELECT FROM ready
                        WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = queues.queue_id
                        LIMIT @count_max + 1
                    ) AS waiting
                    WHERE queues.tenant_id = casare_tenant()
                    LIMIT @count_max + 1
                ) AS counted
            ) + (
                SELECT count(*) FROM (
                    SELECT FROM lanes CROSS JOIN LATERAL (
                        SELECT FROM ready
                        WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = lanes.lane_id
                            AND ready.priority = lanes.priority
                        LIMIT @count_max + 1
                    ) AS waiting
                    WHERE lanes.tenant_id = casare_tenant() AND lanes.lane_id < 0
                    LIMIT @count_max + 1
                ) AS counted
            ) AS ready,
            (
                SELECT count(*) FROM (
                    SELECT FROM scheduled WHERE tenant_id = casare_tenant() LIMIT @count_max + 1
                ) AS counted
            ) AS scheduled,
            (
                SELECT count(*) FROM (
                    SELECT FROM leases WHERE tenant_id = casare_tenant() LIMIT @count_max + 1
                ) AS counted
            ) AS running,
            (
                SELECT count(*) FROM (
                    SELECT FROM blocked WHERE tenant_id = casare_tenant() LIMIT @count_max + 1
                ) AS counted
            ) AS blocked,
            (
                SELECT count(*) FROM (
                    SELECT FROM paused WHERE tenant_id = casare_tenant() LIMIT @count_max + 1
                ) AS counted
            ) AS paused,
            (
                SELECT count(*) FROM (
                    SELECT FROM dead_letters
                    WHERE tenant_id = casare_tenant() AND acknowledged_at IS NULL AND replayed_as IS NULL
                        AND resolved_at IS NULL AND purged_at IS NULL
                    LIMIT @count_max + 1
                ) AS counted
            ) AS dead_letters_open
        """)

    /// The job leaves its place in the queue for one at the end of its new priority. No row: it does not wait.
    static let changePriority = Query(
        assembled: """
            WITH taken AS (
                DELETE FROM ready WHERE tenant_id = casare_tenant() AND job_id = @job RETURNING attempt, crashes
            ), moved AS (
                UPDATE scheduled SET priority = @priority WHERE tenant_id = casare_tenant() AND job_id = @job
                RETURNING job_id
            ), changed AS (
                UPDATE jobs SET priority = @priority
                WHERE tenant_id = casare_tenant() AND job_id = @job
                    AND (EXISTS (SELECT FROM taken) OR EXISTS (SELECT FROM moved))
                RETURNING job_id, queue_id, queue_key, requirement_id
            ), back AS (
                INSERT INTO ready (job_id, queue_id, priority, attempt, crashes)
                SELECT
                    changed.job_id,
                    \(LeaseFragments.place(of: "changed", priority: "@priority::int2")),
                    @priority::int2, taken.attempt, taken.crashes
                FROM taken CROSS JOIN changed
            )
            SELECT job_id FROM changed
            """)

    static let notePriority = Query(
        """
        INSERT INTO events (job_id, at, kind, detail)
        SELECT
            @job::uuid, coalesce(@now::timestamptz, now()), 'prioritized',
            json_strip_nulls(
                json_build_object(
                    'by', @by::text, 'reason', @reason::text, 'from', @from::int4, 'to', @priority::int4,
                    'operation', @operation::uuid))
        """)

    /// Takes the job from wherever it waits or runs, and ends it. `session_id` is of the robot that ran it. No row: it
    /// is in none of these places.
    static let cancel = Query(
        assembled: """
            WITH from_ready AS (
                DELETE FROM ready WHERE tenant_id = casare_tenant() AND job_id = @job
                RETURNING job_id, attempt, NULL::timestamptz AS since, NULL::text AS robot_id, 'pending' AS status,
                    NULL::bigint AS gate, NULL::bigint AS session_id
            ), from_scheduled AS (
                DELETE FROM scheduled WHERE tenant_id = casare_tenant() AND job_id = @job
                RETURNING job_id, attempt, NULL::timestamptz AS since, NULL::text AS robot_id, 'pending' AS status,
                    NULL::bigint AS gate, NULL::bigint AS session_id
            ), from_blocked AS (
                DELETE FROM blocked WHERE tenant_id = casare_tenant() AND job_id = @job
                RETURNING job_id, attempt, NULL::timestamptz AS since, robot_id, 'blocked' AS status,
                    NULL::bigint AS gate, NULL::bigint AS session_id
            ), from_paused AS (
                DELETE FROM paused WHERE tenant_id = casare_tenant() AND job_id = @job
                RETURNING job_id, attempt, NULL::timestamptz AS since, NULL::text AS robot_id, 'paused' AS status,
                    NULL::bigint AS gate, NULL::bigint AS session_id
            ), from_leases AS (
                DELETE FROM leases WHERE tenant_id = casare_tenant() AND job_id = @job
                RETURNING
                    job_id, attempt, since,
                    (SELECT robot_id FROM robot_sessions AS session
                    WHERE session.tenant_id = leases.tenant_id AND session.session_id = leases.session_id) AS robot_id,
                    'running' AS status, gate, session_id
            ), gone AS (
                SELECT * FROM from_ready UNION ALL SELECT * FROM from_scheduled
                UNION ALL SELECT * FROM from_blocked UNION ALL SELECT * FROM from_paused
                UNION ALL SELECT * FROM from_leases
            ), ended AS (
                INSERT INTO outcomes (
                    job_id, kind, attempt, started_at, finished_at, robot_id, message, cancelled_by
                )
                SELECT job_id, 'cancelled', attempt, since, coalesce(@now::timestamptz, now()), robot_id, @reason, @by
                FROM gone
            ), noted AS (
                INSERT INTO events (job_id, at, kind, detail)
                SELECT
                    job_id, coalesce(@now::timestamptz, now()), 'cancelled',
                    \(OperationFragments.detail)
                FROM gone
            ), \(LeaseFragments.woken)
            SELECT status, session_id FROM gone
            """)
}
