import CasarePostgres

/// The SQL of items.
enum WorkItemQueries {
    /// What `WorkItem` and `WorkItemState` are read from.
    private static let columns = """
        work_items.item_id, work_items.reference, work_items.data::text AS data, work_items.output::text AS output,
        work_items.status, work_items.priority, work_items.retries, work_items.deadline, work_items.postpone_until,
        work_items.error_type, work_items.error, work_items.token, work_items.taken_by, work_items.job_id,
        work_items.robot, work_items.taken_at, work_items.lease_until, work_items.is_ready, work_items.created_at,
        work_items.created_by, work_items.updated_at, work_items.finished_at
        """

    /// Those whose reference another item holds already are left out.
    static let add = Query(
        """
        INSERT INTO work_items (
            item_id, item_queue_id, reference, holds_reference, data, priority, deadline, postpone_until, is_ready,
            look_at, created_at, created_by, updated_at
        )
        SELECT
            new.item_id, @queue::uuid, new.reference, @is_unique::boolean AND new.reference IS NOT NULL, new.data::json, new.priority,
            new.deadline, CASE WHEN NOT new.is_ready THEN new.postpone_until END, new.is_ready,
            CASE WHEN new.is_ready THEN new.deadline ELSE least(new.postpone_until, new.deadline) END, new.at,
            @by::text, new.at
        FROM (
            SELECT
                given.*, coalesce(@now::timestamptz, now()) AS at,
                given.postpone_until IS NULL OR given.postpone_until <= coalesce(@now::timestamptz, now()) AS is_ready
            FROM unnest(
                @items::uuid[], @references::text[], @data::text[], @priorities::int2[], @deadlines::timestamptz[],
                @postponed::timestamptz[]
            ) WITH ORDINALITY AS given (item_id, reference, data, priority, deadline, postpone_until, position)
        ) AS new
        ORDER BY new.position
        ON CONFLICT (tenant_id, item_queue_id, reference) WHERE holds_reference DO NOTHING
        RETURNING item_id
        """)

    /// The items that hold references.
    static let holders = Query(
        """
        SELECT reference, item_id FROM work_items
        WHERE tenant_id = casare_tenant() AND item_queue_id = @queue AND reference = ANY (@references::text[])
            AND holds_reference
        """)

    static let get = Query(
        assembled: """
            SELECT \(columns) FROM work_items
            WHERE work_items.tenant_id = casare_tenant() AND work_items.item_queue_id = @queue
                AND work_items.item_id = @item
            """)

    /// The newest of a reference; one that was deleted only where there is no other.
    static let ofReference = Query(
        """
        SELECT item_id FROM (
            SELECT item_id, status FROM work_items
            WHERE tenant_id = casare_tenant() AND item_queue_id = @queue AND reference = @reference
            ORDER BY item_id DESC LIMIT @limit
        ) AS latest
        ORDER BY status = 'deleted', item_id DESC LIMIT 1
        """)

    /// For whoever says something of it.
    static let hold = Query(
        assembled: """
            SELECT \(columns) FROM work_items
            WHERE work_items.tenant_id = casare_tenant() AND work_items.item_queue_id = @queue
                AND work_items.item_id = @item
            FOR UPDATE
            """)

    // MARK: - Lists, the newest first and below the cursor's

    static let list = Query(
        assembled: """
            SELECT \(columns) FROM work_items
            WHERE work_items.tenant_id = casare_tenant() AND work_items.item_queue_id = @queue
                AND work_items.item_id < @before
                AND (@error_type::text IS NULL OR work_items.error_type = @error_type)
            ORDER BY work_items.item_id DESC LIMIT @limit
            """)

    static let listOfStatus = Query(
        assembled: """
            SELECT \(columns) FROM work_items
            WHERE work_items.tenant_id = casare_tenant() AND work_items.item_queue_id = @queue
                AND work_items.status = @status AND work_items.item_id < @before
                AND (@error_type::text IS NULL OR work_items.error_type = @error_type)
            ORDER BY work_items.item_id DESC LIMIT @limit
            """)

    static let listOfReference = Query(
        assembled: """
            SELECT \(columns) FROM work_items
            WHERE work_items.tenant_id = casare_tenant() AND work_items.item_queue_id = @queue
                AND work_items.reference = @reference AND work_items.item_id < @before
                AND (@status::text IS NULL OR work_items.status = @status)
                AND (@error_type::text IS NULL OR work_items.error_type = @error_type)
            ORDER BY work_items.item_id DESC LIMIT @limit
            """)

