import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What callers may still send, and who has shown too many wrong tokens: for all servers together.
struct RateStoreTests {
    private static func take(
        _ store: StoreFixture, _ name: String = "ci", perSecond: Int = 100, at seconds: Double
    ) async throws -> RateStore.Grant {
        try await store.run {
            try RateStore.take(
                RequestRate(perSecond: perSecond), of: name, now: noon.addingTimeInterval(seconds), on: $0)
        }
    }

    @Test func `a second's worth is there, then as much comes as the rate allows`() async throws {
        try await withFixture { store in
            for _ in 0..<10 {
                let grant = try await Self.take(store, at: 0)
                #expect(grant == .granted)
            }
            guard case .refused(let wait) = try await Self.take(store, at: 0) else {
                Issue.record("an eleventh chunk was granted")
                return
            }
            #expect(abs(wait - 0.1) < 0.001)
            #expect(try await Self.take(store, "somebody else", at: 0) == .granted)
            #expect(try await Self.take(store, at: 0.11) == .granted)
            guard case .refused = try await Self.take(store, at: 0.12) else {
                Issue.record("two chunks were granted where one had come")
                return
            }
            // However long it was idle, it is a second's worth again.
            for _ in 0..<10 { #expect(try await Self.take(store, at: 900) == .granted) }
            guard case .refused = try await Self.take(store, at: 900) else {
                Issue.record("idle time was saved up")
                return
            }
        }
    }

    @Test func `a rate of one a second gives one, and the next a second later`() async throws {
        try await withFixture { store in
            #expect(RequestRate(perSecond: 1).chunk == 1 && RequestRate(perSecond: 600).chunk == 60)
            let first = try await Self.take(store, perSecond: 1, at: 0)
            #expect(first == .granted)
            #expect(try await Self.take(store, perSecond: 1, at: 0.5) == .refused(wait: 0.5))
            #expect(try await Self.take(store, perSecond: 1, at: 1) == .granted)
        }
    }

    @Test func `several at once are granted no more together`() async throws {
        try await withFixture { store in
            let granted = try await withThrowingTaskGroup(of: Bool.self) { tasks in
                for _ in 0..<20 {
                    tasks.addTask { try await Self.take(store, at: 0) == .granted }
                }
                var count = 0
                for try await isGranted in tasks where isGranted { count += 1 }
                return count
            }
            #expect(granted == 10)
        }
    }

    @Test func `what says nothing any more is removed`() async throws {
        try await withFixture { store in
            _ = try await Self.take(store, "old", at: 0)
            _ = try await Self.take(store, "new", at: 100)
            try await store.database.asSystem {
                try RateStore.clean(limit: 10, now: noon.addingTimeInterval(101), on: $0)
            }
            let left = try await store.database.asSystem { connection in
                try connection.execute("SELECT principal FROM request_rates").map { try $0.string("principal") }
            }
            #expect(left == ["new"])
        }
    }
}

struct LockoutStoreTests {
    private static let rule = LockoutRule(failuresMax: 20, within: .seconds(300), lockedFor: .seconds(900))

    private static func fail(_ store: StoreFixture, _ count: Int, at seconds: Double) async throws -> Double? {
        try await self.lock(store, count, at: seconds)?.seconds
    }

    private static func lock(
        _ store: StoreFixture, _ count: Int, at seconds: Double
    ) async throws -> LockoutStore.Lock? {
        try await store.database.asSystem {
            try LockoutStore.failed(
                count, by: "192.0.2.1 crpa_abcd", rule: Self.rule, now: noon.addingTimeInterval(seconds), on: $0)
        }
    }

    private static func locked(_ store: StoreFixture, at seconds: Double) async throws -> Double? {
        try await store.database.asSystem {
            try LockoutStore.locked("192.0.2.1 crpa_abcd", now: noon.addingTimeInterval(seconds), on: $0)
        }
    }

    @Test func `so many failures lock, for as long as the rule says`() async throws {
        try await withFixture { store in
            let before = try await Self.fail(store, 19, at: 0)
            #expect(before == nil)
            #expect(try await Self.locked(store, at: 1) == nil)
            #expect(try await Self.fail(store, 1, at: 299) == 900)
            #expect(try await Self.locked(store, at: 300) == 899)
            // Others that had been counted elsewhere make it no longer.
            #expect(try await Self.fail(store, 50, at: 400) == 799)
            #expect(try await Self.locked(store, at: 1198) == 1)
            #expect(try await Self.locked(store, at: 1199) == nil)
            // Then it begins anew.
            #expect(try await Self.fail(store, 19, at: 1199) == nil)
            #expect(try await Self.fail(store, 1, at: 1200) == 900)
        }
    }

    @Test func `of each lock one count says that it has begun`() async throws {
        try await withFixture { store in
            let counts: [(count: Int, at: Double, hasBegun: Bool?)] = [
                (19, 0, nil), (5, 1, true), (5, 2, false), (1, 900, false), (19, 901, nil), (1, 902, true),
                // One write as many as lock, in a count that begins anew.
                (40, 1900, true), (40, 1901, false),
            ]
            for (count, at, hasBegun) in counts {
                let lock = try await Self.lock(store, count, at: at)
                #expect(lock?.hasBegun == hasBegun, "\(count) at \(at)")
            }
        }
    }

    @Test func `failures that are older do not count`() async throws {
        try await withFixture { store in
            let before = try await Self.fail(store, 19, at: 0)
            #expect(before == nil)
            #expect(try await Self.fail(store, 19, at: 300) == nil)
            #expect(try await Self.fail(store, 1, at: 599) == 900)
        }
    }

    @Test func `as many at once as lock do so by themselves`() async throws {
        try await withFixture { store in
            let seconds = try await Self.fail(store, 20, at: 0)
            #expect(seconds == 900)
            #expect(try await Self.locked(store, at: 899) == 1)
        }
    }

    @Test func `a network is counted by itself, by a bound of its own`() async throws {
        let rule = LockoutRule(
            failuresMax: 20, networkFailuresMax: 200, within: .seconds(300), lockedFor: .seconds(900))
        let ofNetworks = try #require(rule.ofNetworks)
        #expect(ofNetworks.failuresMax == 200 && ofNetworks.ofNetworks == nil && Self.rule.ofNetworks == nil)
        try await withFixture { store in
            func fail(_ count: Int) async throws -> Double? {
                try await store.database.asSystem {
                    try LockoutStore.failed(count, by: "192.0.2.1 *", rule: ofNetworks, now: noon, on: $0)
                }?.seconds
            }
            let before = try await fail(199)
            #expect(before == nil)
            #expect(try await fail(1) == 900)
            #expect(try await Self.locked(store, at: 0) == nil)
        }
    }

    @Test func `what is over is removed, and what is locked stays`() async throws {
        try await withFixture { store in
            _ = try await Self.fail(store, 20, at: 0)
            try await store.database.asSystem {
                _ = try LockoutStore.failed(1, by: "other", rule: Self.rule, now: noon, on: $0)
                try LockoutStore.clean(limit: 10, now: noon.addingTimeInterval(301), on: $0)
            }
            let left = try await store.database.asSystem { connection in
                try connection.execute("SELECT subject FROM lockouts").map { try $0.string("subject") }
            }
            #expect(left == ["192.0.2.1 crpa_abcd"])
        }
    }

    @Test func `no tenant sees who is locked out`() async throws {
        try await withFixture { store in
            _ = try await Self.fail(store, 20, at: 0)
            await #expect(throws: (any Error).self) {
                try await store.run { _ = try $0.execute("SELECT subject FROM lockouts") }
            }
        }
    }
}
