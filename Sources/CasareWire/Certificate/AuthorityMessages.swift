public import FoundationEssentials

/// How a certificate authority stands.
public enum AuthorityState: String, Hashable, Sendable, Codable, CaseIterable {
    /// It signs.
    case active
    /// Another one signs; what this one has signed still counts.
    case retiring
    /// Nothing that it has signed counts.
    case retired
}

/// A certificate authority of the installation, which signs the certificates of robots.
public struct AuthorityInfo: Hashable, Sendable, Codable {
    public let id: String
    /// In PEM form.
    public let certificate: String
    /// SHA-256, 64 hex digits.
    public let fingerprint: String
    public let subject: String
    public let notBefore: Date
    public let notAfter: Date
    public let state: AuthorityState

    public init(
        id: String, certificate: String, fingerprint: String, subject: String, notBefore: Date, notAfter: Date,
        state: AuthorityState
    ) {
        self.id = id
        self.certificate = certificate
        self.fingerprint = fingerprint
        self.subject = subject
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.state = state
    }
}

/// A certificate that the server itself shows.
public struct ServedCertificate: Hashable, Sendable, Codable {
    /// In PEM form.
    public let certificate: String
    /// SHA-256, 64 hex digits.
    public let fingerprint: String
    public let subject: String
    public let notAfter: Date

    public init(certificate: String, fingerprint: String, subject: String, notAfter: Date) {
        self.certificate = certificate
        self.fingerprint = fingerprint
        self.subject = subject
        self.notAfter = notAfter
    }
}

/// `GET /api/v1/ca`, and the answer to `POST /api/v1/ca/rotate`.
public struct AuthoritiesResponse: Hashable, Sendable, Codable {
    /// Those whose certificates of robots count, newest first.
    public let authorities: [AuthorityInfo]
    /// What the server shows of its own certificate, that one first; empty where it does not speak TLS.
    public let served: [ServedCertificate]

    public init(authorities: [AuthorityInfo], served: [ServedCertificate]) {
        self.authorities = authorities
        self.served = served
    }
}

/// `POST /api/v1/ca/rotate`: another authority signs from now on.
public struct RotateAuthorityRequest: ReasonRequest {
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}
