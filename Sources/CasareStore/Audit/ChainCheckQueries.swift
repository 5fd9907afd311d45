import CasarePostgres

/// The SQL of checking chains. All of it runs as the system, and a row of these tables is a tenant.
enum ChainCheckQueries {
    /// Also those of which somebody has taken the whole chain away since it was checked.
    static let due = Query(
        """
        SELECT tenants.tenant_id FROM tenants
        LEFT JOIN audit_heads ON audit_heads.tenant_id = tenants.tenant_id
        LEFT JOIN chain_checks ON chain_checks.tenant_id = tenants.tenant_id
        WHERE tenants.status NOT IN ('removing', 'deleted')
            AND (audit_heads.number > audit_heads.base_number OR chain_checks.tenant_id IS NOT NULL)
            AND (chain_checks.look_at IS NULL OR chain_checks.look_at <= coalesce(@now::timestamptz, now()))
        ORDER BY chain_checks.look_at NULLS FIRST, tenants.tenant_id LIMIT @limit
        """)

    static let begin = Query(
        """
        INSERT INTO chain_checks (tenant_id, began_at, look_at)
        VALUES (@tenant, coalesce(@now::timestamptz, now()), coalesce(@now::timestamptz, now()))
        ON CONFLICT (tenant_id) DO NOTHING
        """)

    static let place = Query("SELECT number, entry_id, hash FROM chain_checks WHERE tenant_id = @tenant")

    /// From the place at which a part began; no row where somebody else has moved on from there.
    static let move = Query(
        """
        UPDATE chain_checks
        SET number = @number, entry_id = @entry, hash = @hash,
            began_at = CASE WHEN number IS NULL THEN coalesce(@now::timestamptz, now()) ELSE began_at END,
            ended_at = CASE WHEN @is_over::boolean THEN coalesce(@now::timestamptz, now()) ELSE ended_at END,
            fault = CASE WHEN @is_over::boolean THEN @fault ELSE fault END,
            fault_number = CASE WHEN @is_over::boolean THEN @fault_number ELSE fault_number END,
            look_at = coalesce(@now::timestamptz, now())
                + CASE WHEN @is_over::boolean THEN @pause_seconds::float8 ELSE 0 END * interval '1 second'
        WHERE tenant_id = @tenant AND number IS NOT DISTINCT FROM @number_before::bigint
            AND look_at <= coalesce(@now::timestamptz, now())
        RETURNING tenant_id
        """)

    /// Whoever has a chain and was never checked waits since the first entry that is kept of it. What was found of one
    /// that is being taken away, or is gone, says nothing any more: nobody checks it again.
    static let standing = Query(
        """
        SELECT
            extract(epoch FROM min(coalesce(checked.ended_at, checked.began_at, first.at)))::float8
                AS verified_seconds,
            count(*) FILTER (WHERE checked.fault IS NOT NULL) AS broken,
            extract(epoch FROM max(head.anchored_at) FILTER (WHERE head.anchored_number > 0))::float8
                AS anchored_seconds,
            greatest(coalesce(max(extract(epoch FROM clock.now - unlinked.at)), 0), 0)::float8 AS unlinked_seconds,
            greatest(coalesce(max(extract(epoch FROM clock.now - unanchored.at)), 0), 0)::float8
                AS unanchored_seconds
        FROM tenants
        CROSS JOIN (SELECT coalesce(@now::timestamptz, now()) AS now) AS clock
        LEFT JOIN audit_heads AS head ON head.tenant_id = tenants.tenant_id
        LEFT JOIN chain_checks AS checked ON checked.tenant_id = tenants.tenant_id
            AND tenants.status NOT IN ('removing', 'deleted')
        LEFT JOIN LATERAL (
            SELECT audit_entries.at FROM audit_entries
            WHERE audit_entries.tenant_id = tenants.tenant_id AND audit_entries.entry_id > head.base_entry_id
            ORDER BY audit_entries.entry_id LIMIT 1
        ) AS first ON checked.tenant_id IS NULL AND head.number > head.base_number
            AND tenants.status NOT IN ('removing', 'deleted')
        LEFT JOIN LATERAL (
            SELECT audit_entries.at FROM audit_entries
            WHERE audit_entries.tenant_id = tenants.tenant_id
                AND audit_entries.entry_id > coalesce(head.entry_id, 0)
            ORDER BY audit_entries.entry_id LIMIT 1
        ) AS unlinked ON true
        LEFT JOIN LATERAL (
            SELECT audit_entries.at FROM audit_chain
            JOIN audit_entries ON audit_entries.tenant_id = audit_chain.tenant_id
                AND audit_entries.entry_id = audit_chain.entry_id
            WHERE audit_chain.tenant_id = tenants.tenant_id AND audit_chain.number = head.anchored_number + 1
        ) AS unanchored ON head.number > head.anchored_number
        """)
}
