import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What is known of a token beside its name, and how one takes another's place.
struct TokenUseTests {
    private static let hour = Duration.seconds(3600)

    private static func bearer(
        _ text: TokenText, _ store: StoreFixture, at seconds: Double
    ) async throws -> TokenBearer? {
        try await store.database.asSystem {
            try TokenStore.bearer(of: text, now: noon.addingTimeInterval(seconds), on: $0)
        }
    }

    @Test func `all that is said of a token is kept, but its text`() async throws {
        try await withFixture { store in
            let network = try #require(AddressRange("10.0.0.0/8"))
            let new = NewToken(
                name: "ci", role: .operator, description: "of the pipeline", scopes: [.workflowExecute, .workflowRead],
                networks: [network], expiresAt: noon.addingTimeInterval(60))
            let (text, token) = try await store.run {
                try TokenStore.create(new, by: "ann", now: noon, on: $0)
            }
            #expect(token.description == "of the pipeline" && token.createdBy == "ann" && token.createdAt == noon)
            #expect(token.scopes == [.workflowExecute, .workflowRead] && token.networks == [network])
            #expect(token.prefix?.utf8.count == 9 && text.reveal().hasPrefix(token.prefix ?? "?"))
            #expect(try await store.run { try TokenStore.get(name: "ci", on: $0) } == token)
            let bearer = try await Self.bearer(text, store, at: 59)
            #expect(bearer?.token == token && bearer?.principal.permissions == [.workflowExecute, .workflowRead])
            #expect(try await Self.bearer(text, store, at: 60) == nil)
            await #expect(throws: StoreError.notFound(.token, "other")) {
                try await store.run { _ = try TokenStore.get(name: "other", on: $0) }
            }
        }
    }

    @Test(arguments: [("10.1.2.3", true), ("11.0.0.1", false), ("::1", false), (nil, false)] as [(String?, Bool)])
    func `a token for some networks counts from there only`(source: String?, counts: Bool) async throws {
        try await withFixture { store in
            let new = NewToken(name: "ci", role: .viewer, networks: [try #require(AddressRange("10.0.0.0/8"))])
            let token = try await store.run { try TokenStore.create(new, by: nil, on: $0).token }
            #expect(token.counts(from: source.flatMap { NetworkAddress($0) }) == counts)
        }
    }

    @Test func `a rotated token works on until its overlap is over, beside its successor`() async throws {
        try await withFixture { store in
            let (old, first) = try await store.run {
                try TokenStore.create(
                    NewToken(
                        name: "ci", role: .operator, description: "d", scopes: [.workflowRead],
                        expiresAt: noon.addingTimeInterval(86_400)),
                    by: "ann", now: noon, on: $0)
            }
            let (new, second) = try await store.run {
                try TokenStore.rotate(
                    name: "ci", overlap: Self.hour, by: "bob", now: noon.addingTimeInterval(100), on: $0)
            }
            #expect(second.name == "ci" && second.scopes == first.scopes && second.description == "d")
            #expect(second.createdBy == "bob" && second.expiresAt == noon.addingTimeInterval(86_500))
            #expect(try await Self.bearer(old, store, at: 3699)?.token.replacedAt == noon.addingTimeInterval(100))
            #expect(try await Self.bearer(old, store, at: 3700) == nil)
            #expect(try await Self.bearer(new, store, at: 3700)?.principal.name == "ci")
            #expect(try await store.run { try TokenStore.get(name: "ci", on: $0) } == second)
        }
    }

    @Test func `an overlap makes no token live longer than it was to`() async throws {
        try await withFixture { store in
            let (old, _) = try await store.run {
                try TokenStore.create(
                    NewToken(name: "ci", role: .viewer, expiresAt: noon.addingTimeInterval(60)), by: nil, now: noon,
                    on: $0)
            }
            _ = try await store.run {
                try TokenStore.rotate(name: "ci", overlap: Self.hour, by: nil, now: noon, on: $0)
            }
            #expect(try await Self.bearer(old, store, at: 59) != nil)
            #expect(try await Self.bearer(old, store, at: 60) == nil)
        }
    }

    @Test func `without an overlap the old token is worthless at once, and the new one lives as long`() async throws {
        try await withFixture { store in
            let (old, _) = try await store.run {
                try TokenStore.create(NewToken(name: "ci", role: .viewer), by: nil, now: noon, on: $0)
            }
            let (new, token) = try await store.run {
                try TokenStore.rotate(name: "ci", overlap: .zero, by: nil, now: noon, on: $0)
            }
            #expect(token.expiresAt == nil)
            #expect(try await Self.bearer(old, store, at: 0) == nil)
            #expect(try await Self.bearer(new, store, at: 0) != nil)
        }
    }

    @Test func `revoking ends the successor and what works on beside it`() async throws {
        try await withFixture { store in
            let (old, _) = try await store.run {
                try TokenStore.create(NewToken(name: "ci", role: .viewer), by: nil, now: noon, on: $0)
            }
            let (new, token) = try await store.run {
                try TokenStore.rotate(name: "ci", overlap: Self.hour, by: nil, now: noon, on: $0)
            }
            let revoked = try await store.run { try TokenStore.revoke(name: "ci", now: noon, on: $0) }
            #expect(revoked.id == token.id)
            #expect(try await Self.bearer(old, store, at: 1) == nil)
            #expect(try await Self.bearer(new, store, at: 1) == nil)
            await #expect(throws: StoreError.notFound(.token, "ci")) {
                try await store.run { _ = try TokenStore.rotate(name: "ci", overlap: .zero, by: nil, on: $0) }
            }
        }
    }

    @Test func `what refuses a rotation leaves everything as it was`() async throws {
        struct Refusal: Error {}
        try await withFixture { store in
            let (text, token) = try await store.run {
                try TokenStore.create(NewToken(name: "ci", role: .viewer), by: nil, now: noon, on: $0)
            }
            await #expect(throws: Refusal.self) {
                try await store.run {
                    _ = try TokenStore.rotate(name: "ci", overlap: .zero, by: nil, now: noon, on: $0) { _, _ in
                        throw Refusal()
                    }
                }
            }
            #expect(try await Self.bearer(text, store, at: 1)?.token == token)
        }
    }

    @Test func `the last use is noted for many tokens at once, and never goes back`() async throws {
        try await withFixture { store in
            let first = try await store.run { try TokenStore.create(name: "a", role: .viewer, on: $0).token }
            let second = try await store.run { try TokenStore.create(name: "b", role: .viewer, on: $0).token }
            func use(_ token: Token, _ seconds: Double, _ source: String?) -> TokenUse {
                TokenUse(
                    tenant: .default, token: token.id, at: noon.addingTimeInterval(seconds), source: source)
            }
            let (early, late) = ([use(first, 0, "10.0.0.1")], [use(first, 60, "10.0.0.2"), use(second, 61, nil)])
            try await store.database.asSystem { try TokenStore.used(late, on: $0) }
            try await store.database.asSystem { try TokenStore.used(early, on: $0) }
            try await store.database.asSystem { try TokenStore.used([], on: $0) }
            let tokens = try await store.run { try TokenStore.list(limit: 9, on: $0) }
            #expect(tokens.map(\.lastUsedAt) == [noon.addingTimeInterval(61), noon.addingTimeInterval(60)])
            #expect(tokens.map(\.lastUsedFrom) == [nil, "10.0.0.2"])
        }
    }
}
