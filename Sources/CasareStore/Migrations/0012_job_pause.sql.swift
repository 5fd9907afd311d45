extension Migration {
    /// Jobs that people keep from going on.
    static let jobPause = Migration(
        version: 12, name: "job_pause",
        sql: """
            -- Jobs that stand still until somebody resumes them. What they need to go back to where they waited is kept.
            CREATE TABLE paused (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                job_id uuid NOT NULL,
                -- As in `ready`.
                attempt integer NOT NULL CHECK (attempt >= 0),
                crashes smallint NOT NULL DEFAULT 0 CHECK (crashes >= 0),
                -- Of a job that waited for its time, or is to be tried again.
                due_at timestamptz,
                since timestamptz NOT NULL,
                paused_by text NOT NULL,
                reason text,
                PRIMARY KEY (tenant_id, job_id)
            );
            ALTER TABLE paused ENABLE ROW LEVEL SECURITY;
            ALTER TABLE paused FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON paused TO casare_app
                USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant());
            CREATE POLICY system ON paused TO casare_system USING (true) WITH CHECK (true);
            -- Locking a row takes the right to update it.
            GRANT SELECT, INSERT, UPDATE, DELETE ON paused TO casare_app, casare_system;

            -- That a job which runs is to be paused stands in its lease: whatever puts the job back looks at it, and
            -- whatever ends the job takes it along. Nullable and at the end: leases without are not a byte longer.
            ALTER TABLE leases
                ADD COLUMN pause_asked_at timestamptz,
                ADD COLUMN pause_asked_by text,
                ADD COLUMN pause_reason text;

            CREATE OR REPLACE VIEW job_details WITH (security_invoker = true) AS
            SELECT
                jobs.tenant_id, jobs.job_id, jobs.workflow_id, workflows.name AS workflow_name, jobs.workflow_version,
                jobs.priority, queues.name AS environment, jobs.variables, jobs.options, jobs.idempotency_key,
                jobs.retry_of, jobs.created_at, jobs.created_by,
                CASE
                    WHEN outcomes.job_id IS NOT NULL THEN outcomes.kind
                    WHEN leases.job_id IS NOT NULL THEN 'running'
                    WHEN blocked.job_id IS NOT NULL THEN 'blocked'
                    WHEN paused.job_id IS NOT NULL THEN 'paused'
                    ELSE 'pending'
                END AS status,
                coalesce(
                    outcomes.attempt, leases.attempt, blocked.attempt, paused.attempt, scheduled.attempt, ready.attempt, 0
                ) AS attempt,
                coalesce(scheduled.due_at, paused.due_at) AS due_at,
                coalesce(outcomes.robot_id, robot_sessions.robot_id, blocked.robot_id) AS robot_id,
                coalesce(outcomes.started_at, leases.since) AS started_at, outcomes.finished_at,
                outcomes.failure_kind, outcomes.failure_type, outcomes.message, outcomes.node AS failed_node,
                blocked.step AS blocked_step, blocked.node AS blocked_node, blocked.node_type AS blocked_node_type,
                blocked.question, blocked.since AS blocked_since,
                jobs.queue_key, requirements.tags AS required_tags, requirements.capabilities AS required_capabilities,
                requirements.robot_id AS required_robot, jobs.expires_at, jobs.unique_key, jobs.unique_scope,
                jobs.unique_seconds, jobs.forked_from, jobs.forked_step,
                coalesce(paused.since, leases.pause_asked_at) AS paused_since,
                coalesce(paused.paused_by, leases.pause_asked_by) AS paused_by,
                coalesce(paused.reason, leases.pause_reason) AS pause_reason
            FROM jobs
            JOIN workflows USING (tenant_id, workflow_id)
            JOIN queues ON queues.tenant_id = jobs.tenant_id AND queues.queue_id = jobs.queue_id
            LEFT JOIN outcomes ON outcomes.tenant_id = jobs.tenant_id AND outcomes.job_id = jobs.job_id
            LEFT JOIN leases ON leases.tenant_id = jobs.tenant_id AND leases.job_id = jobs.job_id
            LEFT JOIN robot_sessions
                ON robot_sessions.tenant_id = leases.tenant_id AND robot_sessions.session_id = leases.session_id
            LEFT JOIN blocked ON blocked.tenant_id = jobs.tenant_id AND blocked.job_id = jobs.job_id
            LEFT JOIN scheduled ON scheduled.tenant_id = jobs.tenant_id AND scheduled.job_id = jobs.job_id
            LEFT JOIN ready ON ready.tenant_id = jobs.tenant_id AND ready.job_id = jobs.job_id
            LEFT JOIN paused ON paused.tenant_id = jobs.tenant_id AND paused.job_id = jobs.job_id
            LEFT JOIN requirements
                ON requirements.tenant_id = jobs.tenant_id AND requirements.requirement_id = jobs.requirement_id;
            """)
}
