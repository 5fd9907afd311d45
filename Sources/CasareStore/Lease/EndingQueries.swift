import CasarePostgres

/// How leases end. Each statement deletes leases by job and token and writes what follows in the same breath, so an
/// ending that comes too late finds no row and changes nothing.
///
/// Lanes that wait for a lease of their key to end look again at once (`woken`). One that somebody works on just then
/// is left alone: nobody waits for another here, and a lane that is parked for this looks again by itself very soon.
/// Leases of plain queues have no gate, and then nothing of that runs.
///
/// Jobs go back to the place where a submit would put them: a lane's, when there is a key, a requirement or a rule.
/// Those that somebody has asked to be paused meanwhile go to `paused` instead.
enum EndingQueries {
    /// For `LeaseFragments.tried`.
    private static let goneAndRobot = "gone \(LeaseFragments.robotOfGone)"

    static let complete = Query(
        assembled: """
            WITH \(LeaseFragments.completing), \(LeaseFragments.woken)
            SELECT job_id, \(LeaseFragments.makesRoom) AS makes_room FROM gone
            """)

    /// What decides between another attempt and a dead letter. The lease stays locked until the transaction ends.
    static let failing = Query(
        """
        SELECT
            jobs.options, leases.crashes,
            (SELECT retry::text FROM workflow_versions AS pinned
            WHERE pinned.tenant_id = casare_tenant() AND pinned.workflow_id = jobs.workflow_id
                AND pinned.version = jobs.workflow_version) AS workflow_retry,
            (SELECT count(*) FROM attempts
            WHERE attempts.tenant_id = leases.tenant_id AND attempts.job_id = leases.job_id AND NOT crashed)
                AS failures
        FROM leases JOIN jobs ON jobs.tenant_id = leases.tenant_id AND jobs.job_id = leases.job_id
        WHERE leases.tenant_id = casare_tenant() AND leases.job_id = @job AND leases.token = @token
        FOR UPDATE OF leases
        """)

    /// Whether something was recorded under the lease. It is asked once the lease is locked: a checkpoint that the lock
    /// waited for is not in what a statement sees that began before.
    static let hasJournaled = Query(
        """
        SELECT EXISTS (
            SELECT FROM journal
            WHERE tenant_id = casare_tenant() AND job_id = @job AND token = @token AND result IS NOT NULL
        ) AS has_journaled
        """)

    static let retry = Query(
        assembled: """
            WITH gone AS (
                DELETE FROM leases WHERE tenant_id = casare_tenant() AND job_id = @job AND token = @token
                RETURNING
                    tenant_id, job_id, token, session_id, attempt, since, gate, \(LeaseFragments.pauseColumns),
                    coalesce(@now::timestamptz, now()) + @delay_seconds::float8 * interval '1 second' AS due_at
            ), \(LeaseFragments.tried(from: EndingQueries.goneAndRobot, crashed: "false")), later AS (
                INSERT INTO scheduled (
                    tenant_id, job_id, queue_id, priority, attempt, due_at, queue_key, requirement_id
                )
                SELECT
                    gone.tenant_id, gone.job_id, jobs.queue_id, jobs.priority, gone.attempt, gone.due_at,
                    jobs.queue_key, jobs.requirement_id
                FROM gone JOIN jobs ON jobs.tenant_id = gone.tenant_id AND jobs.job_id = @job
                WHERE gone.pause_asked_by IS NULL
            ), noted AS (
                INSERT INTO events (tenant_id, job_id, at, kind, detail)
                SELECT
                    tenant_id, job_id, coalesce(@now::timestamptz, now()), 'retrying',
                    json_strip_nulls(
                        json_build_object(
                            'due_at', due_at, 'kind', @kind::text, 'message', @message::text,
                            'asked_seconds', @asked_seconds::float8))
                FROM gone
                RETURNING job_id
            ), \(LeaseFragments.parking(attempt: "attempt", crashes: "0::int2", dueAt: "due_at", isNotedBehind: true)),
            \(LeaseFragments.woken)
            SELECT due_at FROM gone
            """)

