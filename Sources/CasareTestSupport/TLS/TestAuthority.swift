package import Crypto
package import FoundationEssentials
import SwiftASN1
package import X509

/// A certificate authority of a test, with a key of P-256.
package struct TestAuthority: Sendable {
    package let certificate: Certificate
    package let key: P256.Signing.PrivateKey
    package let pem: String

    /// Certificates begin so long ago: clocks are compared in whole seconds.
    private static let past = 3600.0
    private static let day = 86_400.0

    /// - Throws: what swift-certificates says.
    package init(_ name: String = "Casare Test CA", validFor days: Int = 30) throws {
        let key = P256.Signing.PrivateKey()
        let subject = try Self.name(name)
        let publicKey = Certificate.PublicKey(key.publicKey)
        let now = Date()
        self.certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: now.addingTimeInterval(-Self.past),
            notValidAfter: now.addingTimeInterval(Double(days) * Self.day), issuer: subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: publicKey)
            }, issuerPrivateKey: Certificate.PrivateKey(key))
        self.key = key
        self.pem = try self.certificate.serializeAsPEM().pemString
    }

    /// For a server.
    ///
    /// - Parameters:
    ///   - addresses: of IP version 4.
    ///   - from: `nil`: an hour ago.
    ///   - until: `nil`: in 20 days.
    package func server(
        names: [String] = ["localhost"], addresses: [String] = ["127.0.0.1"], from: Date? = nil, until: Date? = nil
    ) throws -> TestIdentity {
        let others =
            names.map { GeneralName.dnsName($0) }
            + addresses.map { address in
                let bytes = address.split(separator: ".").compactMap { UInt8($0) }
                return GeneralName.ipAddress(ASN1OctetString(contentBytes: bytes[...]))
            }
        return try self.identity(
            names.first ?? addresses.first ?? "server", others, usage: .serverAuth, from: from, until: until)
    }

    /// For a client.
    ///
    /// - Parameters:
    ///   - uri: a further name of it.
    ///   - from: `nil`: an hour ago.
    ///   - until: `nil`: in 20 days.
    package func client(
        _ commonName: String, uri: String? = nil, from: Date? = nil, until: Date? = nil
    ) throws -> TestIdentity {
        let others = uri.map { [GeneralName.uniformResourceIdentifier($0)] } ?? []
        return try self.identity(commonName, others, usage: .clientAuth, from: from, until: until)
    }

    private func identity(
        _ commonName: String, _ others: [GeneralName], usage: ExtendedKeyUsage.Usage, from: Date?, until: Date?
    ) throws -> TestIdentity {
        let key = P256.Signing.PrivateKey()
        let usages = try ExtendedKeyUsage([usage])
        let authorityKey = SubjectKeyIdentifier(hash: self.certificate.publicKey).keyIdentifier
        let now = Date()
        let notAfter = until ?? now.addingTimeInterval(20 * Self.day)
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: from ?? now.addingTimeInterval(-Self.past), notValidAfter: notAfter,
            issuer: self.certificate.subject, subject: try Self.name(commonName),
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                usages
                AuthorityKeyIdentifier(keyIdentifier: authorityKey)
                if !others.isEmpty { SubjectAlternativeNames(others) }
            }, issuerPrivateKey: Certificate.PrivateKey(self.key))
        let document = try certificate.serializeAsPEM()
        return TestIdentity(
            certificatePEM: document.pemString, keyPEM: key.pemRepresentation, der: document.derBytes,
            fingerprint: SHA256.hash(data: document.derBytes).map { byte in
                let text = String(byte, radix: 16)
                return text.count == 1 ? "0" + text : text
            }.joined(), notAfter: notAfter)
    }

    private static func name(_ commonName: String) throws -> DistinguishedName {
        try DistinguishedName { CommonName(commonName) }
    }
}
