extension Migration {
    /// Large results of steps beside the journal, and the journals of ended jobs in one row each.
    static let journal = Migration(
        version: 11, name: "journal",
        sql: #"""
            -- Results that are too large for the rows of `journal`, which have their sizes instead. A step without a
            -- row here has its result there.
            CREATE TABLE journal_values (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                job_id uuid NOT NULL,
                step integer NOT NULL,
                value json NOT NULL,
                PRIMARY KEY (tenant_id, job_id, step)
            ) PARTITION BY RANGE (job_id);
            CREATE TABLE journal_values_default PARTITION OF journal_values DEFAULT;

            -- The rows that `journal` had of a job that has ended, by step: each list has a value of each row. Written
            -- once, when the rows are deleted there.
            CREATE TABLE journal_packed (
                tenant_id integer NOT NULL DEFAULT casare_tenant(),
                job_id uuid NOT NULL,
                steps integer[] NOT NULL,
                tokens bigint[] NOT NULL,
                started timestamptz[] NOT NULL,
                finished timestamptz[] NOT NULL,
                nodes text[] NOT NULL,
                node_types text[] NOT NULL,
                effects text[] NOT NULL,
                results json[] NOT NULL,
                PRIMARY KEY (tenant_id, job_id)
            ) PARTITION BY RANGE (job_id);
            CREATE TABLE journal_packed_default PARTITION OF journal_packed DEFAULT;

            DO $$
            DECLARE
                name text;
            BEGIN
                FOREACH name IN ARRAY ARRAY['journal_values', 'journal_packed'] LOOP
                    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
                    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
                    EXECUTE format(
                        'CREATE POLICY tenant ON %I TO casare_app
                         USING (tenant_id = casare_tenant()) WITH CHECK (tenant_id = casare_tenant())', name);
                    EXECUTE format('CREATE POLICY system ON %I TO casare_system USING (true) WITH CHECK (true)', name);
                    EXECUTE format('GRANT SELECT ON %I TO casare_app, casare_system', name);
                    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name || '_default');
                    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name || '_default');
                    -- The owner moves rows out of a default partition as a member of this role.
                    EXECUTE format(
                        'CREATE POLICY system ON %I TO casare_system USING (true) WITH CHECK (true)',
                        name || '_default');
                    EXECUTE format('GRANT SELECT, DELETE ON %I TO casare_system', name || '_default');
                END LOOP;
            END $$;
            GRANT INSERT, UPDATE, DELETE ON journal_values TO casare_app, casare_system;
            GRANT INSERT ON journal_packed TO casare_system;

            -- The tables that have a partition for each week: all that are partitioned by a job's ID. The one whose
            -- partitions the others follow comes last.
            CREATE FUNCTION casare_weekly_tables() RETURNS SETOF text LANGUAGE sql STABLE
            SET search_path FROM CURRENT SET enable_seqscan = on AS $$
                SELECT relname::text
                FROM pg_partitioned_table
                JOIN pg_class ON pg_class.oid = partrelid
                JOIN pg_attribute ON attrelid = partrelid AND attnum = partattrs[0]
                WHERE relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'jobs'::regclass)
                    AND attname = 'job_id'
                ORDER BY relname = 'jobs', relname
            $$;

            -- Creates the weekly partitions from the week of `moment` up to `weeks` later; returns how many are new.
            -- Rows that went to a default partition meanwhile move along.
            CREATE OR REPLACE FUNCTION casare_create_partitions(weeks integer, moment timestamptz DEFAULT now())
            RETURNS integer
            LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET enable_seqscan = on AS $$
            DECLARE
                created integer := 0;
                parent text;
                partition text;
                week timestamp;
                lower_bound uuid;
                upper_bound uuid;
            BEGIN
                PERFORM pg_advisory_xact_lock(hashtextextended('casare partitions', 0));
                FOR parent IN SELECT name FROM casare_weekly_tables() AS weekly (name) LOOP
                    FOR week IN
                        SELECT date_trunc('week', moment AT TIME ZONE 'UTC') + number * interval '1 week'
                        FROM generate_series(0, weeks) AS number
                    LOOP
                        partition := parent || to_char(week, '"_"IYYY"w"IW');
                        CONTINUE WHEN to_regclass(partition) IS NOT NULL;
                        lower_bound := casare_uuid_floor(week AT TIME ZONE 'UTC');
                        upper_bound := casare_uuid_floor((week + interval '1 week') AT TIME ZONE 'UTC');
                        EXECUTE format(
                            'CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition, parent);
                        EXECUTE format(
                            'WITH moved AS (DELETE FROM %I WHERE job_id >= %L AND job_id < %L RETURNING *)
                             INSERT INTO %I SELECT * FROM moved',
                            parent || '_default', lower_bound, upper_bound, partition);
                        -- Without a policy of its own a partition is reached through its parent only.
                        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', partition);
                        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', partition);
                        EXECUTE format(
                            'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                            parent, partition, lower_bound, upper_bound);
                        created := created + 1;
                    END LOOP;
                END LOOP;
                RETURN created;
            END $$;

            -- Drops weekly partitions, all of them of one week in one transaction, that ended before `before` and whose
            -- jobs have all ended: of `weeks_max` weeks, the oldest first of those that nothing needs. Returns their
            -- names.
            CREATE OR REPLACE FUNCTION casare_drop_partitions(before timestamptz, weeks_max integer DEFAULT 1)
            RETURNS text[]
            LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
            SET enable_seqscan = on SET lock_timeout = '100ms' AS $$
            DECLARE
                dropped text[] := '{}';
                weeks integer := 0;
                parent text;
                place text;
                suffix text;
                lower_bound uuid;
                upper_bound uuid;
                is_needed boolean;
            BEGIN
                -- As for creating them.
                PERFORM pg_advisory_xact_lock(hashtextextended('casare partitions', 0));
                FOR suffix, lower_bound, upper_bound IN
                    SELECT
                        substr(relname, 5),
                        casare_uuid_floor(to_date(substr(relname, 6), 'IYYY"w"IW')::timestamp AT TIME ZONE 'UTC'),
                        casare_uuid_floor((to_date(substr(relname, 6), 'IYYY"w"IW') + 7)::timestamp AT TIME ZONE 'UTC')
                    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                    WHERE inhparent = 'jobs'::regclass AND relname ~ '^jobs_[0-9]{4}w[0-9]{2}$'
                        AND (to_date(substr(relname, 6), 'IYYY"w"IW') + 7)::timestamp AT TIME ZONE 'UTC' <= before
                    ORDER BY relname
                LOOP
                    EXIT WHEN weeks >= weeks_max;
                    -- A job of those weeks that waits, runs, is held or is asked about keeps its week.
                    is_needed := false;
                    FOREACH place IN ARRAY ARRAY['ready', 'scheduled', 'leases', 'paused', 'blocked'] LOOP
                        CONTINUE WHEN is_needed OR to_regclass(place) IS NULL;
                        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE job_id >= $1 AND job_id < $2)', place)
                            INTO is_needed USING lower_bound, upper_bound;
                    END LOOP;
                    CONTINUE WHEN is_needed;
                    FOR parent IN SELECT name FROM casare_weekly_tables() AS weekly (name) LOOP
                        IF to_regclass(parent || suffix) IS NOT NULL THEN
                            EXECUTE format('DROP TABLE %I', parent || suffix);
                            dropped := dropped || (parent || suffix);
                        END IF;
                    END LOOP;
                    weeks := weeks + 1;
                END LOOP;
                RETURN dropped;
            END $$;

            -- What is packed or stands aside of the weeks that are there already goes with them.
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
