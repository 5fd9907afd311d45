import CasarePostgres

/// Statements of the loops that link and remove entries. They run as the system.
enum AuditChainQueries {
    /// The last number that was given out.
    static let last = Query("SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS entry_id FROM audit_entry_ids")

    /// The transactions that have written entries or are about to. To be run after `last`.
    static let writers = Query(
        """
        SELECT ARRAY(
            SELECT pg_locks.virtualtransaction FROM pg_locks
            WHERE pg_locks.locktype = 'relation' AND pg_locks.relation = 'audit_entries'::regclass
                AND pg_locks.database = (
                    SELECT pg_database.oid FROM pg_database WHERE pg_database.datname = current_database())
                AND pg_locks.mode = 'RowExclusiveLock' AND pg_locks.granted
        ) AS writers
        """)

    /// Tenants with entries to link, up to a number, or links to put on record.
    static let due = Query(
        """
        SELECT tenants.tenant_id FROM tenants
        LEFT JOIN audit_heads AS head ON head.tenant_id = tenants.tenant_id
        WHERE EXISTS (
                SELECT FROM audit_entries
                WHERE audit_entries.tenant_id = tenants.tenant_id AND audit_entries.entry_id > coalesce(head.entry_id, 0)
                    AND audit_entries.entry_id <= @through)
            OR (
                head.number > head.anchored_number
                AND head.anchored_at <= now() - @anchor_seconds * interval '1 second')
        ORDER BY tenants.tenant_id LIMIT @limit
        """)

    static let makeHead = Query(
        "INSERT INTO audit_heads (tenant_id) VALUES (@tenant) ON CONFLICT (tenant_id) DO NOTHING")

    /// Held until the commit: one at a time makes a chain longer or shorter.
    static let holdHead = Query(
        """
        SELECT
            number, entry_id, hash, base_number, base_entry_id, base_hash, anchored_number,
            coalesce(anchored_at <= now() - @anchor_seconds * interval '1 second', false) AS is_anchor_due
        FROM audit_heads WHERE tenant_id = @tenant FOR NO KEY UPDATE
        """)

    static let unlinked = Query(
        """
        SELECT entry_id, content_hash, extract(epoch FROM clock_timestamp() - at)::float8 AS age FROM audit_entries
        WHERE tenant_id = @tenant AND entry_id > @after AND entry_id <= @through
        ORDER BY entry_id LIMIT @limit
        """)

    static let link = Query(
        """
        INSERT INTO audit_chain (tenant_id, number, entry_id, hash, previous_hash)
        SELECT @tenant::int4, link.number, link.entry_id, link.hash, link.previous_hash
        FROM unnest(@numbers::int8[], @entries::int8[], @hashes::bytea[], @previous::bytea[])
            AS link (number, entry_id, hash, previous_hash)
        """)

    static let moveHead = Query(
        "UPDATE audit_heads SET number = @number, entry_id = @entry, hash = @hash WHERE tenant_id = @tenant")

    // MARK: - Anchors

    static let time = Query("SELECT casare_audit_time(now()) AS at_text")

    /// One that is there already stays: it says the same.
    static let anchor = Query(
        """
        INSERT INTO audit_anchors (tenant_id, number, hash, at, reason, public_key, signature)
        VALUES (@tenant, @number, @hash, now(), @reason, @public_key, @signature)
        ON CONFLICT (tenant_id, number) DO NOTHING
        """)

    static let anchored = Query(
        "UPDATE audit_heads SET anchored_number = @number, anchored_at = now() WHERE tenant_id = @tenant")

    /// The same, and the time to the next regular one goes on.
    static let covered = Query("UPDATE audit_heads SET anchored_number = @number WHERE tenant_id = @tenant")

    // MARK: - Retention

    /// Tenants whose first kept entry is too old, by what they have or else the installation; 0 is for ever.
    static let outlived = Query(
        """
        SELECT audit_heads.tenant_id, kept.days FROM audit_heads
        JOIN tenants ON tenants.tenant_id = audit_heads.tenant_id
        CROSS JOIN LATERAL (SELECT coalesce(tenants.audit_days, @days::integer) AS days) AS kept
        JOIN LATERAL (
            SELECT audit_entries.at FROM audit_entries
            WHERE audit_entries.tenant_id = audit_heads.tenant_id AND audit_entries.entry_id > audit_heads.base_entry_id
            ORDER BY audit_entries.entry_id LIMIT 1
        ) AS first ON first.at < coalesce(@now::timestamptz, now()) - kept.days * interval '1 day'
        WHERE kept.days > 0 AND audit_heads.base_number + 1 < audit_heads.number
        ORDER BY audit_heads.tenant_id LIMIT @limit
        """)

    /// The first links that are kept, but never the last one of the chain, and whether their entries are too old; one
    /// whose entry is gone ends it, for `verify` to find.
    static let oldest = Query(
        """
        SELECT
            link.number, link.entry_id, link.hash,
            coalesce(
                (
                    SELECT audit_entries.at < now() - @days * interval '1 day'
                    FROM audit_entries
                    WHERE audit_entries.tenant_id = @tenant AND audit_entries.entry_id = link.entry_id
                ), false) AS is_old
        FROM (
            SELECT number, entry_id, hash FROM audit_chain
            WHERE tenant_id = @tenant AND number > @after AND number < @before
            ORDER BY number LIMIT @limit
        ) AS link
        ORDER BY link.number
        """)

    /// Removes the links up to a number with the entries that they name, and moves the beginning there. An error where
    /// not all of them may go, or no anchor is on record for the number.
    static let remove = Query(
        "SELECT casare_remove_audit(@tenant::int4, @number::int8, @days::int4) AS removed")
}
