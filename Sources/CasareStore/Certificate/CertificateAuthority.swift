import CasareDomain
import CasarePostgres
package import FoundationEssentials

/// A certificate authority of the installation, without its key.
package struct CertificateAuthority: Identifiable, Hashable, Sendable {
    package struct ID: UUIDIdentifier {
        package let rawValue: UUID

        package init(rawValue: UUID) { self.rawValue = rawValue }
    }

    package enum State: String, Hashable, Sendable, CaseIterable {
        /// It signs.
        case active
        /// Another one signs. What this one has signed still counts.
        case retiring
        /// Nothing that it has signed counts.
        case retired
    }

    package let id: ID
    /// In PEM form.
    package let certificate: String
    /// SHA-256 of its DER form, in small hex digits.
    package let fingerprint: String
    package let subject: String
    package let notBefore: Date
    package let notAfter: Date
    package let state: State
    package let createdAt: Date
    package let createdBy: String
    package let retiringAt: Date?
    package let retiredAt: Date?
}

/// One that is to sign from now on.
package struct NewCertificateAuthority: Hashable, Sendable {
    package let id: CertificateAuthority.ID
    package let certificate: String
    package let fingerprint: String
    package let subject: String
    package let notBefore: Date
    package let notAfter: Date
    package let key: SealedAuthorityKey

    package init(
        certificate: String, fingerprint: String, subject: String, notBefore: Date, notAfter: Date,
        key: SealedAuthorityKey
    ) {
        self.id = key.authority
        self.certificate = certificate
        self.fingerprint = fingerprint
        self.subject = subject
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.key = key
    }
}

extension CertificateAuthority {
    /// - Parameter row: has the columns of an authority.
    init(row: Row) throws {
        let text = try row.string("state")
        guard let state = State(rawValue: text) else {
            throw StoreError.unreadable("a certificate authority is in the unknown state \"\(text)\"")
        }
        self.init(
            id: ID(rawValue: try row.uuid("authority_id")), certificate: try row.string("certificate"),
            fingerprint: try row.string("fingerprint"), subject: try row.string("subject"),
            notBefore: try row.date("not_before"), notAfter: try row.date("not_after"), state: state,
            createdAt: try row.date("created_at"), createdBy: try row.string("created_by"),
            retiringAt: try row.optionalDate("retiring_at"), retiredAt: try row.optionalDate("retired_at"))
    }
}
