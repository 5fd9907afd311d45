import CasarePostgres

extension ScheduleQueries {
    /// Those that ought to have fired and did not, the latest first. Where none is late, one row of the index is read:
    /// the time is computed aside, as beside row-level security only what is known not to leak may search an index.
    static let late = Query(
        """
        SELECT name, due_at FROM schedules
        WHERE tenant_id = casare_tenant() AND due_at IS NOT NULL AND paused_at IS NULL
            AND due_at < (SELECT coalesce(@now::timestamptz, now()) - make_interval(secs => @seconds))
        ORDER BY due_at LIMIT @limit
        """)
}
