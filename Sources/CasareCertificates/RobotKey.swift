import Crypto
import SwiftASN1
import X509

/// The private key of a robot's certificate. It never leaves the robot's machine, and is never printed by accident.
package struct RobotKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let key: Certificate.PrivateKey

    /// A new one, P-256.
    package init() { self.key = Certificate.PrivateKey(P256.Signing.PrivateKey()) }

    /// - Throws: `UnusableCertificate` for what is not a private key in PEM form.
    package init(pem: String) throws(UnusableCertificate) {
        do {
            self.key = try Certificate.PrivateKey(pemEncoded: pem)
        } catch {
            throw UnusableCertificate("is not a private key in PEM form")
        }
    }

    /// The one way to its text: for a file that only its owner can read.
    ///
    /// - Throws: what the encoder says.
    package func reveal() throws -> String { try self.key.serializeAsPEM().pemString + "\n" }

    /// A request for a certificate, in PEM form.
    ///
    /// - Throws: what the encoder says.
    package func request(for name: String) throws -> String {
        let request = try CertificateSigningRequest(
            version: .v1, subject: try DistinguishedName { CommonName(name) }, privateKey: self.key,
            attributes: CertificateSigningRequest.Attributes())
        return try request.serializeAsPEM().pemString + "\n"
    }

    /// Whether a certificate is for this key.
    package func belongs(to facts: CertificateFacts) -> Bool {
        // Facts were read from a certificate, so it can be read again.
        guard let certificate = try? Certificate(derEncoded: facts.der) else { return false }
        return certificate.publicKey == self.key.publicKey
    }

    package var description: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
