import CasarePostgres

/// The SQL of secrets.
enum SecretQueries {
    /// What `Secret` is read from.
    private static let columns = """
        secrets.tenant_id, secrets.secret_id, secrets.name, secrets.kind, secrets.description, secrets.labels::text,
        secrets.current_version, secrets.last_version, secrets.versions_max, secrets.expires_at,
        secrets.rotation::text, secrets.rotated_at, secrets.provider, secrets.path, secrets.revision,
        secrets.deleted_at, secrets.created_at, secrets.created_by, secrets.updated_at, secrets.updated_by,
        EXISTS (
            SELECT FROM secret_rotations
            WHERE secret_rotations.tenant_id = secrets.tenant_id AND secret_rotations.secret_id = secrets.secret_id
                AND (secret_rotations.look_at = 'infinity' OR secret_rotations.until = 'infinity')
        ) AS rotation_held, coalesce(@now::timestamptz, now()) AS seen_at
        """

    /// No row where the name is taken.
    static let create = Query(
        """
        INSERT INTO secrets (
            secret_id, name, kind, description, labels, versions_max, expires_at, rotation, provider, path, created_at,
            created_by, updated_at, updated_by
        ) VALUES (
            @secret, @name, @kind, @description, @labels::text::json, @versions_max, @expires_at,
            @rotation::text::json, @provider, @path, coalesce(@now::timestamptz, now()), @by,
            coalesce(@now::timestamptz, now()), @by
        )
        ON CONFLICT (tenant_id, name) DO NOTHING
        RETURNING secret_id
        """)

    static let get = Query(
        assembled: """
            SELECT \(columns) FROM secrets WHERE secrets.tenant_id = casare_tenant() AND secrets.secret_id = @secret
            """)

    static let getByName = Query(
        assembled: """
            SELECT \(columns) FROM secrets WHERE secrets.tenant_id = casare_tenant() AND secrets.name = @name
            """)

    /// Locks the row: whoever changes the secret or its versions does so one after the other.
    static let take = Query(
        """
        SELECT secret_id FROM secrets WHERE tenant_id = casare_tenant() AND secret_id = @secret FOR NO KEY UPDATE
        """)

    /// Whose the transaction is, and when.
    static let here = Query(
        "SELECT casare_tenant() AS tenant_id, coalesce(@now::timestamptz, now()) AS seen_at")

    static let lastVersion = Query(
        "SELECT last_version FROM secrets WHERE tenant_id = casare_tenant() AND secret_id = @secret")

    static let list = Query(
        assembled: """
            SELECT \(columns) FROM secrets
            WHERE secrets.tenant_id = casare_tenant() AND secrets.name > @after AND secrets.name >= @prefix
                AND (@prefix_end::text IS NULL OR secrets.name < @prefix_end)
                AND (@kind::text IS NULL OR secrets.kind = @kind)
                AND (@labels::text IS NULL OR secrets.labels::jsonb @> @labels::text::jsonb)
                AND (@is_deleted::boolean IS NULL OR (secrets.deleted_at IS NOT NULL) = @is_deleted)
            ORDER BY secrets.name LIMIT @limit
            """)

    static let update = Query(
        """
        UPDATE secrets
        SET description = @description, labels = @labels::text::json, versions_max = @versions_max,
            expires_at = @expires_at,
            expiry_noted_at =
                CASE WHEN expires_at IS NOT DISTINCT FROM @expires_at::timestamptz THEN expiry_noted_at END,
            rotation = @rotation::text::json,
            rotation_due_at = CASE WHEN rotated_at IS NOT NULL THEN
                rotated_at + @every_seconds::double precision * interval '1 second' END,
            rotation_noted_at =
                CASE WHEN rotation::text IS NOT DISTINCT FROM @rotation::text THEN rotation_noted_at END,
            revision = revision + 1, updated_at = coalesce(@now::timestamptz, now()),
            updated_by = @by
        WHERE tenant_id = casare_tenant() AND secret_id = @secret
        """)

    /// The number is given, whatever becomes of the version; a pending one is not yet what is meant by the name.
    static let numbered = Query(
        """
        UPDATE secrets SET last_version = @version, updated_at = coalesce(@now::timestamptz, now()), updated_by = @by
        WHERE tenant_id = casare_tenant() AND secret_id = @secret AND last_version = @version::integer - 1
        RETURNING secret_id
        """)

    /// From now on the name means this version, and its age begins.
    static let setCurrent = Query(
        """
        UPDATE secrets
        SET current_version = @version, rotated_at = coalesce(@now::timestamptz, now()),
            rotation_due_at = coalesce(@now::timestamptz, now())
                + (rotation ->> 'every_seconds')::double precision * interval '1 second',
            rotation_noted_at = NULL, updated_at = coalesce(@now::timestamptz, now()), updated_by = @by
        WHERE tenant_id = casare_tenant() AND secret_id = @secret
        """)

