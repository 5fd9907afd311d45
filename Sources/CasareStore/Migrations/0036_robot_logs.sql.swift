extension Migration {
    /// What robots log themselves, for a few days.
    static let robotLogs = Migration(
        version: 36, name: "robot_logs",
        sql: #"""
            -- A line that a robot logged. `position` is when it was kept, in microseconds of Unix time, or the number after
            -- the robot's last line: by it a robot's lines are in order, followed, looked for since a moment, and dropped
            -- by the day. Written once.
            CREATE TABLE robot_logs (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                robot_id text NOT NULL CHECK (octet_length(robot_id) <= 64),
                position bigint NOT NULL CHECK (position > 0),
                -- By the robot's clock.
                at timestamptz NOT NULL,
                level text NOT NULL
                    CHECK (level IN ('trace', 'debug', 'info', 'notice', 'warning', 'error', 'critical')),
                label text NOT NULL CHECK (octet_length(label) <= 400),
                message text NOT NULL CHECK (octet_length(message) <= 20000),
                fields json NOT NULL CHECK (octet_length(fields::text) <= 8192),
                trace_id uuid,
                span_id bytea CHECK (octet_length(span_id) = 8),
                PRIMARY KEY (tenant_id, robot_id, position)
            ) PARTITION BY RANGE (position);
            CREATE TABLE robot_logs_default PARTITION OF robot_logs DEFAULT;

            -- How far each robot's log has got. Whoever writes holds the row: so lines appear in the order of their
            -- positions. `stream` is the process that wrote last and `number` its last line: what is sent twice is kept
            -- once. The rest is what was kept since `window_at`, the beginning of an hour.
            CREATE TABLE robot_log_heads (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                robot_id text NOT NULL CHECK (octet_length(robot_id) <= 64),
                position bigint NOT NULL DEFAULT 0,
                stream uuid,
                number bigint NOT NULL DEFAULT 0,
                window_at timestamptz,
                lines integer NOT NULL DEFAULT 0,
                bytes bigint NOT NULL DEFAULT 0,
                is_full boolean NOT NULL DEFAULT false,
                PRIMARY KEY (tenant_id, robot_id)
            ) WITH (fillfactor = 50);

            ALTER TABLE robot_logs ENABLE ROW LEVEL SECURITY;
            ALTER TABLE robot_logs FORCE ROW LEVEL SECURITY;
            ALTER TABLE robot_logs_default ENABLE ROW LEVEL SECURITY;
            ALTER TABLE robot_logs_default FORCE ROW LEVEL SECURITY;
            ALTER TABLE robot_log_heads ENABLE ROW LEVEL SECURITY;
            ALTER TABLE robot_log_heads FORCE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON robot_logs TO casare_app
                USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant());
            CREATE POLICY system ON robot_logs TO casare_system USING (true) WITH CHECK (true);
            CREATE POLICY robot ON robot_logs TO casare_robot
                USING (tenant_id = casare_robot_tenant()) WITH CHECK (tenant_id = casare_robot_tenant());
            -- The owner moves rows out of a default partition as a member of this role.
            CREATE POLICY system ON robot_logs_default TO casare_system USING (true) WITH CHECK (true);
            CREATE POLICY tenant ON robot_log_heads TO casare_app
                USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant());
            CREATE POLICY system ON robot_log_heads TO casare_system USING (true) WITH CHECK (true);
            CREATE POLICY robot ON robot_log_heads TO casare_robot
                USING (tenant_id = casare_robot_tenant()) WITH CHECK (tenant_id = casare_robot_tenant());
            GRANT SELECT, INSERT ON robot_logs TO casare_app, casare_system;
            GRANT SELECT, DELETE ON robot_logs_default TO casare_system;
            GRANT SELECT, INSERT, UPDATE ON robot_log_heads TO casare_app;
            GRANT SELECT, DELETE ON robot_log_heads TO casare_system;
            -- A robot on SQL adds lines, and reads none.
            GRANT INSERT (
                tenant_id, robot_id, position, at, level, label, message, fields, trace_id, span_id
            ) ON robot_logs TO casare_robot;
            GRANT SELECT, INSERT (tenant_id, robot_id), UPDATE (
                position, stream, number, window_at, lines, bytes, is_full
            ) ON robot_log_heads TO casare_robot;

            -- Creates the daily partitions from the day (UTC) of `moment` up to `days` later; returns how many are new.
            -- Rows that went to the default partition meanwhile move along.
            CREATE FUNCTION casare_create_log_partitions(days integer, moment timestamptz DEFAULT now())
            RETURNS integer
            LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET enable_seqscan = on AS $$
            DECLARE
                created integer := 0;
                partition text;
                day timestamp;
                lower_bound bigint;
                upper_bound bigint;
            BEGIN
                -- One at a time, as for those of the weeks.
                PERFORM pg_advisory_xact_lock(hashtextextended('casare partitions', 0));
                FOR day IN
                    SELECT date_trunc('day', moment AT TIME ZONE 'UTC') + number * interval '1 day'
                    FROM generate_series(0, days) AS number
                LOOP
                    partition := 'robot_logs' || to_char(day, '"_"YYYYMMDD');
                    CONTINUE WHEN to_regclass(partition) IS NOT NULL;
                    lower_bound := (extract(epoch FROM day AT TIME ZONE 'UTC') * 1000000)::bigint;
                    upper_bound := (extract(epoch FROM (day + interval '1 day') AT TIME ZONE 'UTC') * 1000000)::bigint;
                    EXECUTE format(
                        'CREATE TABLE %I (LIKE robot_logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
                    EXECUTE format(
                        'WITH moved AS (
                             DELETE FROM robot_logs_default WHERE position >= %L AND position < %L RETURNING *
                         )
                         INSERT INTO %I SELECT * FROM moved',
                        lower_bound, upper_bound, partition);
                    -- Without a policy of its own a partition is reached through its parent only.
                    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', partition);
                    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', partition);
                    EXECUTE format(
                        'ALTER TABLE robot_logs ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                        partition, lower_bound, upper_bound);
                    created := created + 1;
                END LOOP;
                RETURN created;
            END $$;

            -- Drops the daily partitions that ended by `before`, `days_max` of them, the oldest first. Returns their names.
            CREATE FUNCTION casare_drop_log_partitions(before timestamptz, days_max integer DEFAULT 1) RETURNS text[]
            LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
            SET enable_seqscan = on SET lock_timeout = '100ms' AS $$
            DECLARE
                dropped text[] := '{}';
                partition text;
            BEGIN
                PERFORM pg_advisory_xact_lock(hashtextextended('casare partitions', 0));
                FOR partition IN
                    SELECT relname::text
                    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                    WHERE inhparent = 'robot_logs'::regclass AND relname ~ '^robot_logs_[0-9]{8}$'
                        AND (to_date(substr(relname, 12), 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'UTC' <= before
                    ORDER BY relname
                    LIMIT days_max
                LOOP
                    EXECUTE format('DROP TABLE %I', partition);
                    dropped := dropped || partition;
                END LOOP;
                RETURN dropped;
            END $$;

            -- As migration 31 does for those before it: nothing is looked up among temporary tables.
            DO $$
            DECLARE
                own_schema name;
            BEGIN
                SELECT nspname INTO own_schema FROM pg_namespace
                WHERE pg_namespace.oid = (SELECT relnamespace FROM pg_class WHERE pg_class.oid = 'tenants'::regclass);
                EXECUTE format(
                    'ALTER FUNCTION casare_create_log_partitions SET search_path = %I, pg_temp', own_schema);
                EXECUTE format(
                    'ALTER FUNCTION casare_drop_log_partitions SET search_path = %I, pg_temp', own_schema);
            END $$;
            REVOKE ALL ON FUNCTION casare_create_log_partitions, casare_drop_log_partitions FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION casare_create_log_partitions, casare_drop_log_partitions TO casare_system;

            SELECT casare_create_log_partitions(7);
            """#)
}
