/// What statements about leases have in common. Constant text: values go into statements as parameters.
enum LeaseFragments {
    // MARK: - Leasing

    /// A condition that holds for tenants which nothing holds back: one look into a table that has no rows of others.
    /// Robots of those that are held back lease in a transaction that has counted what runs.
    static let isUnbounded = """
        NOT EXISTS (
            SELECT FROM tenant_limits
            WHERE tenant_limits.tenant_id = casare_tenant()
                AND (tenant_limits.is_suspended OR tenant_limits.concurrency IS NOT NULL))
        """

    /// Members of a `WITH` list that take the next jobs of a plain queue for `@session` into `leases`, scan by scan, as
    /// `taken`.
    ///
    /// - Parameter condition: which tenants get something.
    static func taking(where condition: String = LeaseFragments.isUnbounded) -> String {
        """
        session AS (
            SELECT session_id, queue_id FROM robot_sessions
            WHERE tenant_id = casare_tenant() AND session_id = @session AND ended_at IS NULL AND cordoned_at IS NULL
                AND NOT EXISTS (SELECT FROM queue_rules WHERE queue_rules.queue_id = robot_sessions.queue_id)
                AND \(condition)
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
            RETURNING tenant_id, job_id, seq, priority, attempt + 1 AS attempt, crashes, since AS ready_since,
                nextval('lease_tokens') AS token
        ), leased AS (
            INSERT INTO leases (tenant_id, job_id, token, session_id, since, attempt, crashes)
            SELECT tenant_id, job_id, token, @session, coalesce(@now::timestamptz, now()), attempt, crashes FROM taken
        ), noted_leased AS (
            INSERT INTO events (tenant_id, job_id, at, kind)
            SELECT tenant_id, job_id, coalesce(@now::timestamptz, now()), 'leased' FROM taken
        )
        """
    }

    /// What a robot gets of each job in `taken`. A document comes with the first job of its workflow version only. One
    /// that `is_late` is expired unless its journal says that it has been begun, which is not looked at here. No
    /// `due_seconds` has one that was not ready at once, or is not for the first time: `LeaseQueries.due` knows them.
    static let leasedColumns = """
        taken.job_id, taken.token, taken.seq, taken.priority, taken.attempt,
            taken.attempt = 1 AND coalesce(jobs.expires_at <= coalesce(@now::timestamptz, now()), false) AS is_late,
            jobs.workflow_id, workflows.name AS workflow_name, jobs.workflow_version, jobs.variables, jobs.options,
            CASE WHEN row_number() OVER (
                PARTITION BY jobs.workflow_id, jobs.workflow_version ORDER BY taken.priority DESC, taken.seq
            ) = 1 THEN workflow_versions.document END AS document,
            tenants.path_rules, tenants.command_rules, tenants.url_rules, tenants.node_overrides, tenants.scripts,
            jobs.seed_id, jobs.trace, jobs.tracestate, jobs.baggage,
            extract(epoch FROM coalesce(@now::timestamptz, now()) - taken.ready_since)::float8 AS waited_seconds,
            CASE WHEN taken.ready_since = jobs.created_at
                THEN extract(epoch FROM coalesce(@now::timestamptz, now()) - jobs.created_at)
            END::float8 AS due_seconds,
            CASE WHEN taken.attempt > 1 THEN (
                SELECT attempts.token FROM attempts
                WHERE attempts.tenant_id = casare_tenant() AND attempts.job_id = taken.job_id
                ORDER BY attempts.attempt DESC LIMIT 1
            ) END AS previous_token
        """

    /// When a job was due for the first time: when it was made, or the later time at which it was to begin. That one is
    /// not kept with the job; its first event has it.
    ///
    /// - Parameter job: what has the job's `job_id` and `created_at`.
    static func firstDue(of job: String, tenant: String) -> String {
        """
        coalesce((
            SELECT (events.detail ->> 'due_at')::timestamptz FROM events
            WHERE events.tenant_id = \(tenant) AND events.job_id = \(job).job_id AND events.kind = 'submitted'
            ORDER BY events.event_id LIMIT 1
        ), \(job).created_at)
        """
    }

    static let leasedRows = """
        FROM taken
        JOIN tenants ON tenants.tenant_id = taken.tenant_id
        CROSS JOIN LATERAL (
            SELECT * FROM jobs WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = taken.job_id LIMIT 1
        ) AS jobs
        CROSS JOIN LATERAL (
            SELECT name FROM workflows
            WHERE workflows.tenant_id = casare_tenant() AND workflows.workflow_id = jobs.workflow_id LIMIT 1
        ) AS workflows
        CROSS JOIN LATERAL (
            SELECT document FROM workflow_versions AS known
            WHERE known.tenant_id = casare_tenant() AND known.workflow_id = jobs.workflow_id
                AND known.version = jobs.workflow_version
            LIMIT 1
        ) AS workflow_versions
        ORDER BY taken.priority DESC, taken.seq
        """