    static let setDeleted = Query(
        """
        UPDATE secrets
        SET deleted_at = CASE WHEN @is_deleted THEN coalesce(deleted_at, @now::timestamptz, now()) END,
            updated_at = coalesce(@now::timestamptz, now()), updated_by = @by
        WHERE tenant_id = casare_tenant() AND secret_id = @secret
        """)

    static let expire = Query(
        """
        UPDATE secrets
        SET expires_at = @at,
            expiry_noted_at = CASE WHEN expires_at IS NOT DISTINCT FROM @at::timestamptz THEN expiry_noted_at END,
            revision = revision + 1, updated_at = coalesce(@now::timestamptz, now()), updated_by = @by
        WHERE tenant_id = casare_tenant() AND secret_id = @secret
        """)

    // MARK: - Versions

    /// What `SecretVersion` is read from.
    private static let versionColumns = """
        secret_versions.version, secret_versions.fields, secret_versions.expires_at, secret_versions.key_id,
        secret_versions.is_pending, secret_versions.overlap_until, secret_versions.deleted_at,
        secret_versions.destroyed_at, secret_versions.reason, secret_versions.created_at, secret_versions.created_by,
        coalesce(@now::timestamptz, now()) AS seen_at
        """

    static let addVersion = Query(
        """
        INSERT INTO secret_versions (
            secret_id, version, ciphertext, wrapped_key, key_id, fields, expires_at, is_pending, reason, created_at,
            created_by
        ) VALUES (
            @secret, @version, @ciphertext, @wrapped_key, @key_id, @fields::text[], @expires_at, @is_pending, @reason,
            coalesce(@now::timestamptz, now()), @by
        )
        """)

    static let versions = Query(
        assembled: """
            SELECT \(versionColumns) FROM secret_versions
            WHERE tenant_id = casare_tenant() AND secret_id = @secret ORDER BY version DESC
            """)

    /// With the value as it is stored.
    static let version = Query(
        assembled: """
            SELECT \(versionColumns), secret_versions.ciphertext, secret_versions.wrapped_key FROM secret_versions
            WHERE tenant_id = casare_tenant() AND secret_id = @secret AND version = @version
            """)

    static let promote = Query(
        """
        UPDATE secret_versions SET is_pending = false
        WHERE tenant_id = casare_tenant() AND secret_id = @secret AND version = @version AND is_pending
        """)

    /// Another one was rotated into its place: it counts for so long still.
    static let overlap = Query(
        """
        UPDATE secret_versions
        SET overlap_until = coalesce(@now::timestamptz, now()) + @seconds::double precision * interval '1 second'
        WHERE tenant_id = casare_tenant() AND secret_id = @secret AND version = @version
        """)

    static let setVersionsDeleted = Query(
        """
        UPDATE secret_versions
        SET deleted_at = CASE WHEN @is_deleted THEN coalesce(deleted_at, @now::timestamptz, now()) END
        WHERE tenant_id = casare_tenant() AND secret_id = @secret AND version = ANY (@versions::integer[])
            AND destroyed_at IS NULL
        """)

    /// Of the value nothing is left but the name of its fields. Also one that is deleted.
    static let destroyVersions = Query(
        """
        UPDATE secret_versions
        SET ciphertext = NULL, wrapped_key = NULL, key_id = NULL, is_pending = false,
            destroyed_at = coalesce(@now::timestamptz, now())
        WHERE tenant_id = casare_tenant() AND secret_id = @secret
            AND (@versions::integer[] IS NULL OR version = ANY (@versions::integer[])) AND destroyed_at IS NULL
        """)

    static let expireVersion = Query(
        """
        UPDATE secret_versions
        SET expires_at = @at,
            expiry_noted_at = CASE WHEN expires_at IS NOT DISTINCT FROM @at::timestamptz THEN expiry_noted_at END
        WHERE tenant_id = casare_tenant() AND secret_id = @secret AND version = @version
        """)

    /// Those beyond how many are kept, the oldest first; none that still counts beside another one. Those that are
    /// destroyed are counted by themselves: rotations that fail push no version out that has a value.
    static let prune = Query(
        """
        DELETE FROM secret_versions
        WHERE tenant_id = casare_tenant() AND secret_id = @secret AND version <= (
                SELECT kept.version FROM secret_versions AS kept
                WHERE kept.tenant_id = casare_tenant() AND kept.secret_id = @secret
                    AND (kept.destroyed_at IS NULL) = (secret_versions.destroyed_at IS NULL)
                ORDER BY kept.version DESC OFFSET @versions_max::bigint LIMIT 1
            )
            AND version <> @current_version AND NOT is_pending
            AND (overlap_until IS NULL OR overlap_until <= coalesce(@now::timestamptz, now()))
        """)
}
