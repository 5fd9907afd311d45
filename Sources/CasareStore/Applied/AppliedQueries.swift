import CasarePostgres

enum AppliedQueries {
    /// Of a row `thing` with a kind and a name: what it is like now; null where it is not there.
    private static let currentMark = """
        CASE thing.kind
        WHEN 'workflow' THEN (
            SELECT (
                SELECT versions.checksum FROM workflow_versions AS versions
                WHERE versions.tenant_id = casare_tenant() AND versions.workflow_id = workflows.workflow_id
                    AND versions.version = workflows.latest_version)
            FROM workflows WHERE workflows.tenant_id = casare_tenant() AND workflows.name = thing.name)
        WHEN 'calendar' THEN (
            SELECT encode(sha256(convert_to(calendars.spec::text, 'UTF8')), 'hex') FROM calendars
            WHERE calendars.tenant_id = casare_tenant() AND calendars.name = thing.name)
        WHEN 'queue' THEN (
            SELECT json_build_array(
                rules.concurrency, rules.rate_every_seconds, rules.rate_burst, rules.key_concurrency,
                rules.key_rate_every_seconds, rules.key_rate_burst, coalesce(rules.ageing_seconds, 60))::text
            FROM queues LEFT JOIN queue_rules AS rules ON rules.queue_id = queues.queue_id
            WHERE queues.tenant_id = casare_tenant() AND queues.name = thing.name)
        WHEN 'schedule' THEN (
            SELECT encode(
                sha256(convert_to(schedules.spec::text || schedules.variables::text, 'UTF8')), 'hex') FROM schedules
            WHERE schedules.tenant_id = casare_tenant() AND schedules.name = thing.name)
        WHEN 'trigger' THEN (
            SELECT encode(
                sha256(convert_to(triggers.spec::text || triggers.variables::text, 'UTF8')), 'hex') FROM triggers
            WHERE triggers.tenant_id = casare_tenant() AND triggers.name = thing.name)
        END
        """

    static let lock = Query("SELECT pg_advisory_xact_lock(hashtextextended('casare applied ' || casare_tenant(), 0))")

    static let count = Query("SELECT count(*) AS things FROM applied WHERE tenant_id = casare_tenant()")

    /// What is not there is left out, and what is noted already stays as it is.
    static let record = Query(
        assembled: """
            INSERT INTO applied (kind, name, owner, mark, applied_at, applied_by)
            SELECT found.kind, found.name, @owner, found.mark, coalesce(@now::timestamptz, now()), @by FROM (
                SELECT thing.kind, thing.name, \(currentMark) AS mark
                FROM unnest(@kinds::text[], @names::text[]) AS thing (kind, name)
            ) AS found
            WHERE found.mark IS NOT NULL
            ON CONFLICT (tenant_id, kind, name) DO UPDATE
            SET owner = excluded.owner, mark = excluded.mark, applied_at = excluded.applied_at,
                applied_by = excluded.applied_by
            WHERE (applied.owner, applied.mark) IS DISTINCT FROM (excluded.owner, excluded.mark)
            RETURNING kind
            """)

    static let forget = Query(
        """
        DELETE FROM applied USING unnest(@kinds::text[], @names::text[]) AS thing (kind, name)
        WHERE applied.tenant_id = casare_tenant() AND applied.kind = thing.kind AND applied.name = thing.name
            AND applied.owner = @owner
        RETURNING applied.kind
        """)

    static let list = Query(
        assembled: """
            SELECT
                thing.kind, thing.name, thing.owner, thing.applied_at, thing.applied_by, thing.mark,
                \(currentMark) AS mark_now
            FROM applied AS thing
            WHERE thing.tenant_id = casare_tenant() AND (@owner::text IS NULL OR thing.owner = @owner)
                AND (thing.kind, thing.name) > (@after_kind, @after_name)
            ORDER BY thing.kind, thing.name LIMIT @limit
            """)

    static let changed = Query(
        assembled: """
            SELECT looked.* FROM (
                SELECT
                    thing.kind, thing.name, thing.owner, thing.applied_at, thing.applied_by, thing.mark,
                    \(currentMark) AS mark_now
                FROM applied AS thing
                WHERE thing.tenant_id = casare_tenant()
            ) AS looked
            WHERE looked.mark_now IS DISTINCT FROM looked.mark
            ORDER BY looked.kind, looked.name LIMIT @limit
            """)
}
