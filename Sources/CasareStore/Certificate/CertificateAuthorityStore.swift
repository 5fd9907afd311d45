package import CasarePostgres
package import FoundationEssentials

/// The authorities of the installation. Call within `Database.asSystem`.
package enum CertificateAuthorityStore {
    /// Of a list: a new one comes every few years.
    package static let listedMax = 100
    /// For so long one that has ceased to sign counts in any case.
    private static let grace = Duration.seconds(60)

    /// Newest first, also retired ones; at most `listedMax`.
    package static func list(on connection: isolated PostgresConnection) throws -> [CertificateAuthority] {
        try connection.execute(CertificateAuthorityQueries.list, ["limit": .int(self.listedMax)])
            .map(CertificateAuthority.init(row:))
    }

    /// Those whose certificates count, newest first.
    package static func trusted(on connection: isolated PostgresConnection) throws -> [CertificateAuthority] {
        try self.list(on: connection).filter { authority in
            switch authority.state {
            case .active, .retiring: true
            case .retired: false
            }
        }
    }

    /// The one that signs, with its key; `nil`: there is none yet.
    package static func active(
        on connection: isolated PostgresConnection
    ) throws -> (authority: CertificateAuthority, key: SealedAuthorityKey)? {
        guard let row = try connection.execute(CertificateAuthorityQueries.active).first else { return nil }
        let authority = try CertificateAuthority(row: row)
        return (authority, try SealedAuthorityKey(row: row))
    }

    /// Makes the first one. Of several who do at once one does, and all get that.
    package static func begin(
        _ new: NewCertificateAuthority, by person: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> CertificateAuthority {
        if let begun = try self.insert(new, by: person, now: now, on: connection) { return begun }
        guard let active = try self.active(on: connection) else {
            throw StoreError.contended("the certificate authority")
        }
        return active.authority
    }

    /// Puts another one in the place of the one that signs. What that has signed counts on.
    ///
    /// - Parameter old: the one that signs now.
    /// - Throws: `.contended` where another one signs by now: nothing is changed then.
    package static func replace(
        _ old: CertificateAuthority.ID, with new: NewCertificateAuthority, by person: String, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> CertificateAuthority {
        try connection.transaction { connection in
            let retired = try connection.execute(
                CertificateAuthorityQueries.retire, ["id": .uuid(old.rawValue), "now": .timestamp(now)])
            guard !retired.isEmpty, let begun = try self.insert(new, by: person, now: now, on: connection) else {
                throw StoreError.contended("the certificate authority")
            }
            return begun
        }
    }

    /// Ends those of which nothing counts any more.
    ///
    /// - Returns: those.
    package static func finish(
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [CertificateAuthority] {
        try connection.execute(
            CertificateAuthorityQueries.finish,
            ["grace": .double(self.grace / .seconds(1)), "now": .timestamp(now)]
        ).map(CertificateAuthority.init(row:))
    }

    private static func insert(
        _ new: NewCertificateAuthority, by person: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> CertificateAuthority? {
        try connection.execute(
            CertificateAuthorityQueries.begin,
            [
                "id": .uuid(new.id.rawValue), "certificate": .text(new.certificate),
                "fingerprint": .text(new.fingerprint), "subject": .text(new.subject.storable),
                "not_before": .timestamp(new.notBefore), "not_after": .timestamp(new.notAfter),
                "ciphertext": .bytes(new.key.ciphertext), "wrapped_key": .bytes(new.key.key.bytes),
                "key_id": .text(new.key.key.keyID), "by": .text(person.storable), "now": .timestamp(now),
            ]
        ).first.map(CertificateAuthority.init(row:))
    }
}

extension SealedAuthorityKey {
    /// - Parameter row: has its columns, none of them null.
    init(row: Row) throws {
        self.init(
            authority: CertificateAuthority.ID(rawValue: try row.uuid("authority_id")),
            ciphertext: try row.bytes("ciphertext"),
            key: WrappedKey(bytes: try row.bytes("wrapped_key"), keyID: try row.string("key_id")))
    }
}
