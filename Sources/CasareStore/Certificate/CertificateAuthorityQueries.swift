import CasarePostgres

/// Of the whole installation: all of them run as the system.
enum CertificateAuthorityQueries {
    private static let columns = """
        authority_id, certificate, fingerprint, subject, not_before, not_after, state, created_at, created_by,
        retiring_at, retired_at
        """

    /// Newest first: there are few.
    static let list = Query(
        assembled: "SELECT \(Self.columns) FROM certificate_authorities ORDER BY authority_id DESC LIMIT @limit")

    /// The one that signs, with its key.
    static let active = Query(
        assembled: """
            SELECT \(Self.columns), ciphertext, wrapped_key, key_id FROM certificate_authorities
            WHERE state = 'active'
            """)

    /// No row where another one signs.
    static let begin = Query(
        assembled: """
            INSERT INTO certificate_authorities (
                authority_id, certificate, fingerprint, subject, not_before, not_after, state, ciphertext, wrapped_key,
                key_id, created_at, created_by
            ) VALUES (
                @id, @certificate, @fingerprint, @subject, @not_before, @not_after, 'active', @ciphertext, @wrapped_key,
                @key_id, coalesce(@now::timestamptz, now()), @by
            )
            ON CONFLICT (state) WHERE state = 'active' DO NOTHING
            RETURNING \(Self.columns)
            """)

    /// It signs nothing any more, so its key goes.
    static let retire = Query(
        """
        UPDATE certificate_authorities
        SET state = 'retiring', retiring_at = coalesce(@now::timestamptz, now()), ciphertext = NULL,
            wrapped_key = NULL, key_id = NULL
        WHERE authority_id = @id AND state = 'active'
        RETURNING authority_id
        """)

    /// Those of which nothing counts any more. What is signed just now may come a moment later than the look for it, so
    /// one that has only just ceased to sign stays.
    static let finish = Query(
        assembled: """
            UPDATE certificate_authorities AS old
            SET state = 'retired', retired_at = coalesce(@now::timestamptz, now())
            WHERE state = 'retiring'
                AND retiring_at < coalesce(@now::timestamptz, now()) - @grace * interval '1 second'
                AND least(not_after, coalesce((
                    SELECT max(signed.expires_at) FROM robot_certificates AS signed
                    WHERE signed.authority_id = old.authority_id AND signed.revoked_at IS NULL
                ), '-infinity')) <= coalesce(@now::timestamptz, now())
            RETURNING \(Self.columns)
            """)

    // MARK: - Change of keys

    /// Keys in the order of their authorities, whatever they are wrapped with.
    static let wrapped = Query(
        """
        SELECT authority_id, ciphertext, wrapped_key, key_id FROM certificate_authorities
        WHERE authority_id > @id AND ciphertext IS NOT NULL
        ORDER BY authority_id LIMIT @limit
        """)

    /// Nothing where the row has another key by now, or none.
    static let rewrap = Query(
        """
        UPDATE certificate_authorities SET wrapped_key = new.wrapped_key, key_id = @key
        FROM unnest(@ids::uuid[], @before::bytea[], @after::bytea[]) AS new (authority_id, before, wrapped_key)
        WHERE certificate_authorities.authority_id = new.authority_id
            AND certificate_authorities.wrapped_key = new.before
        """)
}