    // MARK: - Ending

    /// Members of a `WITH` list that end the jobs whose leases are held as completed: those in `gone`.
    ///
    /// The leases are looked up one by one: the table's size changes too fast for the planner, which at times would
    /// rather compare every lease there is with everything asked for. A row that is changed between the look and the
    /// deletion, without its token, is left out: whoever takes a job for lost asks once more.
    static let completing = """
        gone AS (
            DELETE FROM leases
            WHERE ctid = ANY (ARRAY(
                SELECT held.ctid
                FROM unnest(@jobs::uuid[], @tokens::int8[]) AS asked (job_id, token)
                CROSS JOIN LATERAL (
                    SELECT leases.ctid FROM leases
                    WHERE leases.tenant_id = casare_tenant() AND leases.job_id = asked.job_id
                        AND leases.token = asked.token
                    LIMIT 1
                ) AS held
            ))
            RETURNING
                tenant_id, job_id, session_id, attempt, since, gate,
                (@results::text[])[array_position(@tokens::int8[], token)] AS result
        ), ended AS (
            INSERT INTO outcomes (tenant_id, job_id, kind, attempt, started_at, finished_at, robot_id)
            SELECT
                gone.tenant_id, gone.job_id, 'completed', gone.attempt, gone.since,
                coalesce(@now::timestamptz, now()), robot_sessions.robot_id
            FROM gone
            \(LeaseFragments.robotOfGone)
        ), kept AS (
            INSERT INTO job_results (tenant_id, job_id, result) SELECT tenant_id, job_id, result::json FROM gone
        ), noted_completed AS (
            INSERT INTO events (tenant_id, job_id, at, kind)
            SELECT tenant_id, job_id, coalesce(@now::timestamptz, now()), 'completed' FROM gone
        )
        """

    /// What `gone` must have of leases for `parking`, beside `tenant_id`, `job_id` and `attempt`.
    static let pauseColumns = "pause_asked_by, pause_reason"

    /// Members of a `WITH` list that park those jobs of `gone` that are to be paused; the others must go elsewhere.
    ///
    /// - Parameters:
    ///   - attempt: how often the job has been begun, as it stands in `ready`.
    ///   - crashes: in a row.
    ///   - dueAt: when the job would go on.
    ///   - isNotedBehind: the pause is noted after what `noted` says, which returns something.
    static func parking(
        attempt: String, crashes: String, dueAt: String = "NULL::timestamptz", isNotedBehind: Bool = false
    ) -> String {
        """
        parked AS (
            INSERT INTO paused (tenant_id, job_id, attempt, crashes, due_at, since, paused_by, reason)
            SELECT
                tenant_id, job_id, \(attempt), \(crashes), \(dueAt), coalesce(@now::timestamptz, now()),
                pause_asked_by, pause_reason
            FROM gone WHERE pause_asked_by IS NOT NULL
        ), noted_pause AS (
            INSERT INTO events (tenant_id, job_id, at, kind, detail)
            SELECT
                tenant_id, job_id, coalesce(@now::timestamptz, now()), 'paused',
                json_build_object('by', pause_asked_by, 'reason', pause_reason)
            FROM gone WHERE pause_asked_by IS NOT NULL\(isNotedBehind ? " AND EXISTS (SELECT FROM noted)" : "")
        )
        """
    }

    /// A member of a `WITH` list that keeps how attempts went which a failure or a lost robot has ended.
    ///
    /// - Parameters:
    ///   - rows: the leases that ended, with `since` and who had them.
    ///   - node: where it failed.
    static func tried(from rows: String, crashed: String, node: String = "@node") -> String {
        """
        tried AS (
            INSERT INTO attempts (
                tenant_id, job_id, attempt, robot_id, started_at, finished_at, crashed, failure_kind, failure_type,
                message, node, token
            )
            SELECT
                tenant_id, job_id, attempt, robot_id, since, coalesce(@now::timestamptz, now()), \(crashed),
                @kind, @type, @message, \(node), token
            FROM \(rows)
        )
        """
    }

    /// Joined to leases in `gone`, it knows who had them.
    static let robotOfGone = """
        LEFT JOIN LATERAL (
            SELECT robot_id FROM robot_sessions AS session
            WHERE session.tenant_id = gone.tenant_id AND session.session_id = gone.session_id LIMIT 1
        ) AS robot_sessions ON true
        """

