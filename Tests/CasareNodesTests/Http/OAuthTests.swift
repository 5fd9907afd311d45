import CasareDomain
import CasareEngine
import CasareNodes
import Testing

/// Sign-ins against an authorization server.
@Suite struct OAuthTests {
    private static func withServer<R>(
        _ body: (OAuthServer, WebServer, WebFixture) async throws -> R
    ) async throws -> R {
        let oauth = OAuthServer()
        return try await WebServer.with({ oauth.handle($0) }) { server in
            try await withWeb { web async throws in try await body(oauth, server, web) }
        }
    }

    // MARK: Authorize

    @Test func `the address for the browser carries a challenge that fits the verifier`() async throws {
        try await withWeb { web async throws in
            let inputs: Object = [
                "client_id": "app&1", "auth_url": "https://a.b/auth?tenant=1", "scope": "read write",
                "extra_params": ["prompt": "login", "scope": "all"],
            ]
            let outputs = try await web.perform("OAuth2AuthorizeNode", inputs)
            let address = try #require(outputs["auth_url"]?.string)
            #expect(address.hasPrefix("https://a.b/auth?tenant=1&response_type=code&client_id=app%261&"))
            let query = OAuthServer.form(address.split(separator: "?")[1])
            #expect(query["redirect_uri"] == "http://localhost:8080/callback")
            #expect(query["scope"] == "all")
            #expect(query["prompt"] == "login")
            #expect(query["state"] == outputs["state"]?.string)
            #expect(outputs["state"]?.string?.count == 43)
            let verifier = try #require(outputs["code_verifier"]?.string)
            #expect((43...96).contains(verifier.count))
            #expect(query["code_challenge"] == OAuthServer.challenge(of: verifier))
            #expect(query["code_challenge"] == outputs["code_challenge"]?.string)
            #expect(query["code_challenge_method"] == "S256")
            let other = try await web.perform("OAuth2AuthorizeNode", inputs)
            #expect(other["state"] != outputs["state"])
            #expect(other["code_verifier"] != outputs["code_verifier"])
        }
    }

    @Test func `PKCE is for codes, and may be off`() async throws {
        try await withWeb { web async throws in
            for more: Object in [["pkce_enabled": false], ["response_type": "token"]] {
                let inputs: Object = ["client_id": "a", "auth_url": "https://a.b", "state": "mine"]
                let outputs = try await web.perform("OAuth2AuthorizeNode", inputs.merging(more))
                #expect(outputs["code_verifier"] == "")
                #expect(outputs["state"] == "mine")
                #expect(outputs["auth_url"]?.string?.contains("code_challenge") == false)
            }
            #expect(try await web.failure("OAuth2AuthorizeNode", ["auth_url": "x"]).message == "client_id is required")
            #expect(try await web.failure("OAuth2AuthorizeNode", ["client_id": "x"]).message == "auth_url is required")
        }
    }

    // MARK: Exchange

    @Test func `a code is exchanged with its verifier, once`() async throws {
        try await Self.withServer { oauth, server, web async throws in
            let authorize: Object = ["client_id": .string(OAuthServer.client), "auth_url": "https://a.b/auth"]
            let begun = try await web.perform("OAuth2AuthorizeNode", authorize)
            let code = oauth.agree(to: begun["code_challenge"]?.string ?? "")
            let inputs: Object = [
                "client_id": .string(OAuthServer.client), "token_url": .string("\(server.url)/token"),
                "code": .string(code), "code_verifier": begun["code_verifier"] ?? .null,
            ]
            let outputs = try await web.perform("OAuth2TokenExchangeNode", inputs)
            #expect(outputs["access_token"] == "access-1")
            #expect(outputs["refresh_token"] == "refresh-1")
            #expect(outputs["token_type"] == "bearer")
            #expect(outputs["expires_in"] == 3600)
            #expect(outputs["scope"] == "read")
            #expect(outputs["id_token"] == "id-1")
            #expect(outputs["full_response"]?["extra"] == [1])
            #expect(server.requests.first?.header("Accept") == "application/json")
            let again = try await web.failure("OAuth2TokenExchangeNode", inputs)
            #expect(again.message == "OAuth error: invalid_grant - The code <redacted> is not known")
        }
    }

    @Test(
        arguments: [
            (
                ["grant_type": "client_credentials", "client_id": "app&1", "client_secret": "cl/ent s3cret"],
                "for nothing"
            ),
            (
                [
                    "grant_type": "client_credentials", "client_id": "app&1", "client_secret": "cl/ent s3cret",
                    "scope": "x y",
                ],
                "for x y"
            ),
            (["grant_type": "refresh_token", "refresh_token": "refresh-0"], "access-2"),
            (["grant_type": "password", "username": "al", "password": "pä ss"], "access-3"),
        ] as [(Object, String)])
    func `every grant gets its token`(inputs: Object, token: String) async throws {
        try await Self.withServer { _, server, web async throws in
            let inputs = inputs.merging(["token_url": .string("\(server.url)/token")])
            let outputs = try await web.perform("OAuth2TokenExchangeNode", inputs)
            #expect(outputs["access_token"] == .string(token))
            #expect(outputs["token_type"] == "Bearer")
            #expect(outputs["id_token"] == "")
        }
    }

    @Test(
        arguments: [
            ([:], "Missing required parameter(s) of authorization_code: code"),
            (
                ["grant_type": "client_credentials"],
                "Missing required parameter(s) of client_credentials: client_id, client_secret"
            ),
            (["grant_type": "password", "username": "a"], "Missing required parameter(s) of password: password"),
            (
                ["grant_type": "device_code", "client_id": "a"],
                "Missing required parameter(s) of device_code: device_code"
            ),
            (["code": "a"], "token_url is required"),
        ] as [(Object, String)])
    func `a grant needs its parameters`(inputs: Object, message: String) async throws {
        try await withWeb { web async throws in
            #expect(try await web.failure("OAuth2TokenExchangeNode", inputs).message == message)
        }
    }

