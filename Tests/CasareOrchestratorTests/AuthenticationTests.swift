import CasareDomain
@testable import CasareOrchestrator
import CasareStore
import HTTPTypes
import Testing

/// Who is let in, and to what.
struct AuthenticationTests {
    private typealias Fixture = OrchestratorFixture

    @Test func `every route but health, description and hooks needs a token`() async throws {
        try await Fixture.with { server in
            for route in Orchestrator.routes {
                let path = route.path.replacing("{id}", with: "0197f3a0-0000-7000-8000-000000000001")
                    .replacing("{session}", with: "1").replacing("{version}", with: "1")
                let method = try #require(Fixture.HTTPMethodName(rawValue: route.method.rawValue))
                if route.isRaw {
                    // A hook that is not there; those that are check for themselves.
                    #expect(try await server.call(method, path, as: nil).status == 404, "\(path)")
                    continue
                }
                guard route.access != .everyone else {
                    // What takes a token in its body is told that there is none.
                    let status = route.bodyType == nil ? 200 : 400
                    #expect(try await server.call(method, path, as: nil).status == status, "\(path)")
                    continue
                }
                let missing = try await server.call(method, path, as: nil)
                #expect(missing.status == 401 && missing.code == "AUTH_TOKEN_MISSING", "\(method) \(path)")
                #expect(missing.headers["www-authenticate"] == "Bearer")
                let unknown = try await server.send(method, path, token: "crpa_unknown")
                #expect(unknown.status == 401 && unknown.code == "AUTH_TOKEN_INVALID", "\(method) \(path)")
            }
        }
    }

    @Test func `a malformed token is refused`() async throws {
        let cases: [String] = ["Basic abc", "Bearer", "Bearer ", "bearer nonsense", "crpa_x"]
        try await Fixture.with { server in
            for header in cases {
                let reply = try await server.send(
                    .GET, "/api/v1/jobs", token: nil, headers: ["Authorization": header])
                #expect(reply.status == 401 && reply.code == "AUTH_TOKEN_INVALID")
            }
        }
    }

    @Test func `a token that another server revoked stops working within the time that answers are kept`()
        async throws
    {
        try await Fixture.with { server in
            let created = try await server.call(.POST, "/api/v1/tokens", ["name": "short", "role": "viewer"])
            #expect(created.status == 201)
            let token = try #require(created.json["token"]?.string)
            #expect(try await server.send(.GET, "/api/v1/auth/me", token: token).status == 200)
            try await server.database.asTenant(.default) { connection in
                _ = try TokenStore.revoke(name: "short", on: connection)
            }
            let clock = ContinuousClock()
            let revoked = clock.now
            while try await server.send(.GET, "/api/v1/auth/me", token: token).status == 200 {
                guard clock.now - revoked < Authenticator.cachedFor + .seconds(2) else {
                    Issue.record("the token still works")
                    break
                }
            }
            #expect(try await server.call(.DELETE, "/api/v1/tokens/short").status == 404)
        }
    }
}
