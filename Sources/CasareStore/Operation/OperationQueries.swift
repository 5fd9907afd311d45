import CasarePostgres

enum OperationQueries {
    static let get = Query(
        "SELECT * FROM operations WHERE tenant_id = casare_tenant() AND operation_id = @operation")

    /// Newest first, below the cursor's.
    static let list = Query(
        """
        SELECT * FROM operations
        WHERE tenant_id = casare_tenant() AND operation_id < @before
        ORDER BY operation_id DESC LIMIT @limit
        """)

    static let listOfStatus = Query(
        """
        SELECT * FROM operations
        WHERE tenant_id = casare_tenant() AND status = @status AND operation_id < @before
        ORDER BY operation_id DESC LIMIT @limit
        """)

    static let openCount = Query(
        """
        SELECT count(*) AS open FROM (
            SELECT FROM operations WHERE tenant_id = casare_tenant() AND finished_at IS NULL LIMIT @limit
        ) AS counted
        """)

    /// One that a request with this key has made.
    static let ofKey = Query(
        """
        SELECT operation_id, request_hash FROM operations
        WHERE tenant_id = casare_tenant() AND idempotency_key = @key
        """)

    /// Two requests with one key come one after the other.
    static let lockKey = Query(
        """
        SELECT pg_advisory_xact_lock(
            hashtextextended('casare operation ' || casare_tenant() || ' ' || @key::text, 0))
        """)

    static let insert = Query(
        """
        INSERT INTO operations (
            operation_id, verb, selection, selection_name, is_filter, jobs, hash, reason, rate_per_second, canary,
            stop_on_error_rate, undo_seconds, priority, resolves, variables, patch, from_point, version,
            idempotency_key, request_hash, trace, tracestate, baggage, created_at, created_by, look_at
        )
        VALUES (
            @operation, @verb, @selection::text::json, @selection_name, @is_filter, @jobs, @hash, @reason,
            @rate_per_second, @canary, @stop_on_error_rate, @undo_seconds, @priority, @resolves, @variables::text::json,
            @patch::text::json, @from_point, @version, @key, @request_hash, @trace, @tracestate, @baggage,
            coalesce(@now::timestamptz, now()), @by,
            coalesce(@now::timestamptz, now())
        )
        RETURNING *
        """)

    // MARK: Its state

    /// For a person's word: waits until the batch that is under way has ended.
    static let hold = Query(
        """
        SELECT *, coalesce(@now::timestamptz, now()) AS now FROM operations
        WHERE tenant_id = casare_tenant() AND operation_id = @operation
        FOR UPDATE
        """)

    /// For the loop. No row: somebody else is at it, or has just been.
    static let take = Query(
        """
        SELECT *, coalesce(@now::timestamptz, now()) AS now FROM operations
        WHERE tenant_id = casare_tenant() AND operation_id = @operation
            AND look_at <= coalesce(@now::timestamptz, now())
        FOR UPDATE SKIP LOCKED
        """)

    /// Of all tenants, those that have waited longest first.
    static let due = Query(
        assembled: """
            SELECT tenant_id, operation_id FROM operations
            WHERE look_at <= coalesce(@now::timestamptz, now())
                AND \(TenantQueries.mayBegin("operations"))
            ORDER BY look_at LIMIT @limit
            """)

    /// Whoever is at it says by himself when it is looked at next.
    static let postpone = Query(
        """
        UPDATE operations
        SET look_at = coalesce(@now::timestamptz, now()) + @seconds::float8 * interval '1 second'
        WHERE (tenant_id, operation_id) = (
            SELECT tenant_id, operation_id FROM operations
            WHERE tenant_id = casare_tenant() AND operation_id = @operation
                AND look_at <= coalesce(@now::timestamptz, now())
            FOR UPDATE SKIP LOCKED
        )
        """)

    static let save = Query(
        """
        UPDATE operations
        SET phase = @phase, halt = @halt, status = @status, position = @position, done = @done,
            succeeded = @succeeded, failed = @failed, skipped = @skipped, replays_ended = @replays_ended,
            replays_completed = @replays_completed, undone = @undone, canary_passed = @canary_passed,
            samples_before = @samples_before, samples_failed_before = @samples_failed_before,
            next_due_at = @next_due_at, started_at = @started_at, finished_at = @finished_at,
            undo_until = @undo_until, status_reason = @status_reason, status_by = @status_by, look_at = @look_at,
            busy = @busy, settle_after = @settle_after, settled_at = @settled_at,
            revision = revision + CASE WHEN @is_changed::boolean THEN 1 ELSE 0 END
        WHERE tenant_id = casare_tenant() AND operation_id = @operation
        RETURNING *
        """)

    // MARK: Retention

    /// Operations that ended so long ago: their items and selections first, each in bounded batches.
    static let purging = [purgeItems, purgeChunks, purge]

    static let purgeItems = Query(
        """
        DELETE FROM operation_items WHERE ctid = ANY (ARRAY(
            SELECT item.ctid FROM operations
            CROSS JOIN LATERAL (
                SELECT operation_items.ctid FROM operation_items
                WHERE operation_items.tenant_id = operations.tenant_id
                    AND operation_items.operation_id = operations.operation_id
                LIMIT @limit
            ) AS item
            WHERE operations.tenant_id = @tenant
                AND operations.operation_id
                    < casare_uuid_floor(coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day')
                AND finished_at < coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day'
            LIMIT @limit
        ))
        """)

    static let purgeChunks = Query(
        """
        DELETE FROM operation_chunks WHERE ctid = ANY (ARRAY(
            SELECT part.ctid FROM operations
            CROSS JOIN LATERAL (
                SELECT operation_chunks.ctid FROM operation_chunks
                WHERE operation_chunks.tenant_id = operations.tenant_id
                    AND operation_chunks.operation_id = operations.operation_id
                LIMIT @limit
            ) AS part
            WHERE operations.tenant_id = @tenant
                AND operations.operation_id
                    < casare_uuid_floor(coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day')
                AND finished_at < coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day'
            LIMIT @limit
        ))
        """)

    /// Of which nothing else is left.
    static let purge = Query(
        """
        DELETE FROM operations WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM operations
            WHERE tenant_id = @tenant
                AND operation_id
                    < casare_uuid_floor(coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day')
                AND finished_at < coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day'
                AND NOT EXISTS (
                    SELECT FROM operation_items
                    WHERE operation_items.tenant_id = operations.tenant_id
                        AND operation_items.operation_id = operations.operation_id)
                AND NOT EXISTS (
                    SELECT FROM operation_chunks
                    WHERE operation_chunks.tenant_id = operations.tenant_id
                        AND operation_chunks.operation_id = operations.operation_id)
            ORDER BY operation_id LIMIT @limit
        ))
        """)
}
