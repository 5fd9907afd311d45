import Crypto
package import FoundationEssentials
import SwiftASN1
import X509

/// What a certificate says that others need: by what it is known again, whose it is, and how long it counts.
package struct CertificateFacts: Hashable, Sendable {
    /// Certificates that one text may hold: chains are short.
    package static let chainMax = 32
    /// Of a text with certificates.
    package static let bytesMax = 256 * 1024

    /// One block, with the end of its last line.
    package let pem: String
    package let der: [UInt8]
    /// SHA-256 of the DER form: 64 small hex digits.
    package let fingerprint: String
    /// Big-endian, in small hex digits.
    package let serial: String
    /// The common name; where there is none, the whole name.
    package let subject: String
    /// The first URI among the alternative names.
    package let uri: String?
    package let notBefore: Date
    package let notAfter: Date
    /// Whether it may sign others.
    package let isAuthority: Bool

    /// - Throws: `UnusableCertificate` for what is not exactly one certificate.
    package init(pem: String) throws(UnusableCertificate) {
        let all = try Self.chain(pem: pem)
        guard all.count == 1 else { throw UnusableCertificate("holds \(all.count) certificates instead of one") }
        self = all[0]
    }

    package init(der: [UInt8]) throws(UnusableCertificate) {
        do {
            try self.init(Certificate(derEncoded: der))
        } catch {
            throw UnusableCertificate("is not a certificate")
        }
    }

    /// All certificates of a text, in their order; what else stands in it is skipped.
    ///
    /// - Throws: `UnusableCertificate` for a text without any, with more than `chainMax`, or with one that cannot be
    ///   read.
    package static func chain(pem: String) throws(UnusableCertificate) -> [CertificateFacts] {
        guard pem.utf8.count <= Self.bytesMax else {
            throw UnusableCertificate("is larger than \(Self.bytesMax / 1024) KiB")
        }
        let found: [CertificateFacts]
        do {
            found = try PEMDocument.parseMultiple(pemString: pem)
                .filter { $0.discriminator == Certificate.defaultPEMDiscriminator }
                .map { try CertificateFacts(Certificate(derEncoded: $0.derBytes)) }
        } catch {
            throw UnusableCertificate("cannot be read as certificates in PEM form")
        }
        guard !found.isEmpty else { throw UnusableCertificate("holds no certificate in PEM form") }
        guard found.count <= Self.chainMax else {
            throw UnusableCertificate("holds more than \(Self.chainMax) certificates")
        }
        return found
    }

    /// - Throws: what the encoder says of a certificate that cannot be written.
    init(_ certificate: Certificate) throws {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        self.der = serializer.serializedBytes
        self.pem = try certificate.serializeAsPEM().pemString + "\n"
        self.fingerprint = Self.hex(SHA256.hash(data: self.der))
        self.serial = Self.hex(certificate.serialNumber.bytes)
        self.subject = Self.commonName(of: certificate.subject) ?? "\(certificate.subject)"
        self.uri = Self.uri(of: certificate)
        self.notBefore = certificate.notValidBefore
        self.notAfter = certificate.notValidAfter
        self.isAuthority = Self.isAuthority(certificate)
    }

    private static func commonName(of name: DistinguishedName) -> String? {
        for relative in name {
            for attribute in relative where attribute.type == .RDNAttributeType.commonName {
                return String(attribute.value)
            }
        }
        return nil
    }

    private static func uri(of certificate: Certificate) -> String? {
        // An extension that cannot be read says nothing.
        guard let names = try? certificate.extensions.subjectAlternativeNames else { return nil }
        for case .uniformResourceIdentifier(let uri) in names { return uri }
        return nil
    }

    private static func isAuthority(_ certificate: Certificate) -> Bool {
        // An extension that cannot be read says nothing.
        guard let constraints = try? certificate.extensions.basicConstraints else { return false }
        switch constraints {
        case .isCertificateAuthority: return true
        case .notCertificateAuthority: return false
        }
    }

    /// In small letters, two digits for each byte.
    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 0xF)]] }
        return String(decoding: text, as: UTF8.self)
    }

    /// A fingerprint as people write it: hex digits of either case, with colons or spaces between, perhaps with
    /// `sha256:` before.
    ///
    /// - Returns: 64 small hex digits; `nil` for anything else.
    package static func fingerprint(_ text: String) -> String? {
        var digits = text.lowercased()
        if digits.hasPrefix("sha256:") { digits.removeFirst("sha256:".count) }
        digits.removeAll { $0 == ":" || $0 == " " }
        guard digits.utf8.count == 64,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        return digits
    }
}

/// Why a text is no certificate that can be used. The sentence goes on behind what the text is called.
package struct UnusableCertificate: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
