import CasareCertificates
import CasareDomain
import FoundationEssentials
import Testing

/// What an authority signs, and what it does not.
struct SigningAuthorityTests {
    private static let noon = Date(timeIntervalSince1970: 1_767_268_800)
    private static let robot = Robot.ID(rawValue: "mill-1")!  // The literal is a robot's ID.

    private static func request(_ key: RobotKey = RobotKey()) throws -> CertificateRequest {
        try CertificateRequest(pem: try key.request(for: "whoever"))
    }

    @Test func `a certificate says whose it is, and for how long`() throws {
        let authority = try SigningAuthority(from: Self.noon)
        let key = RobotKey()
        let facts = try authority.certificate(
            for: try Self.request(key), of: Self.robot, in: Tenant.ID(rawValue: 7), from: Self.noon,
            lasting: .seconds(86_400))
        #expect(facts.subject == "mill-1" && facts.uri == "casare://7/robots/mill-1" && !facts.isAuthority)
        #expect(facts.notBefore == Self.noon.addingTimeInterval(-300))
        #expect(facts.notAfter == Self.noon.addingTimeInterval(86_400))
        #expect(facts.serial.count == 32 && facts.fingerprint.count == 64)
        #expect(key.belongs(to: facts) && !RobotKey().belongs(to: facts))
        #expect(try CertificateFacts(pem: facts.pem) == facts)
        #expect(try CertificateFacts(der: facts.der) == facts)
    }

    @Test func `an authority says that it is one, lives for ten years, and has a name of its own`() throws {
        let authority = try SigningAuthority(from: Self.noon)
        #expect(authority.facts.isAuthority && authority.facts.subject.hasPrefix("Casare robots "))
        #expect(authority.facts.notAfter == Self.noon.addingTimeInterval(10 * 365 * 86_400))
        #expect(try SigningAuthority(from: Self.noon).facts.subject != authority.facts.subject)
    }

    @Test func `no certificate outlives its authority`() throws {
        let authority = try SigningAuthority(from: Self.noon)
        let end = authority.facts.notAfter
        let facts = try authority.certificate(
            for: try Self.request(), of: Self.robot, in: .default, from: end.addingTimeInterval(-60),
            lasting: .seconds(3600))
        #expect(facts.notAfter == end)
    }

    @Test func `no two serial numbers are alike`() throws {
        let authority = try SigningAuthority(from: Self.noon)
        let request = try Self.request()
        let serials = try (0..<50).map { _ in
            try authority.certificate(
                for: request, of: Self.robot, in: .default, from: Self.noon, lasting: .seconds(60)
            ).serial
        }
        #expect(Set(serials).count == 50 && serials.allSatisfy { $0.count == 32 })
    }

    @Test func `one that was kept signs on, with its own key alone`() throws {
        let authority = try SigningAuthority(from: Self.noon)
        let kept = try SigningAuthority(pem: authority.facts.pem, key: authority.keyBytes)
        #expect(kept.facts == authority.facts)
        let other = try SigningAuthority(from: Self.noon)
        #expect(throws: UnusableCertificate.self) {
            try SigningAuthority(pem: authority.facts.pem, key: other.keyBytes)
        }
        #expect(throws: UnusableCertificate.self) { try SigningAuthority(pem: authority.facts.pem, key: [1]) }
    }

    @Test func `nothing of a key is printed`() throws {
        let authority = try SigningAuthority(from: Self.noon)
        let key = RobotKey()
        #expect("\(authority)" == "<redacted>" && "\(key)" == "<redacted>")
        #expect(Mirror(reflecting: authority).children.isEmpty && Mirror(reflecting: key).children.isEmpty)
    }
}
