/// What people said of queues and their keys.
extension ExplainFragments {
    /// A member of a `WITH` list: the rules of the queue in `queue`, with how many of it run, where that is limited.
    static let rules = """
        rules AS MATERIALIZED (
            SELECT
                queue_rules.*, queue.queue,
                paused_at IS NOT NULL AND (paused_until IS NULL OR paused_until > (SELECT now FROM at)) AS is_paused,
                CASE WHEN concurrency IS NOT NULL THEN (
                    SELECT count(*) FROM leases
                    WHERE leases.tenant_id = casare_tenant() AND gate IS NOT NULL
                        AND gate >= casare_gate(queue_rules.queue_id, 0)
                        AND gate < casare_gate(queue_rules.queue_id + 1, 0)
                ) END AS running
            FROM queue JOIN queue_rules
                ON queue_rules.tenant_id = casare_tenant() AND queue_rules.queue_id = queue.queue_id
        )
        """

    /// A member of a `WITH` list: lanes that have jobs, of the queue in `queue`, with how many: up to 101.
    static let lanes = """
        lane AS MATERIALIZED (
            SELECT lanes.key_id, lanes.requirement_id, waiting.jobs
            FROM (
                SELECT lanes.* FROM queue JOIN lanes
                    ON lanes.tenant_id = casare_tenant() AND lanes.queue_id = queue.queue_id
                LIMIT 10000
            ) AS lanes
            CROSS JOIN LATERAL (
                SELECT count(*) AS jobs FROM (
                    SELECT FROM ready
                    WHERE ready.tenant_id = casare_tenant() AND ready.queue_id = lanes.lane_id
                        AND ready.priority = lanes.priority
                    LIMIT 101
                ) AS job
            ) AS waiting
            WHERE waiting.jobs > 0
        )
        """

    /// A member of a `WITH` list: what is said of keys, by themselves or by their queue. Needs `rules`.
    ///
    /// - Parameter keys: rows of `key_id` and of `waiting`: how many of its jobs wait, or null.
    static func keys(_ keys: String) -> String {
        """
        key AS MATERIALIZED (
            SELECT
                known.key_id, known.key, known.paused_at, known.paused_by, known.pause_reason, known.paused_until,
                known.rate_busy_until, rules.queue_id, rules.queue, asked.waiting, said.*,
                known.paused_at IS NOT NULL
                    AND (known.paused_until IS NULL OR known.paused_until > (SELECT now FROM at)) AS is_paused,
                known.rate_every_seconds IS NOT NULL AS has_own_rate,
                casare_rate_room(
                    known.rate_busy_until, said.rate_every_seconds, said.rate_burst, (SELECT now FROM at)) AS rate_room,
                CASE WHEN said.concurrency IS NOT NULL THEN (
                    SELECT count(*) FROM leases
                    WHERE leases.tenant_id = casare_tenant() AND gate IS NOT NULL
                        AND gate = casare_gate(rules.queue_id, known.key_id)
                ) END AS running
            FROM rules CROSS JOIN (\(keys)) AS asked
            JOIN queue_keys AS known ON known.key_id = asked.key_id
            CROSS JOIN LATERAL (
                SELECT
                    coalesce(known.concurrency, rules.key_concurrency) AS concurrency,
                    coalesce(known.rate_every_seconds, rules.key_rate_every_seconds) AS rate_every_seconds,
                    CASE WHEN known.rate_every_seconds IS NULL THEN rules.key_rate_burst ELSE known.rate_burst END
                        AS rate_burst
            ) AS said
        )
        """
    }

    /// Who pauses and limits the queue in `rules`.
    static let ruleReasons = """
        SELECT 5, 'queue_paused', \(Self.pause("rules", key: nil)), \(Self.command("queue resume", "rules.queue"))
        FROM rules WHERE rules.is_paused
        UNION ALL
        SELECT 9, 'queue_limit',
            json_build_object(
                'queue', rules.queue, 'limit', rules.concurrency, 'running', rules.running,
                'oldest', \(Self.holders("casare_gate(rules.queue_id, 0)", "casare_gate(rules.queue_id + 1, 0)"))),
            \(Self.command("queue limit", "rules.queue", ("concurrency", Self.more("rules"))))
        FROM rules WHERE rules.running >= rules.concurrency
        UNION ALL
        SELECT 11, 'queue_rate', \(Self.rate("rules", key: nil)),
            \(Self.command("queue limit", "rules.queue", ("rate", "'none'")))
        FROM rules
        WHERE casare_rate_room(rate_busy_until, rate_every_seconds, rate_burst, (SELECT now FROM at)) = 0
        """

