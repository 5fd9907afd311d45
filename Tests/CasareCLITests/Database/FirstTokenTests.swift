import CasareDomain
import CasareStore
import CasareTestSupport
import CasareWire
import Testing

@testable import CasareCLI

struct FirstTokenTests {
    @Test func `the first token is an administrator's, and the server knows it`() async throws {
        try await withTestDatabase { database in
            let created = try await DatabaseCommand.FirstToken.create("ann", in: database)
            #expect(created.info.name == "ann" && created.info.role == .admin && created.info.expiresAt == nil)
            let text = try #require(TokenText(created.token))
            let found = try await database.asSystem { try TokenStore.find(text, on: $0) }
            #expect(found?.name == "ann" && found?.tenant == .default)
            let entries = try await database.asTenant(.default) { try AuditLog.list(limit: 10, on: $0).entries }
            #expect(entries.map(\.action) == ["token.create"] && entries.first?.subject == "ann")
            #expect(entries.first?.actor == "casarectl db token" && entries.first?.actorKind == "internal")
        }
    }
}
