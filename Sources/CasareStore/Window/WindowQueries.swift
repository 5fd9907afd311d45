import CasarePostgres

enum WindowQueries {
    static let openCount = Query(
        """
        SELECT count(*) AS open FROM (
            SELECT FROM windows WHERE tenant_id = casare_tenant() AND closed_at IS NULL LIMIT @limit
        ) AS counted
        """)

    static let insert = Query(
        """
        INSERT INTO windows (window_id, until_at, reason, selection, opened_at, opened_by)
        VALUES (@window, @until, @reason, @selection::text::json, coalesce(@now::timestamptz, now()), @by)
        """)

    static let insertItems = Query(
        """
        INSERT INTO window_items (window_id, schedule_id, was_paused, prior_by, prior_reason, prior_until)
        SELECT @window, schedule_id, was_paused, prior_by, prior_reason, prior_until
        FROM unnest(
            @schedules::uuid[], @paused::bool[], @prior_by::text[], @prior_reasons::text[],
            @prior_until::timestamptz[]
        ) AS found (schedule_id, was_paused, prior_by, prior_reason, prior_until)
        """)

    private static let columns = """
        windows.*,
        (
            SELECT count(*) FROM window_items
            WHERE window_items.tenant_id = casare_tenant() AND window_items.window_id = windows.window_id
        ) AS selected,
        (
            SELECT count(*) FROM window_items
            WHERE window_items.tenant_id = casare_tenant() AND window_items.window_id = windows.window_id
                AND NOT was_paused
        ) AS paused,
        (
            SELECT count(*) FROM window_items
            WHERE window_items.tenant_id = casare_tenant() AND window_items.window_id = windows.window_id
                AND is_restored
        ) AS restored
        """

    static let get = Query(
        assembled: """
            SELECT \(columns) FROM windows WHERE tenant_id = casare_tenant() AND window_id = @window
            """)

    /// Newest first, below the cursor's.
    static let list = Query(
        assembled: """
            SELECT \(columns) FROM windows
            WHERE tenant_id = casare_tenant() AND window_id < @before
                AND (@is_open::boolean IS NULL OR (closed_at IS NULL) = @is_open)
            ORDER BY window_id DESC LIMIT @limit
            """)

    /// No row: there is no such window. Whoever comes second waits, and finds it closed.
    static let hold = Query(
        """
        SELECT closed_at, coalesce(@now::timestamptz, now()) AS now FROM windows
        WHERE tenant_id = casare_tenant() AND window_id = @window
        FOR UPDATE
        """)

    /// All that are open, in the order in which all lock them.
    static let holdOpen = Query(
        """
        SELECT window_id FROM windows
        WHERE tenant_id = casare_tenant() AND closed_at IS NULL
        ORDER BY window_id
        FOR UPDATE
        """)

    /// Gives pauses of a window to others that are open and found the schedules paused by it: to those that close last,
    /// with the pauses that were before. The schedules are locked, and nobody has touched them.
    static let handOver = Query(
        """
        WITH others AS MATERIALIZED (
            SELECT
                asked.schedule_id, other.window_id, other.opened_by, other.reason, mine.prior_by, mine.prior_reason,
                mine.prior_until
            FROM unnest(@schedules::uuid[]) AS asked (schedule_id)
            CROSS JOIN LATERAL (
                SELECT windows.window_id, windows.opened_by, windows.reason FROM windows
                WHERE windows.tenant_id = casare_tenant() AND windows.closed_at IS NULL
                    AND windows.window_id <> @window::uuid
                    AND (
                        SELECT true FROM window_items AS item
                        WHERE item.tenant_id = casare_tenant() AND item.window_id = windows.window_id
                            AND item.schedule_id = asked.schedule_id LIMIT 1
                    )
                ORDER BY windows.until_at DESC, windows.window_id LIMIT 1
            ) AS other
            LEFT JOIN LATERAL (
                SELECT prior_by, prior_reason, prior_until FROM window_items AS item
                WHERE item.tenant_id = casare_tenant() AND item.window_id = @window::uuid
                    AND item.schedule_id = asked.schedule_id LIMIT 1
            ) AS mine ON true
        ), noted AS (
            UPDATE window_items
            SET was_paused = false, prior_by = others.prior_by, prior_reason = others.prior_reason,
                prior_until = others.prior_until
            FROM others
            WHERE window_items.tenant_id = casare_tenant() AND window_items.window_id = others.window_id
                AND window_items.schedule_id = others.schedule_id
        )
        UPDATE schedules SET paused_by = others.opened_by, pause_reason = others.reason, pause_window = others.window_id
        FROM others
        WHERE schedules.tenant_id = casare_tenant() AND schedules.schedule_id = others.schedule_id
        RETURNING schedules.schedule_id
        """)

    /// Schedules whose pause is still the one that the window made, in the order in which all lock them.
    static let untouched = Query(
        """
        SELECT schedule_id FROM schedules
        WHERE tenant_id = casare_tenant() AND pause_window = @window::uuid
        ORDER BY schedule_id LIMIT @limit
        """)

    /// The pauses that schedules had which the window has paused instead.
    static let priors = Query(
        """
        SELECT schedule_id, prior_by, prior_reason, prior_until FROM window_items
        WHERE tenant_id = casare_tenant() AND window_id = @window AND prior_until IS NOT NULL
        """)

    static let restored = Query(
        """
        UPDATE window_items SET is_restored = true
        WHERE tenant_id = casare_tenant() AND window_id = @window AND schedule_id = ANY (@schedules::uuid[])
        """)

    static let close = Query(
        """
        UPDATE windows SET closed_at = coalesce(@now::timestamptz, now()), closed_by = @by
        WHERE tenant_id = casare_tenant() AND window_id = @window
        """)

    /// Of all tenants, those whose time is over.
    static let due = Query(
        """
        SELECT tenant_id, window_id FROM windows
        WHERE closed_at IS NULL AND until_at <= coalesce(@now::timestamptz, now())
        ORDER BY until_at LIMIT @limit
        """)
}
