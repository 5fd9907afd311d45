import CasarePostgres

enum DeadLetterGroupQueries {
    /// Plans for counting many rows, in this transaction only: these statements group and compare what they have read,
    /// for which there is no index. A sort of a million rows takes longer than all the rest.
    static let planning = Query(
        """
        SELECT
            set_config('enable_hashjoin', 'on', true), set_config('enable_sort', 'off', true),
            set_config('work_mem', '64MB', true)
        """)

    /// The largest groups of the letters of a filter, newest letters first, of which so many are looked at at most:
    /// each group as a whole (without a factor), and by each factor.
    ///
    /// - Parameter isWhole: the filter names nothing but the place and the time.
    static func groups(at place: DeadLetterFragments.Place, isWhole: Bool) -> Query {
        self.known[Form(place: place, isWhole: isWhole)] ?? self.query(place, isWhole)
    }

    private struct Form: Hashable {
        let place: DeadLetterFragments.Place
        let isWhole: Bool
    }

    /// Made once: a query that is made anew is prepared anew.
    private static let known = Dictionary(
        uniqueKeysWithValues: DeadLetterFragments.Place.allCases.flatMap { place in
            [true, false].map { (Form(place: place, isWhole: $0), Self.query(place, $0)) }
        })

    private static func query(_ place: DeadLetterFragments.Place, _ isWhole: Bool) -> Query {
        Query(
            assembled: """
                WITH clusters AS MATERIALIZED (
                    SELECT
                        fingerprint, workflow_id, workflow_version, robot_id, queue_id,
                        date_trunc('hour', opened_at, 'UTC') AS hour, count(*)::int4 AS failures,
                        (count(*) FILTER (WHERE \(DeadLetterFragments.isOpen)))::int4 AS open_failures,
                        min(opened_at) AS first_opened_at, max(opened_at) AS last_opened_at
                    FROM (
                        SELECT * FROM dead_letters WHERE \(DeadLetterFragments.scanned(at: place))
                        ORDER BY opened_at DESC, job_id DESC LIMIT @scan_max
                    ) AS dead_letters
                    WHERE \(isWhole ? "true" : DeadLetterFragments.matches)
                    GROUP BY fingerprint, workflow_id, workflow_version, robot_id, queue_id, hour
                ), largest AS MATERIALIZED (
                    SELECT fingerprint, workflow_id, sum(failures) AS total
                    FROM clusters
                    GROUP BY fingerprint, workflow_id
                    ORDER BY total DESC, max(last_opened_at) DESC, fingerprint, workflow_id LIMIT @limit
                )
                SELECT
                    fingerprint, workflow_id,
                    CASE GROUPING(workflow_version, robot_id, queue_id, hour)
                        WHEN 7 THEN 'version' WHEN 11 THEN 'robot' WHEN 13 THEN 'environment' WHEN 14 THEN 'hour'
                    END AS factor,
                    CASE GROUPING(workflow_version, robot_id, queue_id, hour)
                        WHEN 7 THEN workflow_version::text
                        WHEN 11 THEN robot_id
                        WHEN 13 THEN (SELECT name FROM queues WHERE queues.queue_id = clusters.queue_id)
                        WHEN 14 THEN to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                    END AS value,
                    sum(failures) AS failures, sum(open_failures) AS open_failures,
                    min(first_opened_at) AS first_opened_at, max(last_opened_at) AS last_opened_at
                FROM clusters
                -- Compared with a table of the few, made once, and not joined.
                WHERE ((fingerprint, workflow_id) IN (SELECT fingerprint, workflow_id FROM largest)) IS TRUE
                GROUP BY fingerprint, workflow_id,
                    GROUPING SETS ((), (workflow_version), (robot_id), (queue_id), (hour))
                """)
    }

    /// The newest letter of a group.
    static let sample = Query(
        """
        SELECT
            dead_letters.job_id, dead_letters.failure_kind, dead_letters.failure_type, dead_letters.message,
            dead_letters.node, (
                SELECT name FROM workflows
                WHERE workflows.tenant_id = casare_tenant() AND workflows.workflow_id = @workflow
            ) AS workflow_name
        FROM dead_letters
        WHERE tenant_id = casare_tenant() AND purged_at IS NULL AND fingerprint = @fingerprint
            AND opened_at = @at AND workflow_id = @workflow
        ORDER BY job_id DESC LIMIT 1
        """)

    /// Jobs of a workflow that completed from an hour before the first failure to the last one, as a whole (without a
    /// factor) and by each factor. They are looked for among the last so many jobs before the first failure, and the
    /// last so many of those that were submitted later.
    static let successes = Query(
        """
        WITH submitted AS (
            (
                SELECT job_id, workflow_version, queue_id FROM jobs
                WHERE jobs.tenant_id = casare_tenant() AND jobs.workflow_id = @workflow
                    AND jobs.job_id < casare_uuid_floor(@first)
                ORDER BY jobs.job_id DESC LIMIT @sample_max
            ) UNION ALL (
                SELECT job_id, workflow_version, queue_id FROM jobs
                WHERE jobs.tenant_id = casare_tenant() AND jobs.workflow_id = @workflow
                    AND jobs.job_id >= casare_uuid_floor(@first) AND jobs.job_id < casare_uuid_floor(@last)
                ORDER BY jobs.job_id DESC LIMIT @sample_max
            )
        ), completed AS MATERIALIZED (
            SELECT
                submitted.workflow_version, ended.robot_id, submitted.queue_id,
                date_trunc('hour', ended.finished_at, 'UTC') AS hour
            FROM submitted CROSS JOIN LATERAL (
                SELECT robot_id, finished_at FROM outcomes
                WHERE outcomes.tenant_id = casare_tenant() AND outcomes.job_id = submitted.job_id
                    AND outcomes.kind = 'completed' AND outcomes.finished_at <= @last
                    AND outcomes.finished_at >= @first::timestamptz - interval '1 hour'
                LIMIT 1
            ) AS ended
        )
        SELECT
            CASE GROUPING(workflow_version, robot_id, queue_id, hour)
                WHEN 7 THEN 'version' WHEN 11 THEN 'robot' WHEN 13 THEN 'environment' WHEN 14 THEN 'hour'
            END AS factor,
            CASE GROUPING(workflow_version, robot_id, queue_id, hour)
                WHEN 7 THEN workflow_version::text
                WHEN 11 THEN robot_id
                WHEN 13 THEN (SELECT name FROM queues WHERE queues.queue_id = completed.queue_id)
                WHEN 14 THEN to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
            END AS value,
            count(*) AS successes
        FROM completed
        GROUP BY GROUPING SETS ((), (workflow_version), (robot_id), (queue_id), (hour))
        """)
}