    /// Members of a `WITH` list by which lanes that wait for a lease in `gone` to end look again at once. One that
    /// somebody works on just then is left alone: nobody waits for another here, and a lane that is parked for this
    /// looks again by itself very soon. Leases of plain queues have no gate, and then nothing of it runs.
    ///
    /// What the gates are made of stands in columns: under row-level security PostgreSQL looks nothing up in an index
    /// by an expression whose functions are not known to keep what they see to themselves.
    static let woken = """
        \(LeaseFragments.gates), woken AS (
            UPDATE lanes SET parked_until = NULL, parked_for = NULL, version = lanes.version + 1
            FROM (
                SELECT waiting.lane_id, waiting.priority
                FROM gates CROSS JOIN LATERAL (
                    SELECT lane_id, priority FROM lanes
                    WHERE lanes.tenant_id = casare_tenant() AND lanes.queue_id = gates.queue_id
                        AND lanes.key_id = gates.key_id AND lanes.key_id > 0 AND lanes.parked_for = 'concurrency'
                    FOR NO KEY UPDATE SKIP LOCKED
                ) AS waiting
            ) AS waiting
            WHERE lanes.lane_id = waiting.lane_id AND lanes.priority = waiting.priority
        )
        """

    private static let gates = """
        gates AS MATERIALIZED (
            SELECT DISTINCT (gate >> 32)::int4 AS queue_id, (gate & 4294967295)::int4 AS key_id
            FROM gone WHERE gate IS NOT NULL
        )
        """

    /// Behind `woken`: whether one of the leases in `gone` kept others waiting, as its queue or its key has a limit of
    /// how many run at once.
    static let makesRoom = """
        coalesce((
            SELECT bool_or(
                coalesce((
                    SELECT concurrency IS NOT NULL OR key_concurrency IS NOT NULL FROM queue_rules
                    WHERE queue_rules.queue_id = gates.queue_id
                ), false)
                OR coalesce((
                    SELECT concurrency IS NOT NULL FROM queue_keys WHERE queue_keys.key_id = gates.key_id
                ), false)
            )
            FROM gates
        ), false)
        """

    /// The same of a lease that is still there.
    static let wouldMakeRoom = """
        WITH gone AS MATERIALIZED (
            SELECT gate FROM leases WHERE tenant_id = casare_tenant() AND job_id = @job AND token = @token
        ), \(LeaseFragments.gates)
        SELECT \(LeaseFragments.makesRoom) AS makes_room
        """

    /// Members of a `WITH` list that end jobs which nobody has begun in time as failed, with a dead letter.
    ///
    /// - Parameter rows: a member before, of `tenant_id`, `job_id` and `at`.
    static func expiring(_ rows: String) -> String {
        """
        ended AS (
            INSERT INTO outcomes (
                tenant_id, job_id, kind, attempt, finished_at, failure_kind, failure_type, message
            )
            SELECT tenant_id, job_id, 'failed', 0, at, 'expired', @type, @message FROM \(rows)
        ), letter AS (
            INSERT INTO dead_letters (
                tenant_id, job_id, workflow_id, workflow_version, queue_id, priority, variables, options, failure_kind,
                failure_type, message, fingerprint, opened_at, queue_key, requirement_id, unique_key, unique_scope,
                unique_seconds, tags, trace
            )
            SELECT
                jobs.tenant_id, jobs.job_id, workflow_id, workflow_version, queue_id, priority, variables, options,
                'expired', @type, @message, @fingerprint, \(rows).at, queue_key, requirement_id, unique_key,
                unique_scope, unique_seconds, \(Self.tags(of: "jobs")), jobs.trace
            FROM \(rows) CROSS JOIN LATERAL (
                SELECT * FROM jobs WHERE jobs.tenant_id = \(rows).tenant_id AND jobs.job_id = \(rows).job_id LIMIT 1
            ) AS jobs
        ), noted AS (
            INSERT INTO events (tenant_id, job_id, at, kind, detail)
            SELECT tenant_id, job_id, at, event.kind, json_build_object('kind', 'expired', 'message', @message::text)
            FROM \(rows) CROSS JOIN (VALUES ('failed'), ('dead_lettered')) AS event (kind)
        )
        """
    }

    /// What a job asks its robot to have.
    ///
    /// - Parameter row: what has the job's `requirement_id`.
    static func tags(of row: String) -> String {
        """
        coalesce(
            (SELECT tags FROM requirements WHERE requirements.requirement_id = \(row).requirement_id), '{}'::text[])
        """
    }

    /// The number under which a job goes to `ready`: a lane's when there is a key, a requirement or a rule.
    ///
    /// - Parameter row: what has the job's `queue_id`, `queue_key`, `requirement_id` and, unless given, `priority`.
    static func place(of row: String, priority: String? = nil) -> String {
        """
        CASE
            WHEN \(row).queue_key IS NULL AND \(row).requirement_id IS NULL
                AND NOT EXISTS (SELECT FROM queue_rules WHERE queue_rules.queue_id = \(row).queue_id)
                THEN \(row).queue_id
            ELSE casare_lane(
                \(row).queue_id, \(row).queue_key, \(row).requirement_id, \(priority ?? "\(row).priority"),
                @now::timestamptz)
        END
        """
    }
}
