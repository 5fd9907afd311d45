import CasarePostgres

enum MigrationQueries {
    static let lock = Query("SELECT pg_advisory_lock(@class::int4, 0)")
    static let unlock = Query("SELECT pg_advisory_unlock(@class::int4, 0)")

    static let createTable = Query(
        """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version integer PRIMARY KEY CHECK (version > 0),
            name text NOT NULL,
            checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """)

    static let hasTable = Query("SELECT to_regclass('schema_migrations') IS NOT NULL AS exists")

    static let applied = Query("SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version")

    static let record = Query(
        "INSERT INTO schema_migrations (version, name, checksum) VALUES (@version, @name, @checksum)")
}
