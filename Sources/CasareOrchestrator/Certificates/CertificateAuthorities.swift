import CasareCertificates
import CasareDomain
import CasarePostgres
import CasareStore
import FoundationEssentials

/// The certificate authority that signs for robots, and those before it whose certificates still count.
enum CertificateAuthorities {
    /// One that can sign: its key is open.
    struct Signer: Sendable {
        let id: CertificateAuthority.ID
        let authority: SigningAuthority
    }

    /// Certificates, in DER form, of all whose certificates of robots count.
    ///
    /// - Throws: what the database says.
    static func roots(in database: Database) async throws -> [[UInt8]] {
        try await self.trusted(in: database).map { try CertificateFacts(pem: $0.certificate).der }
    }

    /// - Throws: what the database says.
    static func trusted(in database: Database) async throws -> [CertificateAuthority] {
        try await self.ask(database) { try CertificateAuthorityStore.trusted(on: $0) }
    }

    /// The one that signs. Where there is none yet, it is made.
    ///
    /// - Throws: `KeyProviderError` where its key cannot be opened; what the database says.
    static func signer(of services: Services, keys: KeyRing, by actor: String) async throws -> Signer {
        if let (authority, key) = try await self.active(in: services.database) {
            return try await self.opened(authority, key, keys)
        }
        let new = try await self.make(keys)
        _ = try await self.ask(services.database) { try CertificateAuthorityStore.begin(new, by: actor, on: $0) }
        services.certificateAlarm.ring(in: .zero)
        guard let (authority, key) = try await self.active(in: services.database) else {
            throw StoreError.contended("the certificate authority")
        }
        return try await self.opened(authority, key, keys)
    }

    /// Puts another one in the place of the one that signs, or makes the first.
    ///
    /// - Throws: `StoreError.contended` where somebody else has done that meanwhile; what the database says.
    static func rotate(of services: Services, keys: KeyRing, by actor: String) async throws {
        let old = try await self.active(in: services.database)?.authority.id
        let new = try await self.make(keys)
        _ = try await self.ask(services.database) { connection in
            guard let old else { return try CertificateAuthorityStore.begin(new, by: actor, on: connection) }
            return try CertificateAuthorityStore.replace(old, with: new, by: actor, on: connection)
        }
        services.certificateAlarm.ring(in: .zero)
    }

    // MARK: -

    private static func active(
        in database: Database
    ) async throws -> (authority: CertificateAuthority, key: SealedAuthorityKey)? {
        try await self.ask(database) { try CertificateAuthorityStore.active(on: $0) }
    }

    private static func opened(
        _ authority: CertificateAuthority, _ sealed: SealedAuthorityKey, _ keys: KeyRing
    ) async throws -> Signer {
        var bytes = try await sealed.opened(with: keys)
        defer { SecretText.wipe(&bytes) }
        return Signer(id: authority.id, authority: try SigningAuthority(pem: authority.certificate, key: bytes))
    }

    private static func make(_ keys: KeyRing) async throws -> NewCertificateAuthority {
        let now = Date()
        let authority = try SigningAuthority(from: now)
        var bytes = authority.keyBytes
        defer { SecretText.wipe(&bytes) }
        let key = try await SealedAuthorityKey(sealing: bytes, of: CertificateAuthority.ID.new(at: now), with: keys)
        let facts = authority.facts
        return NewCertificateAuthority(
            certificate: facts.pem, fingerprint: facts.fingerprint, subject: facts.subject, notBefore: facts.notBefore,
            notAfter: facts.notAfter, key: key)
    }

    private static func ask<R: Sendable>(
        _ database: Database, _ body: @Sendable (isolated PostgresConnection) throws -> R
    ) async throws -> R {
        try await database.asSystem(
            deadline: .now + APIRequest.connectionWaitMax, statementMax: database.statementMax, body)
    }
}

extension CertificateAuthorities.Signer {
    /// Signs a certificate. It counts once it was made known.
    func sign(
        _ request: CertificateRequest, of robot: Robot.ID, in tenant: Tenant.ID, lasting life: Duration
    ) throws -> CertificateFacts {
        try self.authority.certificate(for: request, of: robot, in: tenant, from: Date(), lasting: life)
    }

    /// What is to be known of a certificate that this one has signed.
    func record(
        of facts: CertificateFacts, _ robot: Robot.ID, _ origin: RobotCertificate.Origin
    ) -> NewRobotCertificate {
        NewRobotCertificate(
            serial: facts.serial, robot: robot, authority: self.id, subject: facts.subject,
            fingerprint: facts.fingerprint, expiresAt: facts.notAfter, origin: origin)
    }
}
