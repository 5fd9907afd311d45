import Crypto
import CryptoExtras
import SwiftASN1
import X509

/// What somebody asks for a certificate with: a public key, signed with the private one that belongs to it. Its names
/// are not looked at: what a certificate says is for its issuer to decide.
package struct CertificateRequest: Sendable {
    package static let bytesMax = 16 * 1024
    /// Weaker RSA keys are refused, and so are those that take long to work with.
    package static let keyBitsRange = 2048...8192

    let publicKey: Certificate.PublicKey

    /// - Parameter pem: PKCS #10, as `openssl req -new` writes it.
    /// - Throws: `UnusableRequest`.
    package init(pem: String) throws(UnusableRequest) {
        guard pem.utf8.count <= Self.bytesMax else { throw .tooLong }
        let request: CertificateSigningRequest
        do {
            request = try CertificateSigningRequest(pemEncoded: pem)
        } catch {
            throw .unreadable
        }
        guard Self.isStrong(request.publicKey) else { throw .weakKey }
        guard request.publicKey.isValidSignature(request.signature, for: request) else { throw .notSigned }
        self.publicKey = request.publicKey
    }

    private static func isStrong(_ key: Certificate.PublicKey) -> Bool {
        if P256.Signing.PublicKey(key) != nil { return true }
        guard let rsa = _RSA.Signing.PublicKey(key) else { return false }
        return Self.keyBitsRange.contains(rsa.keySizeInBits)
    }
}

/// Why no certificate is given for a request.
package enum UnusableRequest: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLong, unreadable, weakKey
    /// Whoever sent it may not have the private key.
    case notSigned

    package var description: String {
        switch self {
        case .tooLong: "is larger than \(CertificateRequest.bytesMax / 1024) KiB"
        case .unreadable:
            "is not a request for a certificate in PEM form (PKCS #10), or one for a key that nobody takes any more"
        case .weakKey:
            "has a key of another kind than P-256, or RSA with \(CertificateRequest.keyBitsRange.lowerBound) to "
                + "\(CertificateRequest.keyBitsRange.upperBound) bits; make another key"
        case .notSigned: "is not signed with the key that it names"
        }
    }
}
