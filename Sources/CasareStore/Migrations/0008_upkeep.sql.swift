extension Migration {
    /// One week that is needed keeps no other; the loops that watch sessions read those that are open.
    static let upkeep = Migration(
        version: 8, name: "upkeep",
        sql: #"""
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
                partition text;
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
                    -- A job of those weeks that waits, runs or is asked about keeps its week.
                    SELECT EXISTS (SELECT FROM ready WHERE job_id >= lower_bound AND job_id < upper_bound)
                        OR EXISTS (SELECT FROM scheduled WHERE job_id >= lower_bound AND job_id < upper_bound)
                        OR EXISTS (SELECT FROM leases WHERE job_id >= lower_bound AND job_id < upper_bound)
                        OR EXISTS (SELECT FROM blocked WHERE job_id >= lower_bound AND job_id < upper_bound)
                        INTO is_needed;
                    CONTINUE WHEN is_needed;
                    FOREACH partition IN ARRAY ARRAY['events', 'journal', 'job_results', 'outcomes', 'jobs'] LOOP
                        IF to_regclass(partition || suffix) IS NOT NULL THEN
                            EXECUTE format('DROP TABLE %I', partition || suffix);
                            dropped := dropped || (partition || suffix);
                        END IF;
                    END LOOP;
                    weeks := weeks + 1;
                END LOOP;
                RETURN dropped;
            END $$;

            -- The loops that look for dead sessions, and for leases without a session, do so several times a second;
            -- those that have ended stay for a day. Without what a renewal changes, so that renewals touch no index.
            CREATE INDEX robot_sessions_open ON robot_sessions (tenant_id, session_id) WHERE ended_at IS NULL;
            """#)
}
