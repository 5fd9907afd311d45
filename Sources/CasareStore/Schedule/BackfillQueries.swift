import CasarePostgres

enum BackfillQueries {
    /// The forms that a schedule has had, the oldest first.
    static let forms = Query(
        """
        SELECT revision, spec, variables, since FROM schedule_revisions
        WHERE tenant_id = casare_tenant() AND schedule_id = @schedule
        ORDER BY revision DESC LIMIT @limit
        """)

    static let openCount = Query(
        """
        SELECT count(*) AS open FROM (
            SELECT FROM backfills WHERE tenant_id = casare_tenant() AND finished_at IS NULL LIMIT @limit
        ) AS counted
        """)

    static let insert = Query(
        """
        INSERT INTO backfills (
            backfill_id, schedule_id, schedule_name, from_at, until_at, rate_per_second, reason, planned,
            is_planned_exactly, look_at, created_at, created_by
        )
        VALUES (
            @backfill, @schedule, @name, @from, @until, @rate, @reason, @planned, @is_exact,
            coalesce(@now::timestamptz, now()), coalesce(@now::timestamptz, now()), @by
        )
        RETURNING *
        """)

    static let get = Query("SELECT * FROM backfills WHERE tenant_id = casare_tenant() AND backfill_id = @backfill")

    /// Newest first, below the cursor's.
    static let list = Query(
        """
        SELECT * FROM backfills
        WHERE tenant_id = casare_tenant() AND backfill_id < @before
            AND (@schedule::uuid IS NULL OR schedule_id = @schedule)
            AND (@status::text IS NULL OR status = @status)
        ORDER BY backfill_id DESC LIMIT @limit
        """)

    static let hold = Query(
        """
        SELECT *, coalesce(@now::timestamptz, now()) AS now FROM backfills
        WHERE tenant_id = casare_tenant() AND backfill_id = @backfill
        FOR UPDATE
        """)

    /// For the loop. No row: somebody else is at it, or has just been.
    static let take = Query(
        """
        SELECT *, coalesce(@now::timestamptz, now()) AS now FROM backfills
        WHERE tenant_id = casare_tenant() AND backfill_id = @backfill
            AND look_at <= coalesce(@now::timestamptz, now())
        FOR UPDATE SKIP LOCKED
        """)

    /// Of all tenants, those that have waited longest first.
    static let due = Query(
        assembled: """
            SELECT tenant_id, backfill_id FROM backfills
            WHERE look_at <= coalesce(@now::timestamptz, now())
                AND \(TenantQueries.mayBegin("backfills"))
            ORDER BY look_at LIMIT @limit
            """)

    static let save = Query(
        """
        UPDATE backfills
        SET status = @status, status_reason = @status_reason, status_by = @status_by, position_at = @position,
            submitted = @submitted, skipped = @skipped, refused = @refused, first_refusal = @first_refusal,
            look_at = @look_at, finished_at = @finished_at
        WHERE tenant_id = casare_tenant() AND backfill_id = @backfill
        RETURNING *
        """)

    static let postpone = Query(
        """
        UPDATE backfills
        SET look_at = coalesce(@now::timestamptz, now()) + @seconds::float8 * interval '1 second'
        WHERE (tenant_id, backfill_id) = (
            SELECT tenant_id, backfill_id FROM backfills
            WHERE tenant_id = casare_tenant() AND backfill_id = @backfill
                AND look_at <= coalesce(@now::timestamptz, now())
            FOR UPDATE SKIP LOCKED
        )
        """)
}
