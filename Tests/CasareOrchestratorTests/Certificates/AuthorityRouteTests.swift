import CasareCertificates
import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareWire
import Testing

/// The installation's authority, over the API.
struct AuthorityRouteTests {
    private typealias Fixture = OrchestratorFixture

    private static func states(_ server: OrchestratorFixture) async throws -> [String] {
        let told = try await server.call(.GET, "/api/v1/ca", as: nil)
        #expect(told.status == 200)
        return (told.json["authorities"]?.list ?? []).compactMap { $0["state"]?.string }
    }

    @Test func `there is none until somebody wants one, and another takes its place`() async throws {
        try await Fixture.with { server in
            #expect(try await Self.states(server) == [])
            let created = try await server.call(.POST, "/api/v1/robots/enrolments", [:])
            // Without TLS there is nothing to know the server by.
            #expect(created.status == 201 && created.json["server_fingerprint"] == .null)
            #expect(try await Self.states(server) == ["active"])
            let rotated = try await server.call(.POST, "/api/v1/ca/rotate", ["reason": "it is time"])
            #expect(rotated.status == 200, "\(rotated.message)")
            #expect(try await Self.states(server) == ["active", "retiring"])
            let roots = try await CertificateAuthorities.roots(in: server.database)
            #expect(try Set(roots.map { try CertificateFacts(der: $0).fingerprint }).count == 2)
        }
    }

    @Test func `several who want the first one get the same`() async throws {
        try await Fixture.with { server in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await server.call(.POST, "/api/v1/robots/enrolments", [:]).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == [201, 201, 201, 201])
            #expect(try await Self.states(server) == ["active"])
        }
    }

    @Test func `an administrator of another tenant uses the authority, and does not replace it`() async throws {
        try await Fixture.with { server in
            try await server.database.asSystem { connection in
                _ = try connection.execute("INSERT INTO tenants (tenant_id, name) VALUES (2, 'other')")
            }
            let stranger = try await server.database.asTenant(Tenant.ID(rawValue: 2)) { connection in
                try TokenStore.create(name: "eve", role: .admin, on: connection).text.reveal()
            }
            let headers = ["Content-Type": "application/json"]
            let refused = try await server.send(
                .POST, "/api/v1/ca/rotate", token: stranger, body: "{}", headers: headers)
            #expect(refused.status == 403)
            let created = try await server.send(
                .POST, "/api/v1/robots/enrolments", token: stranger, body: "{}", headers: headers)
            #expect(created.status == 201)
            let mine = try await server.call(.GET, "/api/v1/robots/enrolments")
            #expect(mine.json["enrolments"] == [])
        }
    }
}
