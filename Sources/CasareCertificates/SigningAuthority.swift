package import CasareDomain
import Crypto
package import FoundationEssentials
import SwiftASN1
import X509

/// A certificate authority and its key: it signs certificates of robots, and nothing else. Never printed by accident.
package struct SigningAuthority: Sendable, CustomStringConvertible, CustomReflectable {
    /// Ten years of 365 days.
    package static let life = Duration.seconds(10 * 365 * 86_400)
    /// Certificates count from a little before they are made: clocks differ.
    package static let clockSkew = Duration.seconds(300)
    private static let serialBytes = 16

    package let facts: CertificateFacts
    private let certificate: Certificate
    private let key: P256.Signing.PrivateKey

    /// A new one, with a key of P-256.
    ///
    /// - Throws: what the encoder says.
    package init(from now: Date) throws {
        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PublicKey(key.publicKey)
        // Each has a name of its own: clients that know several tell them apart by that.
        let mark = CertificateFacts.hex(SHA256.hash(data: Array(publicKey.subjectPublicKeyInfoBytes)).prefix(4))
        let name = try DistinguishedName {
            OrganizationName("Casare")
            CommonName("Casare robots \(mark)")
        }
        self.certificate = try Certificate(
            version: .v3, serialNumber: Self.serial(), publicKey: publicKey,
            notValidBefore: now.addingTimeInterval(-(Self.clockSkew / .seconds(1))),
            notValidAfter: now.addingTimeInterval(Self.life / .seconds(1)), issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: publicKey)
            },
            issuerPrivateKey: Certificate.PrivateKey(key))
        self.key = key
        self.facts = try CertificateFacts(self.certificate)
    }

    /// One that was kept.
    ///
    /// - Parameter key: as `keyBytes` has it.
    /// - Throws: `UnusableCertificate` where they are not a certificate and its key.
    package init(pem: String, key bytes: [UInt8]) throws(UnusableCertificate) {
        do {
            let certificate = try Certificate(pemEncoded: pem)
            let key = try P256.Signing.PrivateKey(rawRepresentation: bytes)
            guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
                throw UnusableCertificate("is for another key")
            }
            self.certificate = certificate
            self.key = key
            self.facts = try CertificateFacts(certificate)
        } catch let error as UnusableCertificate {
            throw error
        } catch {
            throw UnusableCertificate("is not that of an authority")
        }
    }

    /// The key, to be sealed; overwrite it with `SecretText.wipe` after use.
    package var keyBytes: [UInt8] { Array(self.key.rawRepresentation) }

    /// How robots are named in certificates, beside the common name.
    package static func uri(of robot: Robot.ID, in tenant: Tenant.ID) -> String {
        "casare://\(tenant)/robots/\(robot)"
    }

    /// Signs a certificate for a robot. It lives no longer than the authority's own.
    ///
    /// - Throws: what the encoder says.
    package func certificate(
        for request: CertificateRequest, of robot: Robot.ID, in tenant: Tenant.ID, from now: Date,
        lasting life: Duration
    ) throws -> CertificateFacts {
        let end = min(now.addingTimeInterval(life / .seconds(1)), self.certificate.notValidAfter)
        let authorityKey = SubjectKeyIdentifier(hash: self.certificate.publicKey)
        let signed = try Certificate(
            version: .v3, serialNumber: Self.serial(), publicKey: request.publicKey,
            notValidBefore: now.addingTimeInterval(-(Self.clockSkew / .seconds(1))), notValidAfter: end,
            issuer: self.certificate.subject, subject: try DistinguishedName { CommonName(robot.rawValue) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.clientAuth])
                SubjectAlternativeNames([.uniformResourceIdentifier(Self.uri(of: robot, in: tenant))])
                SubjectKeyIdentifier(hash: request.publicKey)
                AuthorityKeyIdentifier(keyIdentifier: authorityKey.keyIdentifier)
            },
            issuerPrivateKey: Certificate.PrivateKey(self.key))
        return try CertificateFacts(signed)
    }

    /// 128 bits, the first two of them fixed: the number is positive, and always of the same length.
    private static func serial() -> Certificate.SerialNumber {
        var generator = SystemRandomNumberGenerator()
        var bytes = (0..<Self.serialBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        bytes[0] = bytes[0] & 0x3F | 0x40
        return Certificate.SerialNumber(bytes: bytes)
    }

    package var description: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
