extension Migration {
    /// The trace that a job belongs to.
    static let trace = Migration(
        version: 23, name: "trace",
        sql: """
            -- Where in a trace the job was asked for: the trace's ID, the span's and the flags, 25 bytes. Text would be
            -- 55, in every row of the largest table. What else came along stands beside it, where something did.
            -- Without checks, which would read all jobs there are and lock them out meanwhile: a job whose trace cannot
            -- be read is one without.
            ALTER TABLE jobs
                ADD COLUMN trace bytea,
                ADD COLUMN tracestate text,
                ADD COLUMN baggage text;

            -- What the jobs that it creates belong to.
            ALTER TABLE operations
                ADD COLUMN trace bytea CHECK (octet_length(trace) = 25),
                ADD COLUMN tracestate text,
                ADD COLUMN baggage text,
                ADD CHECK (trace IS NOT NULL OR tracestate IS NULL AND baggage IS NULL);

            -- A letter outlives its job's partition.
            ALTER TABLE dead_letters ADD COLUMN trace bytea;

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
                coalesce(paused.reason, leases.pause_reason) AS pause_reason, jobs.trace
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
