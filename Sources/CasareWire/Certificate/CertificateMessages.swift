public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/robots/{id}/certificate`: a robot renews its certificate, by the one that it has.
public struct RenewCertificateRequest: Hashable, Sendable, Codable {
    /// As in `EnrolRequest`. It may be for the same key as before.
    public var csr: String

    public init(csr: String) { self.csr = csr }
}

/// A certificate that was signed just now.
public struct SignedCertificate: Hashable, Sendable, Codable {
    /// In PEM form, with all that a server needs to find its authority.
    public let certificate: String
    /// 32 hex digits.
    public let serial: String
    public let fingerprint: String
    public let expiresAt: Date
    /// The authority's own certificate, in PEM form.
    public let authority: String

    public init(certificate: String, serial: String, fingerprint: String, expiresAt: Date, authority: String) {
        self.certificate = certificate
        self.serial = serial
        self.fingerprint = fingerprint
        self.expiresAt = expiresAt
        self.authority = authority
    }
}

public struct RobotCertificateInfo: Hashable, Sendable, Codable {
    /// 32 hex digits.
    public let serial: String
    public let robot: Robot.ID
    public let subject: String
    /// SHA-256, 64 hex digits.
    public let fingerprint: String
    /// The ID of the authority that has signed it.
    public let authority: String
    public let issuedAt: Date
    public let expiresAt: Date
    /// The enrolment that it came by; `nil` for one that renewed another.
    public let enrolment: String?
    /// The serial number of the one that it renewed.
    public let renews: String?
    public let revokedAt: Date?
    public let revokedBy: String?
    public let revokedWhy: String?

    public init(
        serial: String, robot: Robot.ID, subject: String, fingerprint: String, authority: String, issuedAt: Date,
        expiresAt: Date, enrolment: String?, renews: String?, revokedAt: Date?, revokedBy: String?,
        revokedWhy: String?
    ) {
        self.serial = serial
        self.robot = robot
        self.subject = subject
        self.fingerprint = fingerprint
        self.authority = authority
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.enrolment = enrolment
        self.renews = renews
        self.revokedAt = revokedAt
        self.revokedBy = revokedBy
        self.revokedWhy = revokedWhy
    }
}

public struct RobotCertificatePage: Hashable, Sendable, Codable {
    /// Newest first.
    public let certificates: [RobotCertificateInfo]
    public let nextCursor: String?

    public init(certificates: [RobotCertificateInfo], nextCursor: String?) {
        self.certificates = certificates
        self.nextCursor = nextCursor
    }
}

/// `POST /api/v1/robots/{id}/certificates/{serial}/revoke`.
public struct RevokeCertificateRequest: ReasonRequest {
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}
