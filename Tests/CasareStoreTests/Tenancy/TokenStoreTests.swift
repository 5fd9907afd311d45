import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct TokenStoreTests {
    private func create(
        _ store: StoreFixture, _ name: String = "ci", role: Role.Name = .operator, robot: Robot.ID? = nil,
        expiresAt: Date? = nil
    ) async throws -> (text: TokenText, token: Token) {
        try await store.run {
            try TokenStore.create(name: name, role: role, robot: robot, expiresAt: expiresAt, on: $0)
        }
    }

    private func find(_ text: TokenText, _ store: StoreFixture, now: Date? = nil) async throws -> Principal? {
        try await store.database.asSystem { try TokenStore.find(text, now: now, on: $0) }
    }

    @Test func `whoever shows a token is known by it`() async throws {
        try await withFixture { store in
            let (text, token) = try await self.create(store, role: .robot, robot: StoreFixture.robot)
            let shown = text.reveal()
            #expect(shown.hasPrefix("crpa_") && shown.utf8.count == 48)
            #expect(!"\(text)".contains(shown) && !String(reflecting: text).contains(shown))
            let principal = try await self.find(try #require(TokenText(shown)), store)
            #expect(principal?.tenant == .default && principal?.tokenID == token.id && principal?.name == token.name)
            #expect(token.role == .robot && token.robot == StoreFixture.robot)
        }
    }

    @Test func `a token's text is nowhere in the database`() async throws {
        try await withFixture { store in
            let (text, _) = try await self.create(store)
            let dump = try await store.database.asSystem { connection in
                try connection.execute("SELECT tokens::text AS row FROM tokens").map { try $0.string("row") }.joined()
            }
            #expect(!dump.contains(text.reveal().dropFirst(5)))
        }
    }

    @Test func `unknown, expired and revoked tokens are nobody's`() async throws {
        try await withFixture { store in
            let (text, _) = try await self.create(store, expiresAt: noon)
            #expect(try await self.find(text, store, now: noon.addingTimeInterval(-1)) != nil)
            #expect(try await self.find(text, store, now: noon) == nil)
            let unknown = try #require(TokenText("crpa_unknown"))
            #expect(try await self.find(unknown, store) == nil)
            let revoked = try await store.run { try TokenStore.revoke(name: "ci", now: noon, on: $0) }
            #expect(revoked.revokedAt == noon)
            #expect(try await self.find(text, store, now: noon.addingTimeInterval(-1)) == nil)
            await #expect(throws: StoreError.notFound(.token, "ci")) {
                try await store.run { _ = try TokenStore.revoke(name: "ci", on: $0) }
            }
        }
    }

    @Test func `what does not look like a token is none`() {
        #expect(TokenText("Bearer x") == nil)
        #expect(TokenText("crpa_" + String(repeating: "x", count: 200)) == nil)
    }

    @Test func `a name is taken until its token is revoked`() async throws {
        try await withFixture { store in
            _ = try await self.create(store)
            await #expect(throws: StoreError.nameTaken(.token, "ci")) { try await self.create(store) }
            try await store.run { _ = try TokenStore.revoke(name: "ci", on: $0) }
            let again = try await self.create(store)
            let tokens = try await store.run { try TokenStore.list(limit: 9, on: $0) }
            #expect(tokens.count == 2 && tokens[0] == again.token)
            #expect(try await store.run { try TokenStore.list(before: tokens[0].id, limit: 9, on: $0) } == [tokens[1]])
        }
    }

    @Test func `only a robot's token names a robot`() async throws {
        try await withFixture { store in
            let error = await #expect(throws: PostgresError.self) {
                try await self.create(store, role: .admin, robot: StoreFixture.robot)
            }
            #expect(error?.sqlState == .checkViolation)
        }
    }
}
