import CasareDomain
import CasareStore
import FoundationEssentials

/// Short ways to what tests of certificates do all the time. Nothing here is a real certificate: the store keeps what
/// it is told.
extension StoreFixture {
    /// Makes an authority that signs, or puts one in its place.
    @discardableResult
    func authority(
        _ digit: Character = "a", replacing old: CertificateAuthority.ID? = nil, until end: Date = noon + 86_400 * 3650,
        keys: KeyRing = Self.keys, now: Date = noon
    ) async throws -> CertificateAuthority {
        let id = CertificateAuthority.ID.new(at: now)
        let new = NewCertificateAuthority(
            certificate: "the certificate \(digit)", fingerprint: String(repeating: digit, count: 64),
            subject: "Casare",
            notBefore: now, notAfter: end,
            key: try await SealedAuthorityKey(sealing: Array("the key \(digit)".utf8), of: id, with: keys))
        return try await self.database.asSystem { connection in
            guard let old else {
                return try CertificateAuthorityStore.begin(new, by: "ann", now: now, on: connection)
            }
            return try CertificateAuthorityStore.replace(old, with: new, by: "ann", now: now, on: connection)
        }
    }

    /// Makes a certificate known.
    @discardableResult
    func certificate(
        _ digit: Character, by authority: CertificateAuthority, of robot: Robot.ID = Self.robot,
        renewing old: RobotCertificate? = nil, lasting seconds: Double = 3600, now: Date = noon
    ) async throws -> RobotCertificate {
        let origin: RobotCertificate.Origin =
            if let old { .renewal(of: old.serial) } else { .enrolment(RobotEnrolment.ID.new(at: now)) }
        let new = NewRobotCertificate(
            serial: String(repeating: digit, count: 32), robot: robot, authority: authority.id,
            subject: robot.rawValue, fingerprint: String(repeating: digit, count: 64), expiresAt: now + seconds,
            origin: origin)
        return try await self.run { try CertificateStore.record(new, now: now, on: $0) }
    }

    /// Whom the service takes somebody for who shows a certificate.
    func bearer(_ digit: Character, now: Date = noon) async throws -> Principal? {
        try await self.database.asSystem { connection in
            try CertificateStore.bearer(fingerprint: String(repeating: digit, count: 64), now: now, on: connection)
        }
    }
}
