import CasareClient
import CasareDomain
@testable import CasareOrchestrator
import CasarePostgres
import CasareStore
import CasareWire
import Testing

/// Tenants share a server, and not what happens to their jobs.
struct StreamTenantTests {
    private typealias Fixture = OrchestratorFixture

    private static func open<R: Sendable>(
        _ server: Fixture, _ path: String, _ body: @Sendable (inout RawWebSocket) async throws -> R
    ) async throws -> R {
        try await RawWebSocket.with(server, path, token: server.tokens[.viewer], body)
    }

    /// The same server, as another tenant sees it.
    private static func other(_ server: Fixture) async throws -> Fixture {
        try await server.database.asSystem { connection in
            _ = try connection.execute(Query("INSERT INTO tenants (tenant_id, name) VALUES (77, 'other')"))
        }
        let text = try await server.database.asTenant(Tenant.ID(rawValue: 77)) { connection in
            try TokenStore.create(name: "x", role: .admin, on: connection).text.reveal()
        }
        return server.showing(Dictionary(uniqueKeysWithValues: Role.allCases.map { ($0, text) }))
    }

    @Test func `a stream has the events of its tenant and no others, stored ones and new ones`() async throws {
        try await Fixture.with { server in
            let other = try await Self.other(server)
            let mine = try await server.submit(1)[0]
            let theirs = try await other.submit(1)[0]
            try await Self.open(server, "/ws/events?cursor=start") { socket in
                #expect(try await socket.event().job == mine)
                _ = try await socket.caughtUp()
                let next = try await Self.open(other, "/ws/events?cursor=start") { socket in
                    #expect(try await socket.event().job == theirs)
                    _ = try await socket.caughtUp()
                    let next = try await server.submit(1)[0]
                    let later = try await other.submit(1)[0]
                    #expect(try await socket.event().job == later)
                    return next
                }
                #expect(try await socket.event().job == next)
                let last = try await server.submit(1)[0]
                #expect(try await socket.event().job == last)
            }
            try await Self.open(other, "/ws/jobs/\(mine)") { socket in #expect(socket.status == 404) }
        }
    }

    @Test func `pages have the events of their tenant and no others`() async throws {
        try await Fixture.with { server in
            let other = try await Self.other(server)
            let mine = try await server.submit(1)
            let theirs = try await other.submit(1)
            for (tenant, jobs) in [(server, mine), (other, theirs)] {
                let page = try await tenant.withClient(.viewer) { try await $0.events(EventQuery(cursor: "start")) }
                #expect(page.events.map(\.job) == jobs && page.isCaughtUp)
            }
            #expect(try await other.call(.GET, "/api/v1/events?job=\(mine[0])", as: .viewer).status == 404)
        }
    }
}
