import CasareCertificates
import FoundationEssentials
import Testing

/// How certificates are read, and known again.
struct CertificateFactsTests {
    private static let digits = String(repeating: "0a", count: 32)

    @Test(
        arguments: [
            (Self.digits, Self.digits), (Self.digits.uppercased(), Self.digits), ("SHA256:" + Self.digits, Self.digits),
            (String(Array(repeating: "0A:", count: 32).joined().dropLast()), Self.digits),
            (String(Self.digits.dropLast()), nil), (Self.digits + "0", nil),
            (String(Self.digits.dropLast()) + "g", nil),
            ("", nil),
        ] as [(String, String?)])
    func `a fingerprint is read as people write it`(text: String, expected: String?) {
        #expect(CertificateFacts.fingerprint(text) == expected)
    }

    @Test func `a chain is read in its order, and what else stands there is skipped`() throws {
        let now = Date(timeIntervalSince1970: 1_767_268_800)
        let all = try (0..<2).map { _ in try SigningAuthority(from: now).facts }
        let key = try RobotKey().reveal()
        let text = "# Ours.\n" + all[0].pem + key + all[1].pem
        #expect(try CertificateFacts.chain(pem: text) == all)
        #expect(throws: UnusableCertificate.self) { try CertificateFacts(pem: text) }
    }

    @Test(arguments: ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    func `what is no certificate is refused`(text: String) {
        #expect(throws: UnusableCertificate.self) { try CertificateFacts.chain(pem: text) }
    }

    @Test func `too many certificates are refused`() throws {
        let pem = try SigningAuthority(from: Date(timeIntervalSince1970: 1_767_268_800)).facts.pem
        let most = String(repeating: pem, count: CertificateFacts.chainMax)
        #expect(try CertificateFacts.chain(pem: most).count == CertificateFacts.chainMax)
        #expect(throws: UnusableCertificate.self) { try CertificateFacts.chain(pem: most + pem) }
    }

    @Test func `a key is read again as it was written`() throws {
        let key = RobotKey()
        let again = try RobotKey(pem: try key.reveal())
        #expect(try again.reveal() == key.reveal())
        #expect(throws: UnusableCertificate.self) { try RobotKey(pem: "nothing") }
    }
}
