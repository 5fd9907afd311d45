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

    // The pages below begin under `before` (exclusive) and end at `from` (inclusive), newest job first. Each finds its
    // jobs in the one table that holds them, so that none of them reads the others. The details are looked up job by job:
    // joined as a whole, the view would be computed for all jobs that there are.

    static let page = Query(
        """
        SELECT job_details.*
        FROM (
            SELECT tenant_id, job_id FROM jobs
            WHERE tenant_id = casare_tenant() AND job_id >= @from AND job_id < @before
            ORDER BY job_id DESC LIMIT @limit
        ) AS page
        CROSS JOIN LATERAL (
            SELECT * FROM job_details AS detail
            WHERE detail.tenant_id = page.tenant_id AND detail.job_id = page.job_id
            LIMIT 1
        ) AS job_details
        ORDER BY job_id DESC
        """)

    static let pageOfWorkflow = Query(
        """
        SELECT job_details.*
        FROM (
            SELECT tenant_id, job_id FROM jobs
            WHERE tenant_id = casare_tenant() AND workflow_id = @workflow AND job_id >= @from AND job_id < @before
            ORDER BY job_id DESC LIMIT @limit
        ) AS page
        CROSS JOIN LATERAL (
            SELECT * FROM job_details AS detail
            WHERE detail.tenant_id = page.tenant_id AND detail.job_id = page.job_id
            LIMIT 1
        ) AS job_details
        ORDER BY job_id DESC
        """)

    static let pageOfPending = Query(
        """
        SELECT job_details.*
        FROM (
            (
                SELECT tenant_id, job_id FROM ready JOIN jobs USING (tenant_id, job_id)
                WHERE tenant_id = casare_tenant() AND job_id >= @from AND job_id < @before
                    AND (@workflow::uuid IS NULL OR workflow_id = @workflow)
                ORDER BY job_id DESC LIMIT @limit
            ) UNION ALL (
                SELECT tenant_id, job_id FROM scheduled JOIN jobs USING (tenant_id, job_id)
                WHERE tenant_id = casare_tenant() AND job_id >= @from AND job_id < @before
                    AND (@workflow::uuid IS NULL OR workflow_id = @workflow)
                ORDER BY job_id DESC LIMIT @limit
            )
            ORDER BY job_id DESC LIMIT @limit
        ) AS page
        CROSS JOIN LATERAL (
            SELECT * FROM job_details AS detail
            WHERE detail.tenant_id = page.tenant_id AND detail.job_id = page.job_id
            LIMIT 1
        ) AS job_details
        ORDER BY job_id DESC
        """)

    static let pageOfRunning = Query(
        """
        SELECT job_details.*
        FROM (
            SELECT tenant_id, job_id FROM leases JOIN jobs USING (tenant_id, job_id)
            WHERE tenant_id = casare_tenant() AND job_id >= @from AND job_id < @before
                AND (@workflow::uuid IS NULL OR workflow_id = @workflow)
            ORDER BY job_id DESC LIMIT @limit
        ) AS page
        CROSS JOIN LATERAL (
            SELECT * FROM job_details AS detail
            WHERE detail.tenant_id = page.tenant_id AND detail.job_id = page.job_id
            LIMIT 1
        ) AS job_details
        ORDER BY job_id DESC
        """)

    static let pageOfBlocked = Query(
        """
        SELECT job_details.*
        FROM (
            SELECT tenant_id, job_id FROM blocked JOIN jobs USING (tenant_id, job_id)
            WHERE tenant_id = casare_tenant() AND job_id >= @from AND job_id < @before
                AND (@workflow::uuid IS NULL OR workflow_id = @workflow)
            ORDER BY job_id DESC LIMIT @limit
        ) AS page
        CROSS JOIN LATERAL (
            SELECT * FROM job_details AS detail
            WHERE detail.tenant_id = page.tenant_id AND detail.job_id = page.job_id
            LIMIT 1
        ) AS job_details
        ORDER BY job_id DESC
        """)

    static let pageOfPaused = Query(
        """
        SELECT job_details.*
        FROM (
            SELECT tenant_id, job_id FROM paused JOIN jobs USING (tenant_id, job_id)
            WHERE tenant_id = casare_tenant() AND job_id >= @from AND job_id < @before
                AND (@workflow::uuid IS NULL OR workflow_id = @workflow)
            ORDER BY job_id DESC LIMIT @limit
        ) AS page
        CROSS JOIN LATERAL (
            SELECT * FROM job_details AS detail
            WHERE detail.tenant_id = page.tenant_id AND detail.job_id = page.job_id
            LIMIT 1
        ) AS job_details
        ORDER BY job_id DESC
        """)

    static let pageOfCompleted = Query(
        """
        SELECT job_details.*
        FROM (
            SELECT tenant_id, job_id FROM outcomes
            WHERE tenant_id = casare_tenant() AND kind = 'completed' AND job_id >= @from AND job_id < @before
            ORDER BY job_id DESC LIMIT @limit
        ) AS page
        CROSS JOIN LATERAL (
            SELECT * FROM job_details AS detail
            WHERE detail.tenant_id = page.tenant_id AND detail.job_id = page.job_id
            LIMIT 1
        ) AS job_details
        ORDER BY job_id DESC
        """)

    /// Most jobs of a workflow are completed, and most that are completed belong to others: so its jobs come first.
    static let pageOfCompletedOfWorkflow = Query(
        """
        SELECT job_details.*
        FROM (
            SELECT asked.tenant_id, asked.job_id
            FROM (
                SELECT tenant_id, job_id FROM jobs
                WHERE tenant_id = casare_tenant() AND workflow_id = @workflow
                    AND job_id >= @from AND job_id < @before
                ORDER BY job_id DESC OFFSET 0
            ) AS asked
            CROSS JOIN LATERAL (
                SELECT FROM outcomes AS outcome
                WHERE outcome.tenant_id = asked.tenant_id AND outcome.job_id = asked.job_id
                    AND outcome.kind = 'completed'
                LIMIT 1
            ) AS completed
            ORDER BY asked.job_id DESC LIMIT @limit
        ) AS page
        CROSS JOIN LATERAL (
            SELECT * FROM job_details AS detail
            WHERE detail.tenant_id = page.tenant_id AND detail.job_id = page.job_id
            LIMIT 1
        ) AS job_details
        ORDER BY job_id DESC
        """)

    /// `kind` is `failed` or `cancelled`; saying that it is not `completed` lets the plan use the index of the others.
    static let pageOfUnsuccessful = Query(
        """
        SELECT job_details.*
        FROM (
            SELECT tenant_id, job_id FROM outcomes JOIN jobs USING (tenant_id, job_id)
            WHERE tenant_id = casare_tenant() AND kind = @kind AND kind <> 'completed'
                AND job_id >= @from AND job_id < @before
                AND (@workflow::uuid IS NULL OR workflow_id = @workflow)
            ORDER BY job_id DESC LIMIT @limit
        ) AS page
        CROSS JOIN LATERAL (
            SELECT * FROM job_details AS detail
            WHERE detail.tenant_id = page.tenant_id AND detail.job_id = page.job_id
            LIMIT 1
        ) AS job_details
        ORDER BY job_id DESC
        """)

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
                    SELECT FROM dead_letters WHERE tenant_id = casare_tenant() AND replayed_as IS NULL
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

    /// Takes the job from wherever it waits or runs, and ends it. `session_id` is of the robot that ran it. No row: it is
    /// in none of these places.
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
                    json_build_object('by', @by::text, 'reason', @reason::text)
                FROM gone
            ), \(LeaseFragments.woken)
            SELECT status, session_id FROM gone
            """)
}
