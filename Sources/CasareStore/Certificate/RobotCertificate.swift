package import CasareDomain
import CasarePostgres
package import FoundationEssentials

/// A certificate that was signed for a robot, without the certificate itself.
package struct RobotCertificate: Identifiable, Hashable, Sendable {
    package struct ID: UUIDIdentifier {
        package let rawValue: UUID

        package init(rawValue: UUID) { self.rawValue = rawValue }
    }

    /// How it came to be signed.
    package enum Origin: Hashable, Sendable {
        case enrolment(RobotEnrolment.ID)
        /// The robot has shown another one, of this serial number.
        case renewal(of: String)
    }

    /// Ended ones are kept for so long.
    package static let keptFor = Duration.seconds(30 * 86_400)

    package let id: ID
    /// 32 small hex digits.
    package let serial: String
    package let robot: Robot.ID
    package let authority: CertificateAuthority.ID
    package let subject: String
    /// SHA-256 of its DER form, in small hex digits.
    package let fingerprint: String
    package let issuedAt: Date
    package let expiresAt: Date
    package let origin: Origin
    package let revokedAt: Date?
    package let revokedBy: String?
    package let revokedWhy: String?
}

/// One that has been signed and is to be known.
package struct NewRobotCertificate: Hashable, Sendable {
    package let serial: String
    package let robot: Robot.ID
    package let authority: CertificateAuthority.ID
    package let subject: String
    package let fingerprint: String
    package let expiresAt: Date
    package let origin: RobotCertificate.Origin

    package init(
        serial: String, robot: Robot.ID, authority: CertificateAuthority.ID, subject: String, fingerprint: String,
        expiresAt: Date, origin: RobotCertificate.Origin
    ) {
        self.serial = serial
        self.robot = robot
        self.authority = authority
        self.subject = subject
        self.fingerprint = fingerprint
        self.expiresAt = expiresAt
        self.origin = origin
    }
}

extension RobotCertificate.Origin {
    var enrolment: RobotEnrolment.ID? {
        switch self {
        case .enrolment(let id): id
        case .renewal: nil
        }
    }

    var renews: String? {
        switch self {
        case .enrolment: nil
        case .renewal(let serial): serial
        }
    }
}

extension RobotCertificate {
    /// - Parameter row: has the columns of a certificate.
    init(row: Row) throws {
        let text = try row.string("robot_id")
        guard let robot = Robot.ID(rawValue: text) else { throw StoreError.unreadable("\"\(text)\" is no robot's ID") }
        let serial = try row.string("serial")
        let origin: Origin
        if let enrolment = try row.optionalUUID("enrolment_id") {
            origin = .enrolment(RobotEnrolment.ID(rawValue: enrolment))
        } else {
            origin = .renewal(of: try row.string("renews"))
        }
        self.init(
            id: ID(rawValue: try row.uuid("certificate_id")), serial: serial, robot: robot,
            authority: CertificateAuthority.ID(rawValue: try row.uuid("authority_id")),
            subject: try row.string("subject"), fingerprint: try row.string("fingerprint"),
            issuedAt: try row.date("issued_at"), expiresAt: try row.date("expires_at"), origin: origin,
            revokedAt: try row.optionalDate("revoked_at"), revokedBy: try row.optionalString("revoked_by"),
            revokedWhy: try row.optionalString("revoked_why"))
    }
}
