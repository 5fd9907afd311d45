import CasareDomain
@testable import CasareOrchestrator
import CasareSettings
import CasareStore
import CasareWire
import Configuration
import Testing

struct AuthenticationSettingsTests {
    private static let provider = [
        "CASARE_OIDC_ISSUER": "https://id.example/realms/staff", "CASARE_OIDC_AUDIENCE": "casare",
        "CASARE_OIDC_ROLES": "admins=admin, staff=viewer",
    ]

    private static func settings(_ variables: [String: String]) throws -> AuthenticationSettings {
        try AuthenticationSettings(
            config: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: variables)))
    }

    @Test func `without settings only the server's own tokens count, and wrong ones lock out`() throws {
        let settings = try Self.settings([:])
        #expect(settings == AuthenticationSettings())
        #expect(settings.openID == nil && settings.rate == nil && settings.trustedProxies.isEmpty)
        #expect(
            settings.lockout
                == LockoutRule(
                    failuresMax: 20, networkFailuresMax: 200, within: .seconds(300), lockedFor: .seconds(900)))
    }

    @Test(
        arguments: [
            ([:], 200), (["CASARE_LOCKOUT_FAILURES": "500"], 5000),
            (["CASARE_LOCKOUT_NETWORK_FAILURES": "21"], 21), (["CASARE_LOCKOUT_NETWORK_FAILURES": "0"], nil),
            (["CASARE_LOCKOUT_FAILURES": "1000000"], 10_000_000),
        ] as [([String: String], Int?)])
    func `of a network more failures count than of one beginning`(variables: [String: String], expected: Int?) throws {
        #expect(try Self.settings(variables).lockout?.networkFailuresMax == expected)
    }

    @Test func `a provider is named with its audience and roles`() throws {
        let openID = try Self.settings(Self.provider).openID
        #expect(openID?.issuer == "https://id.example/realms/staff" && openID?.audience == "casare")
        #expect(openID?.roles.map(\.role) == [.admin, .viewer] && openID?.clockSkew == .seconds(60))
        #expect(openID?.tokenKind == .access && openID?.clientID == "casarectl" && openID?.tenantClaim == nil)
    }

    @Test(
        arguments: [
            ("CASARE_OIDC_ISSUER", "http://id.example"), ("CASARE_OIDC_ISSUER", "id.example"),
            ("CASARE_OIDC_ISSUER", "https://user@id.example"), ("CASARE_OIDC_AUDIENCE", ""),
            ("CASARE_OIDC_ROLES", ""), ("CASARE_OIDC_ROLES", "admins"), ("CASARE_OIDC_ROLES", "admins=Big Boss"),
            ("CASARE_OIDC_JWKS_URL", "http://id.example/keys"), ("CASARE_OIDC_CLOCK_SKEW", "601"),
            ("CASARE_OIDC_TOKEN", "refresh_token"), ("CASARE_LOCKOUT_FAILURES", "-1"),
            ("CASARE_LOCKOUT_NETWORK_FAILURES", "20"), ("CASARE_LOCKOUT_NETWORK_FAILURES", "-1"),
            ("CASARE_LOCKOUT_NETWORK_FAILURES", "10000001"),
            ("CASARE_LOCKOUT_SECONDS", "0"), ("CASARE_RATE_LIMIT", "x"), ("CASARE_TRUSTED_PROXIES", "10.0.0.1/8"),
            ("CASARE_TRUSTED_PROXIES", "10.0.0.0/8,proxy"),
        ])
    func `a wrong value names its variable`(name: String, value: String) {
        let error = #expect(throws: SettingError.self) {
            _ = try Self.settings(Self.provider.merging([name: value]) { $1 })
        }
        #expect(error?.variable == name)
    }

    @Test func `an issuer on this machine needs no TLS`() throws {
        for issuer in ["http://127.0.0.1:8080", "http://localhost/realms/x", "http://[::1]:1"] {
            let settings = try Self.settings(Self.provider.merging(["CASARE_OIDC_ISSUER": issuer]) { $1 })
            #expect(settings.openID?.issuer == issuer)
        }
    }

    @Test func `limits can be set and turned off`() throws {
        let settings = try Self.settings([
            "CASARE_LOCKOUT_FAILURES": "0", "CASARE_RATE_LIMIT": "600",
            "CASARE_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
        ])
        #expect(settings.lockout == nil && settings.rate == RequestRate(perSecond: 600))
        #expect(settings.trustedProxies.map(\.description) == ["10.0.0.0/8", "::1/128"])
    }
}
