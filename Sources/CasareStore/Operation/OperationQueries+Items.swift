import CasarePostgres

extension OperationQueries {
    /// The next jobs of the frozen selection, as far as their chunk goes: `offset` is the place within it, from 0.
    static let jobs = Query(
        """
        SELECT jobs[@offset::int4 + 1 : @offset::int4 + @limit::int4] AS jobs FROM operation_chunks
        WHERE tenant_id = casare_tenant() AND operation_id = @operation AND chunk = @chunk
        """)

    static let insertItems = Query(
        """
        INSERT INTO operation_items (operation_id, position, job_id, state, new_job, error)
        SELECT @operation, item.position, item.job_id, item.state, item.new_job, item.error
        FROM unnest(@positions::int4[], @jobs::uuid[], @states::text[], @new_jobs::uuid[], @errors::text[])
            AS item (position, job_id, state, new_job, error)
        """)

    /// Those of a stretch of positions that a later pass is about.
    static let itemsBetween = Query(
        """
        SELECT position, job_id, state FROM operation_items
        WHERE tenant_id = casare_tenant() AND operation_id = @operation
            AND position >= @from AND position < @until AND state = ANY (@states::text[])
        ORDER BY position
        """)

    static let updateItems = Query(
        """
        UPDATE operation_items SET state = item.state, error = item.error
        FROM unnest(@positions::int4[], @states::text[], @errors::text[]) AS item (position, state, error)
        WHERE operation_items.tenant_id = casare_tenant() AND operation_items.operation_id = @operation
            AND operation_items.position = item.position
        """)

    /// The first of the new jobs behind an item of which nobody knows yet that they have ended, and those that have.
    /// One that is no longer kept counts as ended, and not as completed.
    static let settle = Query(
        """
        WITH open AS MATERIALIZED (
            SELECT position, job_id, new_job FROM operation_items
            WHERE tenant_id = casare_tenant() AND operation_id = @operation
                AND new_job IS NOT NULL AND ended IS NULL AND position > @after
            ORDER BY position LIMIT @limit
        ), ended AS MATERIALIZED (
            SELECT open.position, open.new_job, how.kind, how.message
            FROM open CROSS JOIN LATERAL (
                SELECT kind, message FROM outcomes
                WHERE outcomes.tenant_id = casare_tenant() AND outcomes.job_id = open.new_job
                UNION ALL
                SELECT 'failed', 'it is no longer kept'
                WHERE NOT EXISTS (
                    SELECT FROM jobs WHERE jobs.tenant_id = casare_tenant() AND jobs.job_id = open.new_job)
                LIMIT 1
            ) AS how
        ), noted AS (
            UPDATE operation_items SET ended = ended.kind FROM ended
            WHERE operation_items.tenant_id = casare_tenant() AND operation_items.operation_id = @operation
                AND operation_items.position = ended.position
        )
        SELECT
            (SELECT count(*) FROM open) AS looked, (SELECT max(position) FROM open) AS last,
            (SELECT count(*) FROM ended WHERE kind = 'completed') AS completed,
            (SELECT count(*) FROM ended WHERE kind <> 'completed') AS failed,
            first.new_job AS failed_job, first.kind AS failed_kind, first.message AS failed_message
        FROM (SELECT) AS one
        LEFT JOIN LATERAL (
            SELECT new_job, kind, message FROM ended WHERE kind <> 'completed' ORDER BY position LIMIT 1
        ) AS first ON true
        """)

    static let items = Query(
        """
        SELECT position, job_id, state, new_job, ended, error FROM operation_items
        WHERE tenant_id = casare_tenant() AND operation_id = @operation AND position > @after
        ORDER BY position LIMIT @limit
        """)

    static let doneItems = Query(
        """
        SELECT position, job_id, state, new_job, ended, error FROM operation_items
        WHERE tenant_id = casare_tenant() AND operation_id = @operation AND position > @after AND state = 'done'
        ORDER BY position LIMIT @limit
        """)

    /// Saying that it is not `done` lets the plan use the index of the others.
    static let otherItems = Query(
        """
        SELECT position, job_id, state, new_job, ended, error FROM operation_items
        WHERE tenant_id = casare_tenant() AND operation_id = @operation AND position > @after AND state = @state
            AND state <> 'done'
        ORDER BY position LIMIT @limit
        """)
}
