extension Migration {
    /// Functions that run as the owner of the tables look nothing up among temporary tables. Where the search path does
    /// not say otherwise those come first, so that whoever may call such a function could have made a table of its name
    /// with a trigger, and had that run as the owner.
    static let definerPaths = Migration(
        version: 31, name: "definer_paths",
        sql: """
            DO $$
            DECLARE
                definer regprocedure;
                own_schema name;
            BEGIN
                SELECT nspname INTO own_schema FROM pg_namespace
                WHERE pg_namespace.oid = (SELECT relnamespace FROM pg_class WHERE pg_class.oid = 'tenants'::regclass);
                FOR definer IN
                    SELECT pg_proc.oid FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
                    WHERE prosecdef AND nspname = own_schema
                LOOP
                    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', definer, own_schema);
                END LOOP;
            END $$;
            """)
}
