import CasarePostgres

/// Statements of the loop that looks after what is kept of schedules. They work for all tenants, each bounded and
/// without waiting for anybody.
enum ScheduleKeepingQueries {
    /// Schedules that have ticks, also those that were deleted: hops from one to the next, behind a place.
    static let page = Query(
        """
        WITH RECURSIVE found AS (
            (
                SELECT tenant_id, schedule_id, 1 AS number FROM schedule_ticks
                WHERE (tenant_id, schedule_id) > (@tenant::int4, @schedule::uuid)
                ORDER BY tenant_id, schedule_id LIMIT 1
            )
            UNION ALL
            SELECT next.tenant_id, next.schedule_id, found.number + 1
            FROM found CROSS JOIN LATERAL (
                SELECT tenant_id, schedule_id FROM schedule_ticks
                WHERE (schedule_ticks.tenant_id, schedule_ticks.schedule_id) > (found.tenant_id, found.schedule_id)
                ORDER BY tenant_id, schedule_id LIMIT 1
            ) AS next
            WHERE found.number < @limit
        )
        SELECT tenant_id, schedule_id FROM found ORDER BY tenant_id, schedule_id
        """)

    /// Ticks of some schedules that are older than that and not among the last ones, and whose jobs have ended. Of a
    /// schedule without old ticks one row is read.
    static let deleteTicks = Query(
        """
        DELETE FROM schedule_ticks WHERE ctid = ANY (ARRAY(
            SELECT old.ctid
            FROM unnest(@tenants::int4[], @schedules::uuid[]) AS asked (tenant_id, schedule_id)
            CROSS JOIN LATERAL (
                SELECT tick_at FROM schedule_ticks AS tick
                WHERE tick.tenant_id = asked.tenant_id AND tick.schedule_id = asked.schedule_id
                ORDER BY tick.tick_at, tick.origin LIMIT 1
            ) AS first
            CROSS JOIN LATERAL (
                SELECT tick_at FROM schedule_ticks AS tick
                WHERE tick.tenant_id = asked.tenant_id AND tick.schedule_id = asked.schedule_id
                    AND first.tick_at < coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day'
                ORDER BY tick.tick_at DESC, tick.origin DESC OFFSET @kept - 1 LIMIT 1
            ) AS kept
            CROSS JOIN LATERAL (
                SELECT tick.ctid FROM schedule_ticks AS tick
                WHERE tick.tenant_id = asked.tenant_id AND tick.schedule_id = asked.schedule_id
                    AND tick.tick_at < kept.tick_at
                    AND tick.last_at < coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day'
                    AND tick.result <> 'buffered' AND (tick.result <> 'fired' OR tick.ended_at IS NOT NULL)
                ORDER BY tick.tick_at LIMIT @limit
                FOR UPDATE SKIP LOCKED
            ) AS old
            LIMIT @limit
        ))
        """)

    /// Of schedules that are gone.
    static let deleteOrphans = Query(
        """
        DELETE FROM schedule_ticks WHERE ctid = ANY (ARRAY(
            SELECT old.ctid
            FROM unnest(@tenants::int4[], @schedules::uuid[]) AS asked (tenant_id, schedule_id)
            CROSS JOIN LATERAL (
                SELECT tick.ctid FROM schedule_ticks AS tick
                WHERE tick.tenant_id = asked.tenant_id AND tick.schedule_id = asked.schedule_id
                    AND tick.last_at < coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day'
                    AND (tick.result <> 'fired' OR tick.ended_at IS NOT NULL)
                ORDER BY tick.tick_at LIMIT @limit
                FOR UPDATE SKIP LOCKED
            ) AS old
            WHERE NOT EXISTS (
                SELECT FROM schedules
                WHERE schedules.tenant_id = asked.tenant_id AND schedules.schedule_id = asked.schedule_id)
            LIMIT @limit
        ))
        """)

    static let deleteBackfills = Query(
        """
        DELETE FROM backfills WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM backfills
            WHERE tenant_id = @tenant
                AND backfill_id
                    < casare_uuid_floor(coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day')
                AND finished_at < coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day'
            ORDER BY backfill_id LIMIT @limit
        ))
        """)

    static let deleteWindows = Query(
        """
        WITH gone AS MATERIALIZED (
            SELECT window_id FROM windows
            WHERE tenant_id = @tenant
                AND window_id
                    < casare_uuid_floor(coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day')
                AND closed_at < coalesce(@now::timestamptz, now()) - @days::int4 * interval '1 day'
            ORDER BY window_id LIMIT @limit
        ), items AS (
            DELETE FROM window_items USING gone
            WHERE window_items.tenant_id = @tenant AND window_items.window_id = gone.window_id
        )
        DELETE FROM windows USING gone WHERE windows.tenant_id = @tenant AND windows.window_id = gone.window_id
        """)

    static let tenants = Query("SELECT tenant_id FROM tenants ORDER BY tenant_id")
}
