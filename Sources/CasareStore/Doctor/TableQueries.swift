import CasarePostgres

enum TableQueries {
    /// The hot tables, and those with more dead rows than autovacuum should let be; the most first.
    static let deadTuples = Query(
        """
        SELECT
            known.relname::text AS name, n_dead_tup AS dead, vacuum_at, is_running,
            json_build_object(
                'table', known.relname, 'live_rows', n_live_tup, 'dead_rows', n_dead_tup,
                'vacuum_at', round(vacuum_at), 'bytes', pg_total_relation_size(relid),
                'last_autovacuum_at', last_autovacuum, 'last_vacuum_at', last_vacuum,
                'autovacuums', autovacuum_count, 'is_vacuumed_now', is_running)::text AS facts
        FROM pg_stat_user_tables AS known JOIN pg_class ON pg_class.oid = relid
        CROSS JOIN LATERAL (
            SELECT
                coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_threshold'),
                    current_setting('autovacuum_vacuum_threshold'))::float8
                + coalesce(max(option_value) FILTER (WHERE option_name = 'autovacuum_vacuum_scale_factor'),
                    current_setting('autovacuum_vacuum_scale_factor'))::float8 * greatest(reltuples, 0) AS vacuum_at,
                EXISTS (SELECT FROM pg_stat_progress_vacuum AS progress WHERE progress.relid = known.relid)
                    AS is_running
            FROM pg_options_to_table(reloptions)
        ) AS due
        WHERE schemaname = current_schema() AND (known.relname = ANY (@tables) OR n_dead_tup > greatest(vacuum_at, 1000))
        ORDER BY n_dead_tup DESC, known.relname
        LIMIT 50
        """)

    static let autovacuum = Query(
        """
        SELECT
            is_on, workers::int8, running, without,
            json_build_object(
                'is_on', is_on, 'workers', workers, 'running', running, 'tables_without', without)::text AS facts
        FROM (
            SELECT
                current_setting('autovacuum')::bool AND current_setting('track_counts')::bool AS is_on,
                current_setting('autovacuum_max_workers')::int4 AS workers,
                (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker') AS running,
                ARRAY(
                    SELECT relname::text FROM pg_class
                    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
                        AND EXISTS (
                            SELECT FROM pg_options_to_table(reloptions)
                            WHERE option_name = 'autovacuum_enabled' AND NOT option_value::bool)
                    ORDER BY relname
                ) AS without
        ) AS known
        """)

    /// What is not there, not usable, or not what it should be; of tables that are there.
    static let indexes = Query(
        """
        WITH expected AS (
            SELECT * FROM unnest(@tables::text[], @names::text[], @definitions::text[])
                AS expected (table_name, name, definition)
        ), actual AS (
            SELECT
                pg_class.relname::text AS name, indrelid, indisvalid AND indisready AS is_valid,
                pg_get_indexdef(indexrelid, 0, true) AS definition
            FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
            WHERE relnamespace = current_schema()::regnamespace
        ), found AS (
            SELECT
                name, table_name, expected.definition,
                CASE
                    WHEN actual.indrelid IS NULL THEN 'missing'
                    WHEN NOT is_valid THEN 'invalid'
                    WHEN actual.definition <> expected.definition THEN 'different'
                END AS problem
            FROM expected LEFT JOIN actual USING (name)
            WHERE to_regclass(quote_ident(table_name)) IS NOT NULL
            UNION ALL
            -- Of partitions, and what a broken CREATE INDEX CONCURRENTLY has left behind.
            SELECT name, indrelid::regclass::text, definition, 'invalid' FROM actual
            WHERE NOT is_valid AND name NOT IN (SELECT name FROM expected)
        )
        SELECT
            name, definition, problem,
            json_build_object('index', name, 'table', table_name, 'problem', problem)::text AS facts
        FROM found WHERE problem IS NOT NULL
        ORDER BY name
        """)

    static let partitions = Query(
        """
        SELECT
            name, bytes, default_rows, has_present, has_next, is_daily,
            json_build_object(
                'table', name, 'partitions', partitions, 'first', first, 'last', last, 'bytes', bytes,
                'default_rows', default_rows, 'default_bytes', default_bytes)::text AS facts
        FROM (
            SELECT
                parent.relname::text AS name,
                count(*) FILTER (WHERE NOT is_default) AS partitions,
                min(child.relname) FILTER (WHERE NOT is_default) AS first,
                max(child.relname) FILTER (WHERE NOT is_default) AS last,
                sum(pg_total_relation_size(child.oid))::int8 AS bytes,
                coalesce(sum(pg_stat_get_live_tuples(child.oid)) FILTER (WHERE is_default), 0)::int8 AS default_rows,
                coalesce(sum(pg_total_relation_size(child.oid)) FILTER (WHERE is_default), 0)::int8 AS default_bytes,
                -- By the week, and what robots log by the day.
                bool_or(child.relname IN (
                    parent.relname || to_char(now() AT TIME ZONE 'UTC', '"_"IYYY"w"IW'),
                    parent.relname || to_char(now() AT TIME ZONE 'UTC', '"_"YYYYMMDD'))) AS has_present,
                bool_or(child.relname IN (
                    parent.relname || to_char(now() AT TIME ZONE 'UTC' + interval '7 days', '"_"IYYY"w"IW'),
                    parent.relname || to_char(now() AT TIME ZONE 'UTC' + interval '1 day', '"_"YYYYMMDD')))
                    AS has_next,
                parent.relname = 'robot_logs' AS is_daily
            FROM pg_partitioned_table
            JOIN pg_class AS parent ON parent.oid = partrelid
            JOIN pg_inherits ON inhparent = parent.oid
            JOIN pg_class AS child ON child.oid = inhrelid
            CROSS JOIN LATERAL (SELECT partdefid = child.oid AS is_default) AS known
            WHERE parent.relnamespace = current_schema()::regnamespace
            GROUP BY parent.relname
        ) AS known
        ORDER BY name
        """)

    static let wraparound = Query(
        """
        SELECT
            transactions::int8, multixacts::int8, freeze_at::int8,
            json_build_object(
                'transactions', transactions, 'multixacts', multixacts, 'freeze_at', freeze_at,
                'oldest_tables', (
                    SELECT json_agg(json_build_object('table', relname, 'transactions', xids) ORDER BY xids DESC)
                    FROM (
                        SELECT relname, age(relfrozenxid) AS xids FROM pg_class
                        WHERE relkind IN ('r', 'm', 't') AND relfrozenxid <> '0' ORDER BY age(relfrozenxid) DESC LIMIT 5
                    ) AS oldest
                ))::text AS facts
        FROM (
            SELECT
                age(datfrozenxid) AS transactions, mxid_age(datminmxid) AS multixacts,
                current_setting('autovacuum_freeze_max_age')::int4 AS freeze_at
            FROM pg_database WHERE datname = current_database()
        ) AS known
        """)
}
