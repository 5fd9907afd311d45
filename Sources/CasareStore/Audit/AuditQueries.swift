import CasarePostgres

enum AuditQueries {
    /// What stands in a row for an entry: `AuditEntry(row:)` reads it.
    private static let columns = """
        tenant_id, entry_id, casare_audit_time(at) AS at_text, actor, actor_kind, action, subject, outcome, reason,
        source, request_id, replace(trace_id::text, '-', '') AS trace, detail::text AS detail
        """

    private static let insert = """
        INSERT INTO audit_entries (
            entry_id, at, actor, actor_kind, action, subject, outcome, reason, source, request_id, trace_id, detail,
            content_hash
        )
        SELECT
            entry_id, at, @actor::text, @actor_kind::text, @action::text, @subject::text, @outcome::text,
            @reason::text, @source::text, @request::text, @trace::text::uuid, @detail::text::json,
            casare_audit_hash(
                casare_tenant(), entry_id, at, @actor::text, @actor_kind::text, @action::text, @subject::text,
                @outcome::text, @reason::text, @source::text, @request::text, @trace::text::uuid, @detail::text)
        FROM (SELECT nextval('audit_entry_ids') AS entry_id, now() AS at) AS new
        """

    static let append = Query(assembled: Self.insert)

    /// The same in a transaction that has been given a number, which is what the first change or lock of a row does.
    static let appendIfChanged = Query(
        assembled: """
            \(insert)
            WHERE pg_current_xact_id_if_assigned() IS NOT NULL
            RETURNING entry_id
            """)

    private static let conditions = """
        (@actor::text IS NULL OR actor = @actor) AND (@action::text IS NULL OR action = @action)
        AND (@prefix::text IS NULL OR starts_with(action, @prefix))
        AND (@outcome::text IS NULL OR outcome = @outcome)
        AND (@since::timestamptz IS NULL OR at >= @since) AND (@until::timestamptz IS NULL OR at < @until)
        """

    /// The newest first, among so many.
    static let list = Query(
        assembled: """
            SELECT \(columns) FROM (
                SELECT * FROM audit_entries
                WHERE tenant_id = casare_tenant() AND entry_id < @before
                ORDER BY entry_id DESC LIMIT @scanned
            ) AS scanned
            WHERE (@subject::text IS NULL OR subject = @subject) AND \(conditions)
            ORDER BY entry_id DESC LIMIT @limit
            """)

    /// The same of one secret, which has an index.
    static let listOfSecret = Query(
        assembled: """
            SELECT \(columns) FROM audit_entries
            WHERE tenant_id = casare_tenant() AND subject = @subject AND starts_with(action, 'secret.')
                AND entry_id < @before AND \(conditions) AND @scanned::bigint > 0
            ORDER BY entry_id DESC LIMIT @limit
            """)

    /// The last one that a list has read.
    static let reached = Query(
        """
        SELECT entry_id, at FROM audit_entries
        WHERE tenant_id = casare_tenant() AND entry_id < @before
        ORDER BY entry_id DESC OFFSET @skipped LIMIT 1
        """)

    static let last = Query(
        """
        SELECT coalesce(
            (SELECT entry_id FROM audit_entries WHERE tenant_id = casare_tenant() ORDER BY entry_id DESC LIMIT 1), 0
        ) AS entry_id
        """)

    static let firstFrom = Query(
        """
        SELECT entry_id, at FROM audit_entries
        WHERE tenant_id = casare_tenant() AND entry_id >= @from
        ORDER BY entry_id LIMIT 1
        """)

    // MARK: - The chain as it is read

    /// Where it ends and where what is kept of it begins; no row: nothing was ever linked.
    static let head = Query(
        """
        SELECT number, entry_id, hash, base_number, base_entry_id, base_hash FROM audit_heads
        WHERE tenant_id = casare_tenant()
        """)

    static let links = Query(
        """
        SELECT number, entry_id, hash, previous_hash FROM audit_chain
        WHERE tenant_id = casare_tenant() AND number > @after
        ORDER BY number LIMIT @limit
        """)

    /// Entries with the hashes that were written with them, of a stretch of IDs.
    static let entries = Query(
        assembled: """
            SELECT \(columns), content_hash FROM audit_entries
            WHERE tenant_id = casare_tenant() AND entry_id > @after AND entry_id <= @through
            ORDER BY entry_id LIMIT @limit
            """)

    static let place = Query(
        """
        SELECT number, entry_id, hash FROM audit_chain WHERE tenant_id = casare_tenant() AND number = @number
        """)

    static let anchors = Query(
        """
        SELECT number, hash, casare_audit_time(at) AS at_text, reason, public_key, signature FROM audit_anchors
        WHERE tenant_id = casare_tenant() AND number > @after
        ORDER BY number LIMIT @limit
        """)

    static let latestAnchors = Query(
        """
        SELECT number, hash, casare_audit_time(at) AS at_text, reason, public_key, signature FROM audit_anchors
        WHERE tenant_id = casare_tenant() AND number < @before
        ORDER BY number DESC LIMIT @limit
        """)
}
