import CasarePostgres

enum DependencyQueries {
    /// Two that are made at the same time could close a circle together.
    static let lock = Query(
        "SELECT pg_advisory_xact_lock(hashtextextended('casare dependencies ' || casare_tenant(), 0))")

    static let all = Query(
        """
        SELECT name, workflow, spec::text AS spec, variables::text AS variables FROM schedules
        WHERE tenant_id = casare_tenant() AND kind IN ('dependency', 'event') AND kind = 'dependency'
        ORDER BY schedule_id LIMIT @limit
        """)

    /// Names of workflows by their IDs.
    static let workflowNames = Query(
        """
        SELECT asked.id, known.name
        FROM unnest(@ids::uuid[]) AS asked (id)
        CROSS JOIN LATERAL (
            SELECT name FROM workflows
            WHERE workflows.tenant_id = casare_tenant() AND workflows.workflow_id = asked.id LIMIT 1
        ) AS known
        """)
}
