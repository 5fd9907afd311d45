import CasareDomain
import CasareStore
import Crypto

/// What a request shows of who sends it. Never printed: descriptions and mirrors of what holds it show nothing.
struct ShownCredential: Sendable {
    enum Kind: Sendable {
        case token(TokenText)
        /// Three parts with full stops between, as a JSON Web Token has them: whether it is one is not known yet.
        case signed(String)
        /// A client certificate that TLS has verified, by the SHA-256 of its DER form in hex.
        case certificate(fingerprint: String)
        /// It can be nothing that anybody was given.
        case malformed
    }

    /// Tokens of providers are larger than ours: the claims are in them.
    static let bytesMax = 16 * 1024
    private static let markCharacters = 8

    let kind: Kind
    /// SHA-256 of the text: what is kept in memory by it does not show the text.
    let digest: SHA256Digest

    /// - Parameter header: the value of `Authorization`.
    init(header: String) {
        let parts = header.split(separator: " ", maxSplits: 1)
        let text = parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : ""
        self.kind =
            if let token = TokenText(text) {
                .token(token)
            } else if text.utf8.count <= Self.bytesMax, text.utf8.count(where: { $0 == UInt8(ascii: ".") }) == 2 {
                .signed(text)
            } else {
                .malformed
            }
        self.digest = SHA256.hash(data: Array(text.utf8))
    }

    /// - Parameter certificate: of the connection that a request without `Authorization` comes on.
    init(certificate: PeerCertificate) {
        self.kind = .certificate(fingerprint: certificate.fingerprint)
        self.digest = SHA256.hash(data: certificate.der)
    }

    /// What failures are counted by, beside the address: the beginning of a token; of signed ones and of certificates,
    /// whose beginnings are all alike, the beginning of the hash.
    var mark: String {
        switch self.kind {
        case .token(let text): text.prefix
        case .signed, .certificate: String(self.digest.prefix(Self.markCharacters / 2).map(Self.hex).joined())
        case .malformed: "malformed"
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16)
        return byte < 16 ? "0" + text : text
    }
}