    // MARK: - Taking, and what time does

    /// The first that is ready and that nobody else is at.
    static let next = Query(
        assembled: """
            SELECT \(columns) FROM work_items
            WHERE work_items.tenant_id = casare_tenant() AND work_items.item_queue_id = @queue
                AND work_items.is_ready
                AND (work_items.deadline IS NULL OR work_items.deadline > coalesce(@now::timestamptz, now()))
            ORDER BY work_items.priority DESC, work_items.item_id
            LIMIT 1
            FOR UPDATE SKIP LOCKED
            """)

    static let token = Query("SELECT nextval('work_item_tokens') AS token")

    /// Those of a queue to which time does something, and that nobody else is at. The time is given: compared with what a
    /// function says, a row of a tenant is not found by an index.
    static let looked = Query(
        assembled: """
            SELECT \(columns) FROM work_items
            WHERE work_items.tenant_id = casare_tenant() AND work_items.item_queue_id = @queue
                AND work_items.look_at <= @at
            ORDER BY work_items.look_at
            LIMIT @limit
            FOR UPDATE SKIP LOCKED
            """)

    /// The queues of all tenants with such items. Those of deleted queues are stepped over: they must not keep others
    /// from their turn until they are removed.
    static let due = Query(
        """
        SELECT DISTINCT tenant_id, item_queue_id FROM (
            SELECT tenant_id, item_queue_id FROM work_items
            WHERE look_at <= coalesce(@now::timestamptz, now())
                AND (
                    SELECT true FROM item_queues
                    WHERE item_queues.tenant_id = work_items.tenant_id
                        AND item_queues.item_queue_id = work_items.item_queue_id
                        AND item_queues.deleted_at IS NULL LIMIT 1
                )
            ORDER BY look_at LIMIT @limit
        ) AS due
        """)

    /// The rules of a queue by its ID; no row: it is deleted.
    static let queue = Query(
        """
        SELECT *, coalesce(@now::timestamptz, now()) AS now FROM item_queues
        WHERE tenant_id = casare_tenant() AND item_queue_id = @queue AND deleted_at IS NULL
        """)

    /// Where items stand now.
    static let save = Query(
        """
        UPDATE work_items
        SET status = state.status, retries = state.retries, deadline = state.deadline,
            postpone_until = state.postpone_until, error_type = state.error_type, error = state.error,
            output = state.output::json, token = state.token, taken_by = state.taken_by, job_id = state.job_id,
            robot = state.robot, taken_at = state.taken_at, lease_until = state.lease_until,
            is_ready = state.is_ready, look_at = state.look_at, finished_at = state.finished_at,
            holds_reference = work_items.holds_reference AND state.status <> 'deleted',
            updated_at = coalesce(@now::timestamptz, now())
        FROM unnest(
            @items::uuid[], @statuses::text[], @retries::int4[], @deadlines::timestamptz[], @postponed::timestamptz[],
            @error_types::text[], @errors::text[], @outputs::text[], @tokens::int8[], @takers::text[], @jobs::uuid[],
            @robots::text[], @taken_at::timestamptz[], @lease_until::timestamptz[], @ready::bool[],
            @look_at::timestamptz[], @finished_at::timestamptz[]
        ) AS state (
            item_id, status, retries, deadline, postpone_until, error_type, error, output, token, taken_by, job_id,
            robot, taken_at, lease_until, is_ready, look_at, finished_at
        )
        WHERE work_items.tenant_id = casare_tenant() AND work_items.item_id = ANY (@items::uuid[])
            AND work_items.item_id = state.item_id
        """)

    // MARK: - What goes, of all tenants

    static let removeFinished = Query(
        """
        DELETE FROM work_items WHERE (tenant_id, item_id) IN (
            SELECT tenant_id, item_id FROM work_items
            WHERE finished_at < coalesce(@now::timestamptz, now()) - @days::integer * interval '1 day'
            ORDER BY finished_at LIMIT @limit
            FOR UPDATE SKIP LOCKED
        )
        RETURNING item_id
        """)

    static let removeOf = Query(
        """
        DELETE FROM work_items WHERE (tenant_id, item_id) IN (
            SELECT tenant_id, item_id FROM work_items
            WHERE tenant_id = @tenant AND item_queue_id = @queue
            ORDER BY item_id LIMIT @limit
            FOR UPDATE SKIP LOCKED
        )
        RETURNING item_id
        """)
}
