import CasareDomain
@testable import CasareOrchestrator
import FoundationEssentials
import Testing

struct OpenIDClaimsTests {
    private static let noon = Date(timeIntervalSince1970: 1_767_268_800)
    private static let settings = OpenIDSettings(
        issuer: "https://id.example", audience: "casare", roles: [.init(value: "staff", role: .viewer)])

    private static func claims(_ change: Object = [:]) throws -> OpenIDClaims {
        let noon = Int(Self.noon.timeIntervalSince1970)
        var claims: Object = [
            "iss": "https://id.example", "aud": ["others", "casare"], "sub": "ann", "iat": .int(noon),
            "exp": .int(noon + 300), "roles": ["staff"],
        ]
        for (name, value) in change { claims[name] = value }
        return try OpenIDClaims(claims, Self.settings, now: Self.noon)
    }

    private static func fault(_ change: Object) -> OpenIDClaims.Fault? {
        do {
            _ = try Self.claims(change)
            return nil
        } catch {
            return error as? OpenIDClaims.Fault
        }
    }

    @Test func `claims say who it is, and until when`() throws {
        let claims = try Self.claims()
        #expect(claims.subject == "ann" && claims.role == .viewer && claims.tenant == nil)
        #expect(claims.expiresAt == Self.noon.addingTimeInterval(360))
    }

    @Test(
        arguments: [
            ("exp", -59, nil), ("exp", -60, .expired), ("nbf", 60, nil), ("nbf", 61, .notYet), ("iat", 60, nil),
            ("iat", 61, .notYet),
        ] as [(String, Int, OpenIDClaims.Fault?)])
    func `clocks may differ by the skew and no more`(name: String, seconds: Int, fault: OpenIDClaims.Fault?) {
        let time = Int(Self.noon.timeIntervalSince1970) + seconds
        #expect(Self.fault([name: .int(time)]) == fault)
    }

    @Test(
        arguments: [
            ("iss", "https://id.example/", .issuer), ("iss", nil, .issuer), ("aud", "Casare", .audience),
            ("aud", [], .audience), ("aud", [["casare"]], .audience), ("sub", "", .subject), ("sub", 7, .subject),
            ("sub", "a\u{7}b", .subject), ("exp", nil, .malformed("exp")), ("exp", "1", .malformed("exp")),
            ("nbf", true, .malformed("nbf")),
        ] as [(String, Value, OpenIDClaims.Fault)])
    func `each claim must be there and of its form`(name: String, value: Value, fault: OpenIDClaims.Fault) {
        #expect(Self.fault([name: value]) == fault)
    }

    @Test func `the subject has a length that can be stored`() {
        #expect(Self.fault(["sub": .string(String(repeating: "x", count: 255))]) == nil)
        #expect(Self.fault(["sub": .string(String(repeating: "x", count: 256))]) == .subject)
    }

    @Test func `mappings of roles are read, with equals signs in the values`() {
        let list = OpenIDSettings.RoleMapping.list("cn=admins = admin, staff=viewer")
        #expect(list == [.init(value: "cn=admins", role: .admin), .init(value: "staff", role: .viewer)])
        for text in ["", "staff", "staff=", "=viewer", "staff=Viewer!", ",="] {
            #expect(OpenIDSettings.RoleMapping.list(text) == nil, "\(text)")
        }
    }
}