    /// The same of the keys in `key`.
    static let keyReasons = """
        SELECT 6 + key.number * 0.001, 'key_paused', \(Self.pause("key", key: "key.key")),
            \(Self.command("queue resume", "key.queue", ("key", "key.key")))
        FROM \(Self.numbered("is_paused"))
        UNION ALL
        SELECT 10 + key.number * 0.001, 'key_limit',
            json_build_object(
                'queue', key.queue, 'key', key.key, 'limit', key.concurrency, 'running', key.running,
                'waiting', key.waiting, 'more', key.more,
                'oldest', \(Self.holders(
                    "casare_gate(key.queue_id, key.key_id)", "casare_gate(key.queue_id, key.key_id) + 1"))),
            \(Self.command("queue limit", "key.queue", ("key", "key.key"), ("concurrency", Self.more("key"))))
        FROM \(Self.numbered("running >= concurrency"))
        UNION ALL
        SELECT 12 + key.number * 0.001, 'key_rate', \(Self.rate("key", key: "key.key")),
            CASE
                WHEN key.has_own_rate THEN
                    \(Self.command("queue limit", "key.queue", ("key", "key.key"), ("rate", "'none'")))
                -- Its queue's stays as it is for the others: this key gets one of its own, twice as fast.
                WHEN key.rate_every_seconds >= 0.00001 AND key.rate_burst <= 500000
                    AND key.rate_burst * key.rate_every_seconds BETWEEN 0.01 AND 31536000 THEN
                    \(Self.command(
                        "queue limit", "key.queue", ("key", "key.key"),
                        (
                            "rate",
                            "2 * key.rate_burst || '/' || "
                                + "trim_scale((key.rate_burst * key.rate_every_seconds)::numeric) || 's'"
                        )))
                ELSE \(Self.command("queue limit", "key.queue", ("key-rate", "'none'")))
            END
        FROM \(Self.numbered("rate_room = 0"))
        """

    private static func numbered(_ condition: String) -> String {
        """
        (
            SELECT known.*, CASE WHEN number = \(Self.rowsMax) THEN nullif(keys - number, 0) END AS more
            FROM (
                SELECT
                    key.*, row_number() OVER (ORDER BY key.waiting DESC NULLS LAST, key.key) AS number,
                    count(*) OVER () AS keys
                FROM key WHERE \(condition)
            ) AS known
            WHERE number <= \(Self.rowsMax)
        ) AS key
        """
    }

    private static func pause(_ row: String, key: String?) -> String {
        """
        json_build_object(
                'queue', \(row).queue,\(Self.members(key))
                'by', \(row).paused_by, 'reason', \(row).pause_reason, 'since', \(Self.moment("\(row).paused_at")),
                'until', \(Self.moment("\(row).paused_until")))
        """
    }

    private static func rate(_ row: String, key: String?) -> String {
        let next = "\(row).rate_busy_until - (\(row).rate_burst - 1) * \(row).rate_every_seconds * interval '1 second'"
        return """
            json_build_object(
                    'queue', \(row).queue,\(Self.members(key))
                    'every_seconds', \(row).rate_every_seconds, 'burst', \(row).rate_burst,
                    'next_at', \(Self.moment(next)))
            """
    }

    private static func members(_ key: String?) -> String {
        key.map { " 'key', \($0), 'waiting', key.waiting, 'more', key.more," } ?? ""
    }

    /// The lowest limit that lets one more begin now; beyond the highest that there is, none.
    private static func more(_ row: String) -> String {
        """
        CASE
            WHEN greatest(\(row).concurrency, \(row).running) < 1000000
                THEN (greatest(\(row).concurrency, \(row).running) + 1)::text
            ELSE 'none'
        END
        """
    }

    /// Whose jobs have been counting against a limit for longest, and by when each must have ended.
    private static func holders(_ from: String, _ below: String) -> String {
        """
        (
            SELECT json_agg(
                json_build_object(
                    'job_id', held.job_id, 'robot_id', held.robot_id, 'since', \(Self.moment("held.since")),
                    'until', \(Self.moment("held.until")))
                ORDER BY held.since, held.job_id)
            FROM (
                SELECT leases.job_id, session.robot_id, leases.since, \(Self.timeLimit) AS until
                FROM leases
                LEFT JOIN robot_sessions AS session
                    ON session.tenant_id = casare_tenant() AND session.session_id = leases.session_id
                LEFT JOIN LATERAL (
                    SELECT options FROM jobs
                    WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = leases.job_id LIMIT 1
                ) AS job ON true
                WHERE leases.tenant_id = casare_tenant() AND gate IS NOT NULL AND gate >= \(from) AND gate < \(below)
                ORDER BY leases.since, leases.job_id LIMIT 5
            ) AS held
        )
        """
    }

    /// When the `job` whose lease is in `leases` must have ended by its own limit; null for one beyond all years.
    static let timeLimit = """
        CASE WHEN coalesce((job.options ->> 'timeout_seconds')::float8, 3600) <= 1e9
            THEN leases.since + coalesce((job.options ->> 'timeout_seconds')::float8, 3600) * interval '1 second' END
        """
}
