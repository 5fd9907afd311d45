extension Migration {
    /// Jobs that go on from a step of another one.
    static let forks = Migration(
        version: 10, name: "forks",
        sql: """
            -- Nullable and at the end: rows of jobs without are not a byte longer. The seed is the job that first ran
            -- the steps which were taken over, however often they were.
            ALTER TABLE jobs
                ADD COLUMN forked_from uuid,
                ADD COLUMN forked_step integer CHECK (forked_step >= 0),
                ADD COLUMN seed_id uuid;

            CREATE OR REPLACE VIEW job_details WITH (security_invoker = true) AS
            SELECT
                jobs.tenant_id, jobs.job_id, jobs.workflow_id, workflows.name AS workflow_name, jobs.workflow_version,
                jobs.priority, queues.name AS environment, jobs.variables, jobs.options, jobs.idempotency_key,
                jobs.retry_of, jobs.created_at, jobs.created_by,
                CASE
                    WHEN outcomes.job_id IS NOT NULL THEN outcomes.kind
                    WHEN leases.job_id IS NOT NULL THEN 'running'
                    WHEN blocked.job_id IS NOT NULL THEN 'blocked'
                    ELSE 'pending'
                END AS status,
                coalesce(outcomes.attempt, leases.attempt, blocked.attempt, scheduled.attempt, ready.attempt, 0)
                    AS attempt,
                scheduled.due_at,
                coalesce(outcomes.robot_id, robot_sessions.robot_id, blocked.robot_id) AS robot_id,
                coalesce(outcomes.started_at, leases.since) AS started_at, outcomes.finished_at,
                outcomes.failure_kind, outcomes.failure_type, outcomes.message, outcomes.node AS failed_node,
                blocked.step AS blocked_step, blocked.node AS blocked_node, blocked.node_type AS blocked_node_type,
                blocked.question, blocked.since AS blocked_since,
                jobs.queue_key, requirements.tags AS required_tags, requirements.capabilities AS required_capabilities,
                requirements.robot_id AS required_robot, jobs.expires_at, jobs.unique_key, jobs.unique_scope,
                jobs.unique_seconds, jobs.forked_from, jobs.forked_step
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
            LEFT JOIN requirements
                ON requirements.tenant_id = jobs.tenant_id AND requirements.requirement_id = jobs.requirement_id;
            """)
}
