extension Migration {
    /// What runs write, to be read while they go on.
    static let jobLogs = Migration(
        version: 13, name: "job_logs",
        sql: #"""
            -- A line that a run wrote, with its place in the job's log. `token` and `number` are the lease under which
            -- it was written and its place among that lease's lines: what is sent twice is kept once. Written once.
            CREATE TABLE job_logs (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                job_id uuid NOT NULL,
                line bigint NOT NULL CHECK (line > 0),
                token bigint NOT NULL,
                at timestamptz NOT NULL,
                number integer NOT NULL,
                level text NOT NULL CHECK (level IN ('debug', 'info', 'warning', 'error', 'critical')),
                -- Without one a line is about the log itself.
                node text,
                message text NOT NULL,
                PRIMARY KEY (tenant_id, job_id, line)
            ) PARTITION BY RANGE (job_id);
            CREATE TABLE job_logs_default PARTITION OF job_logs DEFAULT;

            ALTER TABLE job_logs ENABLE ROW LEVEL SECURITY;
            ALTER TABLE job_logs FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON job_logs TO casare_app
                USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant());
            CREATE POLICY system ON job_logs TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT, INSERT ON job_logs TO casare_app, casare_system;
            ALTER TABLE job_logs_default ENABLE ROW LEVEL SECURITY;
            ALTER TABLE job_logs_default FORCE ROW LEVEL SECURITY;
            -- The owner moves rows out of a default partition as a member of this role.
            CREATE POLICY system ON job_logs_default TO casare_system USING (true) WITH CHECK (true);
            GRANT SELECT, DELETE ON job_logs_default TO casare_system;

            -- Logs of the weeks that are there already go with them.
            DO $$
            DECLARE
                week date;
            BEGIN
                FOR week IN
                    SELECT to_date(substr(relname, 6), 'IYYY"w"IW')
                    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                    WHERE inhparent = 'jobs'::regclass AND relname ~ '^jobs_[0-9]{4}w[0-9]{2}$'
                    ORDER BY relname
                LOOP
                    PERFORM casare_create_partitions(0, week::timestamp AT TIME ZONE 'UTC');
                END LOOP;
            END $$;
            """#)
}
