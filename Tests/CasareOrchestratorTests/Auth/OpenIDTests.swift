import AsyncHTTPClient
import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareTestSupport
import CasareWire
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

/// Tokens of an identity provider, which is a process of its own.
struct OpenIDTests {
    private typealias Fixture = OrchestratorFixture

    private static func settings(_ provider: TestServer) -> OpenIDSettings {
        OpenIDSettings(
            issuer: provider.issuer, audience: "casare",
            roles: [
                .init(value: "boss", role: .admin), .init(value: "staff", role: .viewer),
                .init(value: "clerks", role: Role.Name(rawValue: "clerk")!),  // It has the form.
            ])
    }

    /// A token of the provider.
    private static func mint(_ wish: Object = [:], _ provider: TestServer) async throws -> String {
        var request = HTTPClientRequest(url: provider.issuer + "/mint")
        request.method = .POST
        request.body = .bytes(ByteBuffer(string: Value.object(wish).jsonText(.compact)))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(30))
        let json = try Value(parsingJSON: Array(try await response.body.collect(upTo: 1 << 20).readableBytesView))
        return try #require(json["token"]?.string)
    }

    private static func withServer(
        _ change: @escaping @Sendable (inout OpenIDSettings) -> Void = { _ in },
        _ body: @escaping @Sendable (OrchestratorFixture, TestServer) async throws -> Void
    ) async throws {
        try await TestServer.withOpenIDProvider { provider in
            var settings = Self.settings(provider)
            change(&settings)
            let authentication = AuthenticationSettings(openID: settings, lockout: nil)
            try await Fixture.with(authentication: authentication) { server in try await body(server, provider) }
        }
    }

    /// Time that passes when the test says so.
    private final class Clock: Sendable {
        private let start = ContinuousClock.now
        private let passed = Mutex(Duration.zero)

        var now: ContinuousClock.Instant { self.start + self.passed.withLock { $0 } }
        func pass(_ duration: Duration) { self.passed.withLock { $0 += duration } }
    }

    private static func withVerifier(
        _ body: @escaping @Sendable (OpenIDVerifier, TestServer, Clock) async throws -> Void
    ) async throws {
        try await TestServer.withOpenIDProvider { provider in
            let clock = Clock()
            let verifier = OpenIDVerifier(
                Self.settings(provider), logger: Fixture.logger, clock: { clock.now })
            try await body(verifier, provider, clock)
        }
    }

    // MARK: - Who is let in

    @Test func `a token of the provider says who its bearer is and what they may do`() async throws {
        try await Self.withServer { server, provider in
            let token = try await Self.mint([:], provider)
            let me = try await server.send(.GET, "/api/v1/auth/me", token: token)
            #expect(me.status == 200 && me.json["name"] == "oidc:ann" && me.json["role"] == "viewer")
            #expect(me.json["kind"] == "oidc" && me.json["tenant"] == 1)
            #expect(try await server.send(.GET, "/api/v1/jobs", token: token).status == 200)
            let refused = try await server.send(.GET, "/api/v1/tokens", token: token)
            #expect(refused.status == 403 && refused.message.contains("oidc:ann"))
        }
    }

    @Test func `tokens of all algorithms count whose keys everybody may have`() async throws {
        try await Self.withVerifier { verifier, provider, _ in
            for algorithm in SignedToken.Algorithm.allCases {
                let name = algorithm.rawValue
                let key = name == "EdDSA" ? "ed1" : name.hasPrefix("ES") ? name.lowercased() : "rsa1"
                let token = try await Self.mint(["key": .string(key), "alg": .string(name)], provider)
                #expect(try await verifier.claims(of: token)?.subject == "ann", "\(name)")
            }
        }
    }

    @Test func `a token without the name of a key is tried with those of its algorithm`() async throws {
        try await Self.withVerifier { verifier, provider, _ in
            let token = try await Self.mint(["header": ["kid": nil], "key": "es384"], provider)
            #expect(try await verifier.claims(of: token) != nil)
        }
    }

    @Test func `whatever is wrong with a token, the answer is the same`() async throws {
        let now = Date().timeIntervalSince1970
        let wishes: [(String, Object)] = [
            ("no signature", ["alg": "none"]), ("a public key as a secret", ["alg": "HS256"]),
            ("a changed signature", ["damage": true]), ("another audience", ["claims": ["aud": "others"]]),
            ("no audience", ["claims": ["aud": nil]]), ("an issuer like it", ["claims": ["iss": "http://127.0.0.1"]]),
            ("expired", ["claims": ["exp": .double(now - 61)]]), ("no end", ["claims": ["exp": nil]]),
            ("an end in words", ["claims": ["exp": "tomorrow"]]),
            ("not yet", ["claims": ["nbf": .double(now + 120)]]),
            ("made in the future", ["claims": ["iat": .double(now + 120)]]),
            ("of nobody", ["claims": ["sub": nil]]), ("of a list", ["claims": ["sub": ["ann"]]]),
            ("critical headers", ["header": ["crit": ["exp"]]]),
            ("another key's name", ["key": "rsa1", "kid": "es256"]),
            ("a key that is not published", ["key": "rsa2"]),
            ("a key that is not for signatures", ["key": "rsa_encrypting"]),
            ("a key that is too short", ["key": "rsa_short", "kid": "short"]),
        ]
        try await Self.withServer { server, provider in
            let unknown = try await server.send(.GET, "/api/v1/jobs", token: "crpa_unknown")
            #expect(unknown.status == 401)
            for (name, wish) in wishes {
                let token = try await Self.mint(wish, provider)
                let reply = try await server.send(.GET, "/api/v1/jobs", token: token)
                #expect(reply.status == 401 && reply.json["error"] == unknown.json["error"], "\(name)")
            }
            for text in ["a.b.c", "e30.e30.", "..", "e30.e30.AA"] {
                let reply = try await server.send(.GET, "/api/v1/jobs", token: text)
                #expect(reply.status == 401 && reply.json["error"] == unknown.json["error"], "\(text)")
            }
            let token = try await Self.mint([:], provider)
            #expect(try await server.send(.GET, "/api/v1/jobs", token: token).status == 200)
        }
    }

    @Test func `a server without a provider takes none of its tokens`() async throws {
        try await TestServer.withOpenIDProvider { provider in
            let token = try await Self.mint([:], provider)
            try await Fixture.with { server in
                let reply = try await server.send(.GET, "/api/v1/jobs", token: token)
                #expect(reply.status == 401 && reply.code == "AUTH_TOKEN_INVALID")
                let methods = try await server.send(.GET, "/api/v1/auth/methods", token: nil)
                #expect(methods.status == 200 && methods.json["token"] == true)
                #expect((methods.json["oidc"] ?? .null) == .null)
            }
        }
    }

    // MARK: - Roles and tenants

    @Test func `the first role counts that the settings name, and who has none may do nothing`() async throws {
        try await Self.withServer { server, provider async throws in
            func status(_ roles: Value, _ path: String = "/api/v1/tokens") async throws -> Int {
                let token = try await Self.mint(["claims": ["roles": roles]], provider)
                return try await server.send(.GET, path, token: token).status
            }
            #expect(try await status(["staff", "boss"]) == 200)
            #expect(try await status("boss") == 200)
            #expect(try await status(["staff"]) == 403)
            #expect(try await status(["others"], "/api/v1/jobs") == 403)
            #expect(try await status(nil, "/api/v1/jobs") == 403)
            // A role of the tenant's own, which is not there at first.
            #expect(try await status(["clerks"], "/api/v1/jobs") == 403)
            let role: Value = ["name": "clerk", "permissions": ["execution.read"]]
            #expect(try await server.call(.POST, "/api/v1/roles", role).status == 201)
            #expect(try await status(["others", "clerks"], "/api/v1/jobs") == 200)
        }
    }

    @Test func `a claim says of which tenant somebody is, and may be deep within`() async throws {
        let deep: @Sendable (inout OpenIDSettings) -> Void = { settings in
            settings.tenantClaim = "https://casare.example/tenant"
            settings.roleClaim = "realm_access.roles"
        }
        try await Self.withServer(deep) { server, provider in
            try await server.database.asSystem { connection in
                _ = try connection.execute(Query("INSERT INTO tenants (tenant_id, name) VALUES (77, 'other')"))
            }
            func me(_ tenant: Value) async throws -> OrchestratorFixture.Reply {
                let claims: Value = [
                    "https://casare.example/tenant": tenant, "realm_access": ["roles": ["boss"]],
                ]
                return try await server.send(
                    .GET, "/api/v1/auth/me", token: try await Self.mint(["claims": claims], provider))
            }
            let other = try await me("other")
            #expect(other.json["tenant"] == 77 && other.json["role"] == "admin")
            // Of the installation it has nothing there.
            #expect(other.json["permissions"]?.list?.contains("tenant.create") == false)
            #expect(try await me("default").json["tenant"] == 1)
            #expect(try await me("unknown").status == 401)
            #expect(try await me(nil).status == 401)
        }
    }

    // MARK: - Keys

    @Test func `new keys count soon, and keys that are gone count no more`() async throws {
        try await Self.withVerifier { verifier, provider, clock in
            let old = try await Self.mint([:], provider)
            #expect(try await verifier.claims(of: old) != nil)
            try provider.behave(["keys": ["rsa2"], "signing": "rsa2"])
            let new = try await Self.mint([:], provider)
            // It was looked at just now, so anybody's made-up key brings nothing about.
            #expect(try await verifier.claims(of: new) == nil)
            #expect(provider.requests.filter { $0 == "GET /jwks" }.count == 1)
            clock.pass(KeyRefresh.pause)
            #expect(try await verifier.claims(of: new) != nil)
            #expect(try await verifier.claims(of: old) == nil)
            #expect(provider.requests.filter { $0 == "GET /jwks" }.count == 2)
        }
    }

    @Test func `keys that are gone count no more after a while, without any new one`() async throws {
        try await Self.withVerifier { verifier, provider, clock in
            let token = try await Self.mint([:], provider)
            #expect(try await verifier.claims(of: token) != nil)
            try provider.behave(["keys": ["es256"]])
            clock.pass(KeyRefresh.ageMax - .seconds(1))
            #expect(try await verifier.claims(of: token) != nil)
            clock.pass(.seconds(1))
            #expect(try await verifier.claims(of: token) == nil)
        }
    }

    @Test func `people work on while the provider is away, and nobody new is let in`() async throws {
        try await Self.withVerifier { verifier, provider, clock in
            let token = try await Self.mint([:], provider)
            try provider.behave(["status": 503])
            await #expect(throws: APIProblem.self) { try await verifier.claims(of: token) }
            let tries = provider.requests.count
            await #expect(throws: APIProblem.self) { try await verifier.claims(of: token) }
            #expect(provider.requests.count == tries)
            try provider.behave([:])
            clock.pass(KeyRefresh.pause)
            #expect(try await verifier.claims(of: token) != nil)
            try provider.behave(["status": 503])
            clock.pass(KeyRefresh.ageMax)
            #expect(try await verifier.claims(of: token) != nil)
            clock.pass(KeyRefresh.staleMax)
            let problem = await #expect(throws: APIProblem.self) { try await verifier.claims(of: token) }
            #expect(problem?.code == .serviceUnavailable)
        }
    }

    @Test func `the description of another issuer is not believed`() async throws {
        try await Self.withVerifier { verifier, provider, _ in
            try provider.behave(["issuer": "https://evil.example"])
            let token = try await Self.mint([:], provider)
            await #expect(throws: APIProblem.self) { try await verifier.claims(of: token) }
            #expect(!provider.requests.contains("GET /jwks"))
        }
    }

    @Test func `tokens of other issuers bring about no requests`() async throws {
        try await Self.withVerifier { verifier, provider, _ in
            let token = try await Self.mint(["claims": ["iss": "https://evil.example"]], provider)
            #expect(try await verifier.claims(of: token) == nil)
            #expect(!provider.requests.contains { $0.hasPrefix("GET") })
        }
    }

    @Test func `the server names the provider to whoever is not let in yet`() async throws {
        try await Self.withServer { server, provider in
            let methods = try await server.withClient(.viewer) { try await $0.signInMethods() }
            #expect(methods.oidc?.issuer == provider.issuer && methods.oidc?.clientID == "casarectl")
            #expect(methods.oidc?.token == .access && methods.oidc?.audience == "casare")
        }
    }
}