    /// Ends a job as failed and opens its dead letter.
    static let deadLetter = Query(
        assembled: """
            WITH gone AS (
                DELETE FROM leases WHERE tenant_id = casare_tenant() AND job_id = @job AND token = @token
                RETURNING
                    tenant_id, job_id, token, session_id, attempt, since, gate,
                    coalesce(@now::timestamptz, now()) AS ended_at
            ), ending AS MATERIALIZED (
                SELECT gone.*, robot_sessions.robot_id
                FROM gone
                \(LeaseFragments.robotOfGone)
            ), \(LeaseFragments.tried(from: "ending", crashed: "@crashed")), ended AS (
                INSERT INTO outcomes (
                    tenant_id, job_id, kind, attempt, started_at, finished_at, robot_id, failure_kind, failure_type,
                    message, node
                )
                SELECT
                    tenant_id, job_id, 'failed', attempt, since, ended_at, robot_id, @kind, @type, @message, @node
                FROM ending
            ), kept AS (
                INSERT INTO job_results (tenant_id, job_id, result)
                SELECT tenant_id, job_id, @result::text::json FROM ending WHERE @result::text IS NOT NULL
            ), letter AS (
                INSERT INTO dead_letters (
                    tenant_id, job_id, workflow_id, workflow_version, queue_id, priority, variables, options, failure_kind,
                    failure_type, message, node, fingerprint, opened_at, queue_key, requirement_id, unique_key, unique_scope,
                    unique_seconds, robot_id, attempt_count, tags, step, trace
                )
                SELECT
                    jobs.tenant_id, jobs.job_id, workflow_id, workflow_version, queue_id, priority, variables, options,
                    @kind, @type, @message, @node, @fingerprint, ending.ended_at, queue_key, requirement_id, unique_key,
                    unique_scope, unique_seconds, ending.robot_id, ending.attempt,
                    \(LeaseFragments.tags(of: "jobs")), (
                        SELECT step FROM journal
                        WHERE journal.tenant_id = casare_tenant() AND journal.job_id = @job
                            AND journal.result IS NOT NULL
                        ORDER BY step DESC LIMIT 1
                    ), jobs.trace
                FROM ending JOIN jobs ON jobs.tenant_id = ending.tenant_id AND jobs.job_id = @job
            ), noted AS (
                INSERT INTO events (tenant_id, job_id, at, kind, detail)
                SELECT
                    tenant_id, job_id, ended_at, event.kind,
                    json_build_object('kind', @kind::text, 'message', @message::text)
                FROM ending CROSS JOIN (VALUES ('failed'), ('dead_lettered')) AS event (kind)
            ), \(LeaseFragments.woken)
            SELECT job_id FROM ending
            """)

    static let block = Query(
        assembled: """
            WITH gone AS (
                DELETE FROM leases WHERE tenant_id = casare_tenant() AND job_id = @job AND token = @token
                RETURNING tenant_id, job_id, session_id, attempt, gate
            ), asked AS (
                INSERT INTO blocked (tenant_id, job_id, attempt, step, node, node_type, question, robot_id, since)
                SELECT
                    gone.tenant_id, gone.job_id, gone.attempt, @step, @node, @node_type, @question,
                    robot_sessions.robot_id, coalesce(@now::timestamptz, now())
                FROM gone
                \(LeaseFragments.robotOfGone)
            ), noted AS (
                INSERT INTO events (tenant_id, job_id, at, kind, detail)
                SELECT
                    tenant_id, job_id, coalesce(@now::timestamptz, now()), 'blocked',
                    json_build_object('step', @step::int4, 'node', @node::text, 'question', @question::text)
                FROM gone
            ), \(LeaseFragments.woken)
            SELECT job_id FROM gone
            """)

