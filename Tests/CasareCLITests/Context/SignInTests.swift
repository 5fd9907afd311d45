@testable import CasareClient
import CasareDomain
import CasareOrchestrator
import CasareStore
import CasareTestSupport
import CasareWire
import FoundationEssentials
import Testing

@testable import CasareCLI

/// Signing in at an identity provider, which is a process of its own, and staying signed in.
struct SignInTests {
    private static func method(_ provider: TestServer, _ kind: OpenIDMethod.TokenKind = .access) -> OpenIDMethod {
        OpenIDMethod(
            issuer: provider.issuer, clientID: "casarectl", audience: "casare", scopes: "openid offline_access",
            token: kind)
    }

    /// Signs in without waiting.
    private static func signedIn(_ method: OpenIDMethod) async throws -> OpenIDTokens {
        let provider = try await OpenIDSignIn(method, program: "test")
        return try await provider.tokens(for: try await provider.begin(), pause: { _ in })
    }

    private static func refreshes(_ provider: TestServer) -> Int {
        provider.requests.filter { $0 == "POST /token" }.count
    }

    // MARK: - The provider

    @Test func `a person confirms a code, and the device asks until then`() async throws {
        try await TestServer.withOpenIDProvider { provider in
            try provider.behave(["pending": 2, "slow_down": 1, "interval": 0])
            let signIn = try await OpenIDSignIn(Self.method(provider), program: "test")
            let code = try await signIn.begin()
            #expect(code.text == "WDJB-MJHT" && code.url == provider.issuer + "/activate")
            #expect(code.completeURL?.hasSuffix(code.text) == true)
            var pauses: [Duration] = []
            let tokens = try await signIn.tokens(for: code) { pauses.append($0) }
            #expect(pauses == [.zero, .zero, .zero, .seconds(5)])
            #expect(tokens.token(of: .access) != nil && tokens.token(of: .id) != nil && tokens.refresh != nil)
            #expect(tokens.token(of: .access) != tokens.token(of: .id))
            let expiry = try #require(tokens.expiry(of: .id))
            #expect(abs(expiry.timeIntervalSinceNow - 300) < 60)
        }
    }

    @Test(arguments: [
        ("access_denied", SignInError.denied), ("expired_token", .expired),
        ("invalid_grant", .refused(code: "invalid_grant", description: nil)),
    ])
    func `a sign-in that comes to nothing says why`(refusal: String, expected: SignInError) async throws {
        try await TestServer.withOpenIDProvider { provider in
            try provider.behave(["refusal": .string(refusal)])
            await #expect(throws: expected) { try await Self.signedIn(Self.method(provider)) }
        }
    }

    @Test func `a refresh token works once`() async throws {
        try await TestServer.withOpenIDProvider { provider in
            let tokens = try await Self.signedIn(Self.method(provider))
            let refresh = try #require(tokens.refresh)
            let signIn = try await OpenIDSignIn(Self.method(provider), program: "test")
            let second = try await signIn.refreshed(with: refresh)
            #expect(second.refresh != nil && second.refresh != refresh)
            await #expect(throws: SignInError.signedOut) { try await signIn.refreshed(with: refresh) }
        }
    }

    @Test func `a provider is asked on this machine or over TLS, and must be who it says`() async throws {
        try await TestServer.withOpenIDProvider { provider in
            try provider.behave(["issuer": "https://evil.example"])
            await #expect(throws: SignInError.self) { try await OpenIDSignIn(Self.method(provider), program: "test") }
            let plain = OpenIDMethod(
                issuer: "http://id.example", clientID: "c", audience: "a", scopes: "s", token: .access)
            let error = await #expect(throws: SignInError.self) { try await OpenIDSignIn(plain, program: "test") }
            #expect(error?.description.contains("TLS") == true)
        }
    }

    // MARK: - Staying signed in

    @Test func `where a provider sends no new refresh token, the former one goes on counting`() throws {
        let method = OpenIDMethod(
            issuer: "https://id.example", clientID: "c", audience: "a", scopes: "s", token: .access)
        let without = try #require(OpenIDTokens(["access_token": "t"], now: Date()))
        let with = try #require(OpenIDTokens(["access_token": "t", "refresh_token": "new"], now: Date()))
        #expect(StoredSignIn(without, of: method, former: "old").refreshToken == "old")
        #expect(StoredSignIn(with, of: method, former: "old").refreshToken == "new")
        #expect(StoredSignIn(without, of: method).refreshToken == nil)
    }

    /// A context whose token has expired.
    private static func withStaleContext(
        _ body: @escaping @Sendable (ContextFile, TestServer) async throws -> Void
    ) async throws {
        try await TestServer.withOpenIDProvider { provider in
            let method = Self.method(provider)
            let tokens = try await Self.signedIn(method)
            try await withTemporaryDirectory { folder in
                let file = ContextFile(path: folder + "/config.json")
                var contexts = Contexts()
                var context = ServerContext(
                    name: "live", url: ServerURL("https://casare.example")!, token: tokens.access, isProduction: true)
                context.signIn = StoredSignIn(
                    method: method, refreshToken: tokens.refresh, expiresAt: Date(timeIntervalSinceNow: 29))
                contexts.store(context)
                try file.save(contexts)
                try await body(file, provider)
            }
        }
    }

