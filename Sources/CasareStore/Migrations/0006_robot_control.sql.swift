extension Migration {
    /// What people ask of robots, what robots say of their progress, and who asked for what.
    static let robotControl = Migration(
        version: 6, name: "robot_control",
        sql: """
            ALTER TABLE robots
                ADD COLUMN cordoned_by text,
                ADD COLUMN cordon_reason text,
                ADD CHECK (cordoned_at IS NOT NULL OR cordoned_by IS NULL AND cordon_reason IS NULL);
            GRANT DELETE ON robots, robot_sessions TO casare_app, casare_system;

            ALTER TABLE robot_sessions
                -- How the session is to end; its robot hears of it with the next renewal. Such a session is cordoned, so
                -- that nothing more is leased meanwhile.
                ADD COLUMN ending text CHECK (ending IN ('drain', 'stop')),
                ADD COLUMN ending_asked_at timestamptz,
                ADD COLUMN ending_asked_by text,
                ADD COLUMN ending_reason text,
                -- What the robot said with its last renewal: since when it has had free slots without asking for jobs, when
                -- the job that has been silent the longest last made a step, and which job should have ended, since when.
                ADD COLUMN unasked_since timestamptz,
                ADD COLUMN progress_at timestamptz,
                ADD COLUMN overdue_job uuid,
                ADD COLUMN overdue_since timestamptz,
                ADD CHECK ((ending IS NULL) = (ending_asked_at IS NULL)),
                ADD CHECK ((ending IS NULL) = (ending_asked_by IS NULL)),
                ADD CHECK (ending IS NULL OR cordoned_at IS NOT NULL),
                ADD CHECK ((overdue_job IS NULL) = (overdue_since IS NULL));

            -- What people did to queues, waiting jobs and robots, and why. Only ever appended to.
            CREATE TABLE control_actions (
                tenant_id integer NOT NULL DEFAULT casare_tenant() REFERENCES tenants,
                action_id bigint GENERATED ALWAYS AS IDENTITY,
                at timestamptz NOT NULL,
                actor text NOT NULL,
                -- The noun and the verb: queue.pause.
                action text NOT NULL CHECK (action <> ''),
                -- The name of the queue or robot, or the job's ID.
                subject text NOT NULL,
                reason text,
                detail json,
                PRIMARY KEY (tenant_id, action_id)
            );
            CREATE INDEX control_actions_by_subject ON control_actions (tenant_id, subject, action_id);
            ALTER TABLE control_actions ENABLE ROW LEVEL SECURITY;
            ALTER TABLE control_actions FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON control_actions TO casare_app
                USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant());
            CREATE POLICY system ON control_actions TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT, INSERT ON control_actions TO casare_app, casare_system;

            -- The one thing about a job that may change after it was submitted, and only while it waits.
            GRANT UPDATE (priority) ON jobs TO casare_app, casare_system;
            """)
}
