import CasarePostgres

enum HistoryQueries {
    /// What happened to a job, oldest first.
    static let events = Query(
        """
        SELECT at, kind, detail FROM events
        WHERE tenant_id = casare_tenant() AND job_id = @job
        ORDER BY event_id LIMIT @limit
        """)

    /// Attempts at a job, oldest first: those that failed, the one that ended the job, the one that runs, and those
    /// that stopped at a question, each of which began with the last lease before it, with what a person answered. The
    /// last question has no answer while the job waits for one, and when it was cancelled instead.
    static let attempts = Query(
        """
        SELECT
            attempt, robot_id, coalesce(started_at, finished_at) AS started_at, finished_at, crashed, failure_kind,
            failure_type, message, node, NULL::json AS question, NULL::json AS answer, NULL::timestamptz AS answered_at
        FROM attempts
        WHERE tenant_id = casare_tenant() AND job_id = @job
        UNION ALL
        SELECT attempt, robot_id, started_at, finished_at, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM outcomes
        WHERE tenant_id = casare_tenant() AND job_id = @job AND kind <> 'failed' AND started_at IS NOT NULL
        UNION ALL
        SELECT leases.attempt, session.robot_id, leases.since, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL,
            NULL
        FROM (
            SELECT attempt, session_id, since FROM leases WHERE tenant_id = casare_tenant() AND job_id = @job LIMIT 1
        ) AS leases
        LEFT JOIN LATERAL (
            SELECT robot_sessions.robot_id FROM robot_sessions
            WHERE robot_sessions.tenant_id = casare_tenant() AND robot_sessions.session_id = leases.session_id
            LIMIT 1
        ) AS session ON true
        UNION ALL
        SELECT
            blocked.attempt, blocked.robot_id, leased.at, blocked.since, false, NULL, NULL, NULL, NULL,
            json_build_object('step', blocked.step, 'node', blocked.node, 'question', blocked.question), NULL, NULL
        FROM (
            SELECT attempt, robot_id, since, step, node, question FROM blocked
            WHERE tenant_id = casare_tenant() AND job_id = @job LIMIT 1
        ) AS blocked
        CROSS JOIN LATERAL (
            SELECT at FROM events
            WHERE tenant_id = casare_tenant() AND job_id = @job AND kind = 'leased'
            ORDER BY event_id DESC LIMIT 1
        ) AS leased
        UNION ALL
        SELECT
            (answered.detail ->> 'attempt')::int4, answered.detail ->> 'robot', leased.at, asked.at, false, NULL, NULL,
            NULL, NULL, asked.detail, answered.detail, answered.at
        FROM (
            SELECT event_id, at, detail FROM events
            WHERE tenant_id = casare_tenant() AND job_id = @job AND kind = 'resolved'
        ) AS answered
        CROSS JOIN LATERAL (
            SELECT event_id, at, detail FROM events
            WHERE tenant_id = casare_tenant() AND job_id = @job AND kind = 'blocked'
                AND event_id < answered.event_id
            ORDER BY event_id DESC LIMIT 1
        ) AS asked
        CROSS JOIN LATERAL (
            SELECT at FROM events
            WHERE tenant_id = casare_tenant() AND job_id = @job AND kind = 'leased' AND event_id < asked.event_id
            ORDER BY event_id DESC LIMIT 1
        ) AS leased
        UNION ALL
        SELECT
            ended.attempt, ended.robot_id, leased.at, asked.at, false, NULL, NULL, NULL, NULL, asked.detail, NULL, NULL
        FROM (
            SELECT attempt, robot_id FROM outcomes
            WHERE tenant_id = casare_tenant() AND job_id = @job AND kind = 'cancelled' AND started_at IS NULL
        ) AS ended
        CROSS JOIN LATERAL (
            SELECT event_id, at, kind, detail FROM events
            WHERE tenant_id = casare_tenant() AND job_id = @job AND kind IN ('blocked', 'resolved')
            ORDER BY event_id DESC LIMIT 1
        ) AS asked
        CROSS JOIN LATERAL (
            SELECT at FROM events
            WHERE tenant_id = casare_tenant() AND job_id = @job AND kind = 'leased' AND event_id < asked.event_id
            ORDER BY event_id DESC LIMIT 1
        ) AS leased
        WHERE asked.kind = 'blocked'
        ORDER BY attempt, started_at
        """)
}