    /// Hands jobs back as if they had not been begun. They get a new place in the queue: leasers have passed the old.
    static let release = Query(
        assembled: """
            WITH gone AS (
                DELETE FROM leases WHERE tenant_id = casare_tenant() AND job_id = @job AND token = @token
                RETURNING tenant_id, job_id, attempt, crashes, gate, \(LeaseFragments.pauseColumns)
            ), back AS (
                INSERT INTO ready (tenant_id, job_id, queue_id, priority, attempt, crashes)
                SELECT
                    gone.tenant_id, gone.job_id,
                    \(LeaseFragments.place(of: "jobs")),
                    jobs.priority, gone.attempt - 1, gone.crashes
                FROM gone JOIN jobs ON jobs.tenant_id = gone.tenant_id AND jobs.job_id = @job
                WHERE gone.pause_asked_by IS NULL
            ), noted AS (
                INSERT INTO events (tenant_id, job_id, at, kind, detail)
                SELECT
                    tenant_id, job_id, coalesce(@now::timestamptz, now()), 'released',
                    json_build_object('reason', @reason::text)
                FROM gone WHERE pause_asked_by IS NULL
            ), \(LeaseFragments.parking(attempt: "attempt - 1", crashes: "crashes")), \(LeaseFragments.woken)
            SELECT job_id FROM gone
            """)

    /// The same for everything that a session holds.
    static let releaseSession = Query(
        assembled: """
            WITH gone AS (
                DELETE FROM leases WHERE tenant_id = casare_tenant() AND session_id = @session
                RETURNING tenant_id, job_id, attempt, crashes, gate, \(LeaseFragments.pauseColumns)
            ), back AS (
                INSERT INTO ready (tenant_id, job_id, queue_id, priority, attempt, crashes)
                SELECT
                    gone.tenant_id, gone.job_id,
                    \(LeaseFragments.place(of: "jobs")),
                    jobs.priority, gone.attempt - 1, gone.crashes
                FROM gone JOIN jobs ON jobs.tenant_id = gone.tenant_id AND jobs.job_id = gone.job_id
                WHERE gone.pause_asked_by IS NULL
                ORDER BY jobs.queue_id, jobs.queue_key, jobs.requirement_id, jobs.priority, gone.job_id
            ), noted AS (
                INSERT INTO events (tenant_id, job_id, at, kind, detail)
                SELECT
                    tenant_id, job_id, coalesce(@now::timestamptz, now()), 'released',
                    json_build_object('reason', @reason::text)
                FROM gone WHERE pause_asked_by IS NULL
            ), \(LeaseFragments.parking(attempt: "attempt - 1", crashes: "crashes")), \(LeaseFragments.woken)
            SELECT job_id FROM gone
            """)

    /// Puts a job whose robot died back into its queue, for the next robot to go on from its journal.
    static let requeueCrashed = Query(
        assembled: """
            WITH gone AS (
                DELETE FROM leases WHERE tenant_id = casare_tenant() AND job_id = @job AND token = @token
                RETURNING
                    tenant_id, job_id, token, session_id, attempt, since, gate, \(LeaseFragments.pauseColumns)
            ), \(LeaseFragments.tried(from: EndingQueries.goneAndRobot, crashed: "true", node: "NULL::text")),
            back AS (
                INSERT INTO ready (tenant_id, job_id, queue_id, priority, attempt, crashes)
                SELECT
                    gone.tenant_id, gone.job_id,
                    \(LeaseFragments.place(of: "jobs")),
                    jobs.priority, gone.attempt, @crashes
                FROM gone JOIN jobs ON jobs.tenant_id = gone.tenant_id AND jobs.job_id = @job
                WHERE gone.pause_asked_by IS NULL
            ), noted AS (
                INSERT INTO events (tenant_id, job_id, at, kind, detail)
                SELECT
                    tenant_id, job_id, coalesce(@now::timestamptz, now()), 'lease_expired',
                    json_build_object('crashes', @crashes::int2)
                FROM gone
                RETURNING job_id
            ), \(LeaseFragments.parking(attempt: "attempt", crashes: "@crashes::int2", isNotedBehind: true)),
            \(LeaseFragments.woken)
            SELECT job_id FROM gone
            """)
}
