import CasarePostgres

/// The SQL of a change of the key that all others are wrapped with. Of all tenants: run as the system.
enum RekeyQueries {
    private static let columns = """
        rekey_id, key_id, started_at, started_by, finished_at, phase, place_tenant, place_id, place_number, done,
        done_in_pass, failed, failures::text, moved_at
        """

    /// No row while another one is under way.
    static let start = Query(
        assembled: """
            INSERT INTO vault_rekeys (key_id, started_at, started_by, moved_at)
            VALUES (@key, coalesce(@now::timestamptz, now()), @by, coalesce(@now::timestamptz, now()))
            ON CONFLICT ((finished_at IS NULL)) WHERE finished_at IS NULL DO NOTHING
            RETURNING \(columns)
            """)

    /// One that is under way wraps with this key from now on, from the beginning.
    static let redirect = Query(
        assembled: """
            UPDATE vault_rekeys
            SET key_id = @key, phase = 'versions', place_tenant = 0,
                place_id = '00000000-0000-0000-0000-000000000000', place_number = 0, done_in_pass = 0, failed = 0,
                failures = '[]', moved_at = coalesce(@now::timestamptz, now())
            WHERE finished_at IS NULL AND key_id <> @key
            RETURNING \(columns)
            """)

    static let last = Query(
        assembled: "SELECT \(columns) FROM vault_rekeys ORDER BY rekey_id DESC LIMIT 1")

    static let open = Query(assembled: "SELECT \(columns) FROM vault_rekeys WHERE finished_at IS NULL")

    // MARK: - Batches

    /// The next versions in the order of the key, whatever they are wrapped with: so that the place moves on. Also
    /// those whose secret is gone, as they are while a tenant is being removed: without them a batch would look like
    /// the end.
    static let versions = Query(
        """
        SELECT
            batch.tenant_id, batch.secret_id, batch.version, batch.ciphertext, batch.wrapped_key, batch.key_id,
            batch.fields, secrets.name
        FROM (
            SELECT
                tenant_id, secret_id, version, wrapped_key, key_id, fields,
                CASE WHEN key_id <> @key THEN ciphertext END AS ciphertext
            FROM secret_versions
            WHERE (tenant_id, secret_id, version) > (@tenant::integer, @id::uuid, @number::integer)
            ORDER BY tenant_id, secret_id, version LIMIT @limit
        ) AS batch
        LEFT JOIN secrets ON secrets.tenant_id = batch.tenant_id AND secrets.secret_id = batch.secret_id
        ORDER BY batch.tenant_id, batch.secret_id, batch.version
        """)

    static let triggers = Query(
        """
        SELECT tenant_id, trigger_id, number, sealed, key_id FROM trigger_secrets
        WHERE (tenant_id, trigger_id, number) > (@tenant::integer, @id::uuid, @number::integer)
        ORDER BY tenant_id, trigger_id, number LIMIT @limit
        """)

    /// Nothing where the row has another key by now, or none.
    static let rewrap = Query(
        """
        UPDATE secret_versions SET wrapped_key = new.wrapped_key, key_id = @key
        FROM unnest(
            @tenants::integer[], @ids::uuid[], @numbers::integer[], @before::bytea[], @after::bytea[]
        ) AS new (tenant_id, secret_id, version, before, wrapped_key)
        WHERE secret_versions.tenant_id = new.tenant_id AND secret_versions.secret_id = new.secret_id
            AND secret_versions.version = new.version AND secret_versions.wrapped_key = new.before
        """)

    static let reseal = Query(
        """
        UPDATE trigger_secrets SET sealed = new.sealed, key_id = @key
        FROM unnest(
            @tenants::integer[], @ids::uuid[], @numbers::integer[], @before::bytea[], @after::bytea[]
        ) AS new (tenant_id, trigger_id, number, before, sealed)
        WHERE trigger_secrets.tenant_id = new.tenant_id AND trigger_secrets.trigger_id = new.trigger_id
            AND trigger_secrets.number = new.number AND trigger_secrets.sealed = new.before
        """)

    /// From the place at which a batch began; no row where somebody else has moved on from there.
    static let move = Query(
        """
        UPDATE vault_rekeys
        SET phase = @phase, place_tenant = @tenant, place_id = @id, place_number = @number, done = done + @done,
            done_in_pass = CASE WHEN @is_new_pass THEN 0 ELSE done_in_pass + @done END,
            failed = CASE WHEN @is_new_pass THEN 0 ELSE failed + @failed END,
            failures = CASE WHEN @is_new_pass THEN '[]'::json ELSE @failures::text::json END,
            finished_at = CASE WHEN @is_finished THEN coalesce(@now::timestamptz, now()) END,
            moved_at = coalesce(@now::timestamptz, now())
        WHERE rekey_id = @rekey AND finished_at IS NULL AND key_id = @key AND phase = @phase_before
            AND (place_tenant, place_id, place_number) = (@tenant_before, @id_before, @number_before)
        RETURNING rekey_id
        """)
}
