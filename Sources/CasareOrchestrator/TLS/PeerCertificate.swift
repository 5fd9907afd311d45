import Crypto
package import FoundationEssentials
import NIOCore
import NIOSSL
import Synchronization

/// The certificate that a client has shown. It leads to an authority that counts, it had not ended when the connection
/// began, and the client has its key. Whose it is, and whether it was revoked, is for others to find out.
package struct PeerCertificate: Hashable, Sendable {
    package let der: [UInt8]
    /// SHA-256 of its DER form: 64 small hex digits.
    package let fingerprint: String
    /// As the certificate has it: the largest byte first.
    package let serial: [UInt8]
    package let notAfter: Date
}

extension PeerCertificate {
    /// - Throws: when BoringSSL cannot write it down.
    init(_ certificate: NIOSSLCertificate) throws {
        let der = try certificate.toDERBytes()
        self.init(
            der: der, fingerprint: Self.fingerprint(of: der), serial: certificate.serialNumber,
            notAfter: Date(timeIntervalSince1970: Double(certificate.notValidAfter)))
    }

    /// Of a certificate in DER form.
    package static func fingerprint(of der: [UInt8]) -> String {
        SHA256.hash(data: der).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }
}

/// The certificates of clients that are connected, found by their channels.
final class PeerCertificates: Sendable {
    private let shown = Mutex<[ObjectIdentifier: PeerCertificate]>([:])

    func certificate(of channel: any Channel) -> PeerCertificate? {
        self.shown.withLock { $0[ObjectIdentifier(channel)] }
    }

    func showed(_ certificate: PeerCertificate, _ channel: any Channel) {
        self.shown.withLock { $0[ObjectIdentifier(channel)] = certificate }
    }

    func closed(_ channel: any Channel) {
        self.shown.withLock { $0[ObjectIdentifier(channel)] = nil }
    }
}