    @Test func `a token that has expired is renewed, and kept for the next command`() async throws {
        try await Self.withStaleContext { file, provider in
            let before = try #require(try file.load()["live"])
            let asked = Self.refreshes(provider)
            let token = try await SignInRenewal(file).token(of: "live")
            let after = try #require(try file.load()["live"])
            #expect(after.token == token && after.signIn?.refreshToken != before.signIn?.refreshToken)
            #expect(after.isProduction && after.signIn?.isStale(at: Date()) == false)
            #expect(try await SignInRenewal(file).token(of: "live") == token)
            #expect(Self.refreshes(provider) == asked + 1)
            #expect(!file.isExposed)
        }
    }

    @Test func `of several commands at once one renews, and the others take what it got`() async throws {
        try await Self.withStaleContext { file, provider in
            let asked = Self.refreshes(provider)
            let tokens = try await withThrowingTaskGroup(of: String.self) { tasks in
                for _ in 0..<5 { tasks.addTask { try await SignInRenewal(file).token(of: "live") } }
                return try await tasks.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(tokens.count == 1)
            #expect(Self.refreshes(provider) == asked + 1)
        }
    }

    @Test func `whoever is signed out is told to sign in again`() async throws {
        try await Self.withStaleContext { file, provider in
            let signIn = try #require(try file.load()["live"]?.signIn)
            let refresh = try #require(signIn.refreshToken)
            // Somebody else has used it.
            _ = try await OpenIDSignIn(signIn.method, program: "test").refreshed(with: refresh)
            let failure = await #expect(throws: CommandFailure.self) {
                try await SignInRenewal(file).token(of: "live")
            }
            #expect(failure?.status == .notSignedIn && failure?.message.contains("casarectl login --oidc") == true)
            try provider.behave(["status": 503])
            let away = await #expect(throws: CommandFailure.self) { try await SignInRenewal(file).token(of: "live") }
            #expect(away?.message.contains(signIn.method.issuer) == true)
        }
    }

    // MARK: - As people do it

    @Test func `people sign in with a browser, are known, and sign out`() async throws {
        try await TestServer.withOpenIDProvider { provider in
            try await withTestDatabase { database in
                let openID = OpenIDSettings(
                    issuer: provider.issuer, audience: "casare", roles: [.init(value: "staff", role: .viewer)])
                try await BulkFixture.serving(
                    database, authentication: AuthenticationSettings(openID: openID)
                ) { url in
                    try await withTemporaryDirectory { folder in
                        let program = try TestProgram(.casarectl, variables: ["HOME": folder])
                        let login = try await program.run(["login", "--oidc", "--url", url, "--name", "s"], in: folder)
                        #expect(login.status == 0, "\(login.errors)")
                        #expect(login.errors.contains("WDJB-MJHT") && login.errors.contains("oidc:ann (viewer)"))
                        let whoami = try await program.run(["whoami", "-o", "json"], in: folder)
                        #expect(whoami.status == 0 && whoami.output.contains("oidc:ann"))
                        let file = ContextFile(path: folder + "/.config/casare/config.json")
                        #expect(try file.load()["s"]?.signIn?.method.issuer == provider.issuer)
                        let logout = try await program.run(["logout"], in: folder)
                        #expect(logout.status == 0 && logout.errors.contains("logged out of s"))
                        #expect(try file.load() == Contexts())
                        let gone = try await program.run(["whoami"], in: folder)
                        #expect(gone.status == Int(ExitReason.notSignedIn.rawValue))
                    }
                }
            }
        }
    }

    @Test func `a file that others can read is not used, and says what to do`() async throws {
        try await withTemporaryDirectory { folder in
            let program = try TestProgram(.casarectl, variables: ["HOME": folder])
            let file = ContextFile(path: folder + "/.config/casare/config.json")
            var contexts = Contexts()
            contexts.store(
                ServerContext(
                    name: "s", url: ServerURL("http://127.0.0.1:1")!, token: "crpa_secret", isProduction: false))
            contexts.current = "s"
            try file.save(contexts)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
            let refused = try await program.run(["whoami"], in: folder)
            #expect(refused.status == Int(ExitReason.failure.rawValue))
            #expect(refused.errors.contains("chmod 600 \(file.path)") && !refused.errors.contains("crpa_secret"))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
            // Now the server is asked, which is not there.
            let asked = try await program.run(["whoami"], in: folder)
            #expect(asked.status == Int(ExitReason.unavailable.rawValue))
        }
    }
}
