import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import CasareWire
import FoundationEssentials
import Testing

/// Tokens over the API: what they are cut down to, how one takes another's place, and what is known of their use.
struct TokenRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static func create(_ body: Value, _ server: OrchestratorFixture) async throws -> String {
        let created = try await server.call(.POST, "/api/v1/tokens", body)
        #expect(created.status == 201, "\(created.message)")
        return try #require(created.json["token"]?.string)
    }

    @Test func `a token may do what its scopes say, and its role allows`() async throws {
        try await Fixture.with { server in
            let token = try await Self.create(
                ["name": "ci", "role": "operator", "scopes": ["execution.read", "workflow.*"]], server)
            #expect(try await server.send(.GET, "/api/v1/jobs", token: token).status == 200)
            #expect(try await server.send(.GET, "/api/v1/workflows", token: token).status == 200)
            let refused = try await server.send(.GET, "/api/v1/robots", token: token)
            #expect(refused.status == 403 && refused.message.contains("scopes"))
            let me = try await server.send(.GET, "/api/v1/auth/me", token: token)
            #expect(me.json["permissions"]?.list?.contains("workflow.execute") == true)
            // Of all of a noun, those that the role has.
            #expect(me.json["permissions"]?.list?.contains("workflow.delete") == false)
        }
    }

    @Test(
        arguments: [
            (["scopes": []], "scopes"), (["scopes": ["workflow.fly"]], "scopes[0]"),
            (["scopes": ["execution.read", "token.create"]], "scopes[1]"), (["scopes": ["token.*"]], "scopes[0]"),
            (["networks": []], "networks"), (["networks": ["10.0.0.0/8", "10.0.0.1/8"]], "networks[1]"),
            (["networks": ["localhost"]], "networks[0]"), (["description": ""], "description"),
            (["name": "oidc:ann"], "name"), (["name": "robot:r1"], "name"),
        ] as [(Object, String)])
    func `what cannot be is refused, with the place`(members: Object, field: String) async throws {
        try await Fixture.with { server in
            var body: Object = ["name": "ci", "role": "operator"]
            for (name, value) in members { body[name] = value }
            let reply = try await server.call(.POST, "/api/v1/tokens", .object(body))
            #expect(reply.status == 422 && reply.json["error"]?["field"]?.string == field, "\(reply.message)")
        }
    }

    @Test func `who is let in from some networks lets nobody in from others`() async throws {
        try await Fixture.with { server in
            let near = try await Self.create(["name": "near", "role": "admin", "networks": ["127.0.0.0/8"]], server)
            _ = try await Self.create(["name": "far", "role": "viewer"], server)
            func post(_ path: String, _ body: Value) async throws -> Fixture.Reply {
                try await server.send(
                    .POST, path, token: near, body: body.jsonText(.compact),
                    headers: ["Content-Type": "application/json"])
            }
            let requests: [(String, Value)] = [
                ("/api/v1/tokens", ["name": "a", "role": "viewer"]),
                ("/api/v1/tokens", ["name": "a", "role": "viewer", "networks": ["127.0.0.1", "10.0.0.0/8"]]),
                ("/api/v1/tokens/far/rotate", [:]),
            ]
            for (path, body) in requests {
                let refused = try await post(path, body)
                #expect(refused.status == 403 && refused.message.contains("127.0.0.0/8"), "\(refused.json)")
            }
            let within = try await post(
                "/api/v1/tokens", ["name": "a", "role": "viewer", "networks": ["127.0.0.1"]])
            #expect(within.status == 201, "\(within.json)")
            #expect(try await post("/api/v1/tokens/near/rotate", ["overlap_seconds": 60]).status == 201)
        }
    }

    /// A token of an administrator that ends in an hour, and when that is.
    private static func brief(_ server: OrchestratorFixture) async throws -> (token: String, end: Date) {
        let end = Timestamp.text(Date(timeIntervalSinceNow: 3600))
        let made = try await server.call(
            .POST, "/api/v1/tokens", ["name": "brief", "role": "admin", "expires_at": .string(end)])
        try #require(made.status == 201, "\(made.json)")
        let shown = try #require(made.json["info"]?["expires_at"]?.string.flatMap(Timestamp.date))
        return (try #require(made.json["token"]?.string), shown)
    }

    private static func post(
        _ path: String, _ body: Value, as token: String, to server: OrchestratorFixture
    ) async throws -> Fixture.Reply {
        try await server.send(
            .POST, path, token: token, body: body.jsonText(.compact), headers: ["Content-Type": "application/json"])
    }

    private static func expectTooLong(_ reply: Fixture.Reply, field: String?, _ what: String) {
        #expect(reply.status == 403 && reply.code == "AUTH_INSUFFICIENT_PERMISSIONS", "\(what): \(reply.json)")
        #expect(reply.json["error"]?["field"]?.string == field, "\(what): \(reply.json)")
        let latest = reply.json["error"]?["details"]?["latest"]?.string
        #expect(latest != nil && reply.message.contains(latest ?? "?"), "\(what): \(reply.json)")
    }

    @Test func `with a token that expires nobody makes one that counts for longer`() async throws {
        try await Fixture.with { server in
            let (token, end) = try await Self.brief(server)
            for late in [nil, end.addingTimeInterval(1), end.addingTimeInterval(86_400)] {
                var body: Object = ["name": "x", "role": "viewer"]
                if let late { body["expires_at"] = .string(Timestamp.text(late)) }
                let refused = try await Self.post("/api/v1/tokens", .object(body), as: token, to: server)
                Self.expectTooLong(refused, field: "expires_at", "\(String(describing: late))")
                #expect(refused.message.contains(late == nil ? "never expire" : "would expire at"), "\(refused.json)")
            }
            #expect(try await server.call(.GET, "/api/v1/tokens/x").status == 404)
            // As late as its maker is not later, and neither is what the refusal names.
            let refused = try await Self.post("/api/v1/tokens", ["name": "x", "role": "viewer"], as: token, to: server)
            let latest = try #require(refused.json["error"]?["details"]?["latest"])
            for (name, expiresAt) in [("same", Value.string(Timestamp.text(end))), ("latest", latest)] {
                let made = try await Self.post(
                    "/api/v1/tokens", ["name": .string(name), "role": "viewer", "expires_at": expiresAt], as: token,
                    to: server)
                #expect(made.status == 201, "\(name): \(made.json)")
            }
            // Who shows one that does not expire is not bound.
            _ = try await Self.create(["name": "y", "role": "viewer"], server)
        }
    }

    @Test func `a rotated token does not outlive the one by which it is rotated`() async throws {
        try await Fixture.with { server in
            let (token, end) = try await Self.brief(server)
            _ = try await Self.create(["name": "lasting", "role": "viewer"], server)
            // Its own successor would live as long as it was to, from now on.
            for name in ["lasting", "brief"] {
                let refused = try await Self.post("/api/v1/tokens/\(name)/rotate", [:], as: token, to: server)
                Self.expectTooLong(refused, field: "expires_at", name)
            }
            let before = try await server.call(.GET, "/api/v1/tokens/lasting")
            #expect((before.json["expires_at"] ?? .null) == .null)
            for name in ["lasting", "brief"] {
                let rotated = try await Self.post(
                    "/api/v1/tokens/\(name)/rotate",
                    ["expires_at": .string(Timestamp.text(end)), "overlap_seconds": 60], as: token, to: server)
                #expect(rotated.status == 201, "\(rotated.json)")
            }
        }
    }

    @Test func `neither do an enrolment, and the first token of a tenant`() async throws {
        try await Fixture.with { server in
            let (token, _) = try await Self.brief(server)
            let path = "/api/v1/robots/enrolments"
            let enrolment = try await Self.post(path, ["expires_in_seconds": 7200], as: token, to: server)
            Self.expectTooLong(enrolment, field: "expires_in_seconds", path)
            let fitting = try await Self.post(path, ["expires_in_seconds": 60], as: token, to: server)
            #expect(fitting.status == 201, "\(fitting.json)")
            let tenant = try await Self.post("/api/v1/tenants", ["name": "acme"], as: token, to: server)
            Self.expectTooLong(tenant, field: nil, "tenant")
            #expect(try await server.call(.GET, "/api/v1/tenants/acme").status == 404)
            #expect(try await server.call(.POST, "/api/v1/tenants", ["name": "acme"]).status == 201)
        }
    }

    @Test func `a token for another network is as good as unknown`() async throws {
        try await Fixture.with { server in
            let here = try await Self.create(
                ["name": "here", "role": "viewer", "networks": ["10.0.0.0/8", "127.0.0.0/8", "::1"]], server)
            let there = try await Self.create(
                ["name": "there", "role": "viewer", "networks": ["10.0.0.0/8"]], server)
            #expect(try await server.send(.GET, "/api/v1/jobs", token: here).status == 200)
            let refused = try await server.send(.GET, "/api/v1/jobs", token: there)
            let unknown = try await server.send(.GET, "/api/v1/jobs", token: "crpa_unknown")
            #expect(refused.status == 401 && refused.json["error"] == unknown.json["error"])
            // Nobody who asks for it themselves is believed about where they are.
            let forwarded = try await server.send(
                .GET, "/api/v1/jobs", token: there, headers: ["X-Forwarded-For": "10.0.0.1"])
            #expect(forwarded.status == 401)
        }
    }

    @Test func `behind a proxy that is trusted its word counts`() async throws {
        let proxies = ["127.0.0.0/8", "::1"].compactMap { AddressRange($0) }
        let authentication = AuthenticationSettings(lockout: nil, trustedProxies: proxies)
        try await Fixture.with(authentication: authentication) { server in
            let token = try await Self.create(
                ["name": "there", "role": "viewer", "networks": ["10.0.0.0/8"]], server)
            func status(_ address: String) async throws -> Int {
                try await server.send(
                    .GET, "/api/v1/jobs", token: token, headers: ["X-Forwarded-For": address]
                ).status
            }
            let within = try await status("10.0.0.1")
            #expect(within == 200)
            #expect(try await status("192.0.2.1") == 401)
            #expect(try await status("10.0.0.1, 192.0.2.1") == 401)
        }
    }

    @Test func `a rotated token works on beside its successor until it is revoked`() async throws {
        try await Fixture.with { server in
            let old = try await Self.create(["name": "ci", "role": "viewer"], server)
            let rotated = try await server.call(.POST, "/api/v1/tokens/ci/rotate", ["overlap_seconds": 3600])
            #expect(rotated.status == 201)
            let new = try #require(rotated.json["token"]?.string)
            #expect(old != new)
            for token in [old, new] {
                #expect(try await server.send(.GET, "/api/v1/jobs", token: token).status == 200)
            }
            let info = try await server.call(.GET, "/api/v1/tokens/ci")
            #expect(info.json["id"] == rotated.json["info"]?["id"] && info.json["created_by"] == "the admin")
            #expect(try await server.call(.DELETE, "/api/v1/tokens/ci").status == 200)
            #expect(try await server.call(.POST, "/api/v1/tokens/ci/rotate", [:]).status == 404)
            let tooLong = try await server.call(
                .POST, "/api/v1/tokens/ci/rotate", ["overlap_seconds": .int(30 * 86_400 + 1)])
            #expect(tooLong.status == 422 && tooLong.json["error"]?["field"] == "overlap_seconds")
        }
    }

    @Test func `the server by which a token is revoked, or rotated without an overlap, lets it in no more`()
        async throws
    {
        try await Fixture.with { server in
            func status(_ token: String) async throws -> Int {
                try await server.send(.GET, "/api/v1/jobs", token: token).status
            }
            let first = try await Self.create(["name": "ci", "role": "viewer"], server)
            // From then on the server knows it for some seconds.
            #expect(try await status(first) == 200)
            let rotated = try await server.call(.POST, "/api/v1/tokens/ci/rotate", [:])
            let second = try #require(rotated.json["token"]?.string)
            #expect(try await status(first) == 401)
            #expect(try await status(second) == 200)
            #expect(try await server.call(.DELETE, "/api/v1/tokens/ci").status == 200)
            #expect(try await status(second) == 401)
        }
    }

    @Test func `nobody makes or rotates a token that may do more than they do`() async throws {
        try await Fixture.with { server in
            let role: Value = ["name": "clerk", "permissions": ["token.create", "token.read", "execution.read"]]
            #expect(try await server.call(.POST, "/api/v1/roles", role).status == 201)
            let clerk = try await Self.create(["name": "clerk", "role": "clerk"], server)
            _ = try await Self.create(["name": "boss", "role": "admin"], server)
            func post(_ path: String, _ body: Value) async throws -> OrchestratorFixture.Reply {
                try await server.send(
                    .POST, path, token: clerk, body: body.jsonText(.compact),
                    headers: ["Content-Type": "application/json"])
            }
            let made = try await post("/api/v1/tokens", ["name": "x", "role": "viewer"])
            #expect(made.status == 403 && made.message.contains("workflow.read"))
            #expect(try await post("/api/v1/tokens/boss/rotate", [:]).status == 403)
            let fitting: Value = ["name": "x", "role": "viewer", "scopes": ["execution.read"]]
            #expect(try await post("/api/v1/tokens", fitting).status == 201)
            #expect(try await post("/api/v1/tokens", ["name": "y", "role": "nobody"]).status == 404)
        }
    }

    @Test func `a token's use is written by the loop, with where it was shown`() async throws {
        try await Fixture.with { server in
            let authenticator = Authenticator(
                database: server.database, settings: Fixture.authentication, logger: Fixture.logger)
            let header = "Bearer \(try await Self.create(["name": "ci", "role": "viewer"], server))"
            let source = NetworkAddress("192.0.2.1")
            _ = try await authenticator.caller(authorizedBy: header, from: source, for: .anyCaller)
            let before = try await server.call(.GET, "/api/v1/tokens/ci")
            #expect((before.json["last_used_at"] ?? .null) == .null)
            let uses = authenticator.uses.take()
            try await server.database.asSystem { try TokenStore.used(uses, on: $0) }
            let info = try await server.call(.GET, "/api/v1/tokens/ci")
            #expect(info.json["last_used_from"] == "192.0.2.1" && info.json["last_used_at"]?.string != nil)
        }
    }
}
