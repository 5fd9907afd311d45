import CasarePostgres

enum ApprovalQueries {
    static let isNeeded = Query("SELECT requires_approval FROM tenants WHERE tenant_id = casare_tenant()")

    /// What the same person was allowed to do, and still may: once, and within its time.
    static let use = Query(
        """
        UPDATE approvals SET status = 'used'
        WHERE tenant_id = casare_tenant() AND action = @action AND subject = @subject AND asked_by = @by
            AND status = 'approved' AND detail = @detail AND expires_at > coalesce(@now::timestamptz, now())
        RETURNING *
        """)

    /// One that has expired, or asks for something else by now, makes way for the new one.
    static let supersede = Query(
        """
        UPDATE approvals SET status = 'expired'
        WHERE tenant_id = casare_tenant() AND action = @action AND subject = @subject AND asked_by = @by
            AND status IN ('awaiting_approval', 'approved')
            AND (detail <> @detail OR expires_at <= coalesce(@now::timestamptz, now()))
        """)

    /// Asking twice is asking once.
    static let ask = Query(
        """
        INSERT INTO approvals AS known (
            approval_id, action, subject, detail, reason, asked_at, asked_by, expires_at
        )
        VALUES (
            @approval, @action, @subject, @detail, @reason, coalesce(@now::timestamptz, now()), @by,
            coalesce(@now::timestamptz, now()) + @seconds * interval '1 second'
        )
        ON CONFLICT (tenant_id, action, subject, asked_by) WHERE status IN ('awaiting_approval', 'approved')
            DO UPDATE SET reason = coalesce(excluded.reason, known.reason)
        RETURNING *
        """)

    static let openCount = Query(
        """
        SELECT count(*) AS open FROM (
            SELECT FROM approvals
            WHERE tenant_id = casare_tenant() AND status IN ('awaiting_approval', 'approved') LIMIT @limit
        ) AS counted
        """)

    static let get = Query("SELECT * FROM approvals WHERE tenant_id = casare_tenant() AND approval_id = @approval")

    static let hold = Query(
        """
        SELECT *, coalesce(@now::timestamptz, now()) AS now FROM approvals
        WHERE tenant_id = casare_tenant() AND approval_id = @approval FOR UPDATE
        """)

    /// From then on the one who asked has the same time.
    static let decide = Query(
        """
        UPDATE approvals SET
            status = @status, decided_at = coalesce(@now::timestamptz, now()), decided_by = @by,
            decision_reason = @reason, expires_at = coalesce(@now::timestamptz, now()) + @seconds * interval '1 second'
        WHERE tenant_id = casare_tenant() AND approval_id = @approval
        RETURNING *
        """)

    /// Newest first.
    static let list = Query(
        """
        SELECT * FROM approvals
        WHERE tenant_id = casare_tenant() AND approval_id < @before AND (@status::text IS NULL OR status = @status)
        ORDER BY approval_id DESC LIMIT @limit
        """)

    /// Of all tenants; as the system.
    static let expire = Query(
        """
        UPDATE approvals SET status = 'expired'
        WHERE (tenant_id, approval_id) IN (
            SELECT tenant_id, approval_id FROM approvals
            WHERE status IN ('awaiting_approval', 'approved') AND expires_at <= coalesce(@now::timestamptz, now())
            ORDER BY expires_at LIMIT @limit FOR UPDATE SKIP LOCKED
        )
        RETURNING tenant_id, approval_id, action
        """)
}