    @Test func `a refusal is told without the secrets that were sent`() async throws {
        try await Self.withServer { _, server, web async throws in
            let inputs: Object = [
                "grant_type": "client_credentials", "client_id": "app&1", "client_secret": "wr0ng",
                "token_url": .string("\(server.url)/token"),
            ]
            let failure = try await web.failure("OAuth2TokenExchangeNode", inputs)
            #expect(failure.type == "HttpError")
            #expect(failure.message == "OAuth error: invalid_client - No client with <redacted>")
            let nowhere = inputs.merging(["token_url": .string("\(server.url)/nowhere")])
            #expect(try await web.failure("OAuth2TokenExchangeNode", nowhere).message == "OAuth error: HTTP 404")
        }
    }

    @Test func `a redirect gets no secrets`() async throws {
        try await WebServer.with({ _ in .redirect(307, "/elsewhere") }) { server in
            try await withWeb { web async throws in
                let inputs: Object = ["token_url": .string(server.url), "code": "c0de"]
                #expect(try await web.failure("OAuth2TokenExchangeNode", inputs).message == "OAuth error: HTTP 307")
                #expect(server.requests.count == 1)
            }
        }
    }

    // MARK: Device code

    private static func exchange(_ server: WebServer, _ more: Object = [:]) -> Object {
        let inputs: Object = [
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": .string(OAuthServer.client),
            "device_code": "device-s3cret", "interval": 7, "token_url": .string("\(server.url)/token"),
        ]
        return inputs.merging(more)
    }

    @Test func `a device code is shown, and asked about until the person has agreed`() async throws {
        try await Self.withServer { oauth, server, web async throws in
            let authorize: Object = [
                "client_id": .string(OAuthServer.client), "auth_url": .string("\(server.url)/device"),
                "response_type": "device_code",
            ]
            let begun = try await web.perform("OAuth2AuthorizeNode", authorize)
            #expect(begun["user_code"] == "WDJB-MJHT")
            #expect(begun["device_code"] == "device-s3cret")
            #expect(begun["verification_uri"] == "https://a.b/device")
            #expect(begun["auth_url"] == "https://a.b/device?user_code=WDJB-MJHT")
            #expect(begun["interval"] == 7)
            #expect(begun["expires_in"] == 900)
            oauth.answerDeviceQuestions(
                with: ["authorization_pending", "slow_down", "authorization_pending", "hang up", "unwell"])
            let outputs = try await web.perform("OAuth2TokenExchangeNode", Self.exchange(server))
            #expect(outputs["access_token"] == "access-4")
            #expect(web.time.waits.map { $0 / .seconds(1) } == [7, 7, 12, 12, 24, 48])
        }
    }

    @Test func `a device code that the person refuses fails`() async throws {
        try await Self.withServer { oauth, server, web async throws in
            for error in ["access_denied", "expired_token"] {
                oauth.answerDeviceQuestions(with: ["authorization_pending", error])
                let short = Self.exchange(server, ["grant_type": "device_code"])
                let failure = try await web.failure("OAuth2TokenExchangeNode", short)
                #expect(failure.message == "OAuth error: \(error)")
            }
        }
    }

    @Test func `a device code expires, and so does patience`() async throws {
        try await Self.withServer { oauth, server, web async throws in
            let pending = Array(repeating: "authorization_pending", count: 20)
            oauth.answerDeviceQuestions(with: pending)
            let expired = Self.exchange(server, ["device_expires_in": 30])
            let failure = try await web.failure("OAuth2TokenExchangeNode", expired)
            #expect(failure.message == "OAuth error: expired_token - the code was good for 30 s")
            #expect(server.requests.count == 4)
            let impatient = Self.exchange(server, ["device_expires_in": 900, "timeout": 14])
            let given = try await web.failure("OAuth2TokenExchangeNode", impatient)
            #expect(given.type == "TimeoutError")
            #expect(server.requests.count == 6)
        }
    }

    // MARK: Introspection

    @Test func `a token is asked about`() async throws {
        try await Self.withServer { _, server, web async throws in
            let inputs: Object = [
                "introspection_url": .string("\(server.url)/introspect"), "client_id": .string(OAuthServer.client),
                "client_secret": .string(OAuthServer.secret), "token": "access-1",
            ]
            let active = try await web.perform("OAuth2TokenValidateNode", inputs)
            #expect(active["active"] == true)
            #expect(active["client_id"] == "app&1")
            #expect(active["username"] == "al")
            #expect(active["scope"] == "read")
            #expect(active["expires_at"] == 1_900_000_000)
            #expect(active["token_type"] == "Bearer")
            #expect(active["full_response"]?["exp"] == 1_900_000_000)
            let unknown = inputs.merging(["token": "x", "client_id": "public", "client_secret": ""])
            let inactive = try await web.perform("OAuth2TokenValidateNode", unknown)
            #expect(inactive["active"] == false)
            #expect(inactive["username"] == "")
            #expect(inactive["expires_at"] == 0)
            let stranger = inputs.merging(["client_secret": "wr0ng"])
            let failure = try await web.failure("OAuth2TokenValidateNode", stranger)
            #expect(failure.message == "OAuth error: invalid_client")
            #expect(
                try await web.failure("OAuth2TokenValidateNode", ["token": "x"]).message
                    == "introspection_url is required")
        }
    }
}
