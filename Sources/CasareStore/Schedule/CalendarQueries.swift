import CasarePostgres

enum CalendarQueries {
    static let lock = Query(
        "SELECT pg_advisory_xact_lock(hashtextextended('casare calendars ' || casare_tenant(), 0))")

    static let count = Query(
        """
        SELECT count(*) AS others FROM (
            SELECT FROM calendars WHERE tenant_id = casare_tenant() AND name <> @name LIMIT @limit
        ) AS counted
        """)

    static let save = Query(
        """
        INSERT INTO calendars (name, spec, created_at, created_by, updated_at, updated_by)
        VALUES (
            @name, @spec::text::json, coalesce(@now::timestamptz, now()), @by, coalesce(@now::timestamptz, now()), @by
        )
        ON CONFLICT (tenant_id, name) DO UPDATE
        SET spec = excluded.spec, updated_at = excluded.updated_at, updated_by = excluded.updated_by
        RETURNING *
        """)

    static let get = Query("SELECT * FROM calendars WHERE tenant_id = casare_tenant() AND name = @name")

    /// It may be changed meanwhile, and not deleted.
    static let keep = Query(
        "SELECT * FROM calendars WHERE tenant_id = casare_tenant() AND name = @name FOR KEY SHARE")

    static let hold = Query(
        "SELECT * FROM calendars WHERE tenant_id = casare_tenant() AND name = @name FOR UPDATE")

    static let named = Query(
        "SELECT * FROM calendars WHERE tenant_id = casare_tenant() AND name = ANY (@names::text[])")

    static let list = Query(
        """
        SELECT * FROM calendars WHERE tenant_id = casare_tenant() AND name > @after
        ORDER BY name LIMIT @limit
        """)

    static let users = Query(
        """
        SELECT name FROM schedules WHERE tenant_id = casare_tenant() AND calendar = @name
        ORDER BY name LIMIT @limit
        """)

    static let delete = Query("DELETE FROM calendars WHERE tenant_id = casare_tenant() AND name = @name")
}
