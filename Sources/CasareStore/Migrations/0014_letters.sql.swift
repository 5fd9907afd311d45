extension Migration {
    /// What dead letters tell, what people do with them, and ways to find them.
    static let letters = Migration(
        version: 14, name: "letters",
        sql: """
            ALTER TABLE dead_letters
                -- How the job ended.
                ADD COLUMN robot_id text,
                ADD COLUMN step integer CHECK (step >= 0),
                ADD COLUMN attempt_count integer NOT NULL DEFAULT 0 CHECK (attempt_count >= 0),
                -- Of its requirement.
                ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
                -- What happened to the letter, each by itself; where it stands follows from that.
                ADD COLUMN acknowledged_at timestamptz,
                ADD COLUMN acknowledged_by text,
                ADD COLUMN acknowledged_reason text,
                -- Of the last replay.
                ADD COLUMN replay_ended_at timestamptz,
                ADD COLUMN resolved_at timestamptz,
                ADD COLUMN resolved_by text,
                ADD COLUMN resolved_reason text,
                -- From then on nobody sees it, and after the second time it is gone for good.
                ADD COLUMN purged_at timestamptz,
                ADD COLUMN purged_until timestamptz,
                -- The operation that did it, where one did.
                ADD COLUMN purge_operation uuid,
                ADD CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
                ADD CHECK (acknowledged_at IS NOT NULL OR acknowledged_reason IS NULL),
                ADD CHECK (replayed_as IS NOT NULL OR replay_ended_at IS NULL),
                ADD CHECK ((resolved_at IS NULL) = (resolved_by IS NULL)),
                ADD CHECK (resolved_at IS NOT NULL OR resolved_reason IS NULL),
                ADD CHECK ((purged_at IS NULL) = (purged_until IS NULL)),
                ADD CHECK (purged_at IS NOT NULL OR purge_operation IS NULL);

            -- Of the letters that are there. That replays have ended is found out by the loop that looks after them.
            UPDATE dead_letters SET
                robot_id = known.robot_id, step = known.step, attempt_count = known.attempt_count, tags = known.tags
            FROM (
                SELECT
                    letter.tenant_id, letter.job_id, coalesce(outcomes.robot_id, tried.robot_id) AS robot_id,
                    coalesce(outcomes.attempt, tried.attempt, 0) AS attempt_count,
                    coalesce(requirements.tags, '{}') AS tags,
                    coalesce(
                        (
                            SELECT max(journal.step) FROM journal
                            WHERE journal.tenant_id = letter.tenant_id AND journal.job_id = letter.job_id
                                AND journal.result IS NOT NULL
                        ),
                        (
                            SELECT max(unpacked.step)
                            FROM journal_packed AS packed
                            CROSS JOIN LATERAL unnest(packed.steps, packed.results) AS unpacked (step, result)
                            WHERE packed.tenant_id = letter.tenant_id AND packed.job_id = letter.job_id
                                AND unpacked.result IS NOT NULL
                        )
                    ) AS step
                FROM dead_letters AS letter
                LEFT JOIN outcomes
                    ON outcomes.tenant_id = letter.tenant_id AND outcomes.job_id = letter.job_id
                LEFT JOIN requirements
                    ON requirements.tenant_id = letter.tenant_id
                    AND requirements.requirement_id = letter.requirement_id
                LEFT JOIN LATERAL (
                    SELECT attempts.robot_id, attempts.attempt FROM attempts
                    WHERE attempts.tenant_id = letter.tenant_id AND attempts.job_id = letter.job_id
                    ORDER BY attempts.attempt DESC LIMIT 1
                ) AS tried ON true
            ) AS known
            WHERE dead_letters.tenant_id = known.tenant_id AND dead_letters.job_id = known.job_id;

            -- Lists, newest or oldest first: of what nobody has dealt with, of what somebody knows of, of all.
            DROP INDEX dead_letters_open;
            CREATE INDEX dead_letters_open ON dead_letters (tenant_id, opened_at, job_id)
                WHERE acknowledged_at IS NULL AND replayed_as IS NULL AND resolved_at IS NULL AND purged_at IS NULL;
            CREATE INDEX dead_letters_acknowledged ON dead_letters (tenant_id, opened_at, job_id)
                WHERE acknowledged_at IS NOT NULL AND replayed_as IS NULL AND resolved_at IS NULL
                    AND purged_at IS NULL;
            CREATE INDEX dead_letters_by_opening ON dead_letters (tenant_id, opened_at, job_id)
                WHERE purged_at IS NULL;
            CREATE INDEX dead_letters_by_fingerprint ON dead_letters (tenant_id, fingerprint, opened_at, job_id)
                WHERE purged_at IS NULL;
            CREATE INDEX dead_letters_by_workflow ON dead_letters (tenant_id, workflow_id, opened_at, job_id)
                WHERE purged_at IS NULL;

            -- Replays that go on, for all tenants; what was dealt with, by when, in two ways; what is to be gone.
            CREATE INDEX dead_letters_replaying ON dead_letters (replayed_as)
                WHERE replayed_as IS NOT NULL AND replay_ended_at IS NULL;
            CREATE INDEX dead_letters_resolved ON dead_letters (tenant_id, resolved_at, job_id)
                WHERE resolved_at IS NOT NULL AND purged_at IS NULL;
            CREATE INDEX dead_letters_replayed ON dead_letters (tenant_id, replay_ended_at, job_id)
                WHERE replay_ended_at IS NOT NULL AND resolved_at IS NULL AND purged_at IS NULL;
            CREATE INDEX dead_letters_purged ON dead_letters (purged_until) WHERE purged_until IS NOT NULL;
            """)
}
