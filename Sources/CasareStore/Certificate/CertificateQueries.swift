import CasarePostgres

enum CertificateQueries {
    private static let columns = """
        certificate_id, serial, robot_id, authority_id, subject, fingerprint, issued_at, expires_at, enrolment_id,
        renews, revoked_at, revoked_by, revoked_why
        """

    static let record = Query(
        assembled: """
            INSERT INTO robot_certificates (
                certificate_id, serial, robot_id, authority_id, subject, fingerprint, issued_at, expires_at,
                enrolment_id, renews
            ) VALUES (
                @id, @serial, @robot, @authority, @subject, @fingerprint, coalesce(@now::timestamptz, now()),
                @expires_at, @enrolment, @renews
            )
            RETURNING \(Self.columns)
            """)

    /// Newest first.
    static let list = Query(
        assembled: """
            SELECT \(Self.columns) FROM robot_certificates
            WHERE tenant_id = casare_tenant() AND (@before::uuid IS NULL OR certificate_id < @before)
            ORDER BY certificate_id DESC LIMIT @limit
            """)

    static let listOf = Query(
        assembled: """
            SELECT \(Self.columns) FROM robot_certificates
            WHERE tenant_id = casare_tenant() AND robot_id = @robot
                AND (@before::uuid IS NULL OR certificate_id < @before)
            ORDER BY certificate_id DESC LIMIT @limit
            """)

    static let get = Query(
        assembled: """
            SELECT \(Self.columns) FROM robot_certificates
            WHERE tenant_id = casare_tenant() AND serial = @serial AND robot_id = @robot
            """)

    /// The one that a robot shows, held until the commit: whoever revokes it meanwhile waits.
    static let hold = Query(
        assembled: """
            SELECT \(Self.columns) FROM robot_certificates
            WHERE tenant_id = casare_tenant() AND fingerprint = @fingerprint AND robot_id = @robot
                AND revoked_at IS NULL AND expires_at > coalesce(@now::timestamptz, now())
            FOR UPDATE
            """)

    /// One that was revoked before stays as it is. What it was renewed with goes with it, or whoever has stolen a key
    /// would stay.
    static let revoke = Query(
        assembled: """
            WITH RECURSIVE line AS (
                SELECT certificate_id, serial FROM robot_certificates
                WHERE tenant_id = casare_tenant() AND serial = @serial AND robot_id = @robot
                UNION
                SELECT next.certificate_id, next.serial
                FROM line JOIN robot_certificates AS next
                    ON next.tenant_id = casare_tenant() AND next.robot_id = @robot AND next.renews = line.serial
            )
            UPDATE robot_certificates
            SET revoked_at = coalesce(@now::timestamptz, now()), revoked_by = @by, revoked_why = @why
            WHERE tenant_id = casare_tenant() AND robot_id = @robot AND revoked_at IS NULL
                AND certificate_id = ANY (ARRAY(SELECT certificate_id FROM line))
            RETURNING \(Self.columns)
            """)

    static let revokeAll = Query(
        """
        UPDATE robot_certificates
        SET revoked_at = coalesce(@now::timestamptz, now()), revoked_by = @by, revoked_why = @why
        WHERE tenant_id = casare_tenant() AND robot_id = @robot AND revoked_at IS NULL
            AND expires_at > coalesce(@now::timestamptz, now())
        """)

    /// Runs as the system: who shows a certificate has not said which tenant it belongs to.
    static let find = Query(
        """
        SELECT known.tenant_id, known.robot_id
        FROM robot_certificates AS known
        JOIN certificate_authorities AS authority ON authority.authority_id = known.authority_id
        JOIN robots ON robots.tenant_id = known.tenant_id AND robots.robot_id = known.robot_id
        WHERE known.fingerprint = @fingerprint AND known.revoked_at IS NULL
            AND known.expires_at > coalesce(@now::timestamptz, now())
            AND authority.state <> 'retired' AND authority.not_after > coalesce(@now::timestamptz, now())
        """)

    /// Runs as the system.
    static let clean = Query(
        """
        DELETE FROM robot_certificates WHERE (tenant_id, certificate_id) IN (
            SELECT tenant_id, certificate_id FROM robot_certificates
            WHERE expires_at < coalesce(@now::timestamptz, now()) - @kept_for * interval '1 second'
            ORDER BY expires_at LIMIT @limit
            FOR UPDATE SKIP LOCKED
        )
        """)
}
