import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Who watches for triggers, and with which secrets.
struct WatchTakingTests {
    @Test func `one session at a time holds a watch`() async throws {
        try await withFixture { store in
            let trigger = try await store.watched(.file(StoreFixture.files))
            let other = try await store.otherSession()
            let first = try await store.watches(of: store.session)
            let watch = try #require(first.new.first)
            #expect(watch.trigger == trigger.id && watch.source == .file(StoreFixture.files) && watch.state == nil)
            let second = try await store.watches(of: other)
            #expect(second.new.isEmpty && second.kept.isEmpty)
            let again = try await store.watches(of: store.session, holding: [watch.mark])
            #expect(again.kept == [trigger.id] && again.new.isEmpty)
            let status = try await store.run { try WatchStore.status(of: trigger.id, on: $0) }
            #expect(status?.robot == StoreFixture.robot && status?.error == nil)
        }
    }

    @Test func `of many sessions that ask at once one gets the watch`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            _ = try await store.watched(.file(StoreFixture.files))
            var sessions: [Robot.SessionID] = []
            for number in 0..<6 { sessions.append(try await store.otherSession("q\(number)")) }
            let taken = try await withThrowingTaskGroup(of: Int.self) { group in
                for session in sessions {
                    group.addTask { try await store.watches(of: session).new.count }
                }
                return try await group.reduce(0, +)
            }
            #expect(taken == 1)
        }
    }

    @Test func `a watch that its robot does not name is free, as is that of an ended session`() async throws {
        try await withFixture { store in
            let trigger = try await store.watched(.file(StoreFixture.files))
            let other = try await store.otherSession()
            _ = try await store.watches(of: store.session)
            let released = try await store.watches(of: store.session, limit: 0)
            #expect(released.kept.isEmpty && released.new.isEmpty)
            #expect(try await store.watches(of: other).new.map(\.trigger) == [trigger.id])
            #expect(try await store.watches(of: store.session).new.isEmpty)
            try await store.run { _ = try LeaseStore.closeSession(other, on: $0) }
            #expect(try await store.watches(of: store.session).new.map(\.trigger) == [trigger.id])
            await #expect(throws: StoreError.sessionEnded(other)) { _ = try await store.watches(of: other) }
        }
    }

    @Test func `robots of another environment, of another name and cordoned ones get nothing`() async throws {
        try await withFixture { store in
            var named = StoreFixture.files
            named.robot = StoreFixture.robot
            let there = try await store.watched(.file(StoreFixture.files), "there") { $0.environment = "prod" }
            let mine = try await store.watched(.file(named), "mine")
            let other = try await store.otherSession()
            let prod = try await store.otherSession("p1", environment: "prod")
            #expect(try await store.watches(of: other).new.isEmpty)
            #expect(try await store.watches(of: prod).new.map(\.trigger) == [there.id])
            let cordoned = Query(
                """
                UPDATE robot_sessions SET cordoned_at = now()
                WHERE tenant_id = casare_tenant() AND session_id = @session
                """)
            try await store.run {
                _ = try $0.execute(cordoned, ["session": .int8(store.session.rawValue)])
            }
            #expect(try await store.watches(of: store.session).new.isEmpty)
            try await store.run {
                _ = try $0.execute(
                    Query("UPDATE robot_sessions SET cordoned_at = NULL WHERE tenant_id = casare_tenant()"))
            }
            #expect(try await store.watches(of: store.session).new.map(\.trigger) == [mine.id])
        }
    }

    @Test func `no more are handed out than are asked for, and none of hooks and jobs`() async throws {
        try await withFixture { store in
            for number in 0..<3 { _ = try await store.watched(.file(StoreFixture.files), "t\(number)") }
            _ = try await store.watched(.webhook(Webhook(auth: WebhookAuth(kind: .none))), "hook")
            let two = try await store.watches(of: store.session, limit: 2).new
            #expect(two.count == 2)
            let third = try await store.watches(of: store.session, holding: two.map(\.mark), limit: 2)
            #expect(third.kept.count == 2 && third.new.count == 1)
        }
    }

    @Test func `a password is opened for who holds the watch, and left alone without the key`() async throws {
        try await withFixture { store in
            let key = try #require(SealingKey(text: SealingKey.randomText()))
            let id = Trigger.ID.new(at: Date())
            let place = TriggerStore.place(of: id, in: store.tenant)
            let sealed = try key.seal(Array("s3cret".utf8), for: place)
            _ = try await store.watched(.feed(StoreFixture.feed), secret: sealed, id: id)
            #expect(try await store.watches(of: store.session).new.isEmpty)
            let watch = try #require(try await store.watches(of: store.session, key: key).new.first)
            #expect(watch.secret?.reveal() == "s3cret" && "\(watch)".contains("s3cret") == false)
            let next = try key.seal(Array("newer".utf8), for: place)
            _ = try await store.run {
                try TriggerStore.rotate("t", to: next, overlap: .zero, by: "ann", reason: nil, on: $0)
            }
            let rotated = try await store.watches(of: store.session, holding: [watch.mark], key: key)
            #expect(rotated.kept.isEmpty && rotated.new.first?.secret?.reveal() == "newer")
        }
    }

    @Test func `a password that another key has sealed is an error that is shown, and nobody watches`() async throws {
        try await withFixture { store in
            let (key, other) = (
                try #require(SealingKey(text: SealingKey.randomText())),
                try #require(SealingKey(text: SealingKey.randomText()))
            )
            let id = Trigger.ID.new(at: Date())
            let sealed = try other.seal([1], for: TriggerStore.place(of: id, in: store.tenant))
            _ = try await store.watched(.feed(StoreFixture.feed), secret: sealed, id: id)
            #expect(try await store.watches(of: store.session, key: key).new.isEmpty)
            let status = try #require(try await store.run { try WatchStore.status(of: id, on: $0) })
            #expect(status.robot == nil && status.error?.contains(other.id) == true)
        }
    }

    @Test func `watches that cannot be handed out keep no other from its turn`() async throws {
        try await withFixture { store in
            let (key, other) = (
                try #require(SealingKey(text: SealingKey.randomText())),
                try #require(SealingKey(text: SealingKey.randomText()))
            )
            for name in ["sealed", "sealed too"] {
                let id = Trigger.ID.new(at: Date(timeIntervalSince1970: 1_000_000))
                let sealed = try other.seal([1], for: TriggerStore.place(of: id, in: store.tenant))
                _ = try await store.watched(.feed(StoreFixture.feed), name, secret: sealed, id: id)
            }
            let first = Trigger.ID.new(at: Date(timeIntervalSince1970: 1_000_001))
            _ = try await store.watched(.file(StoreFixture.files), "bad", id: first)
            try await store.asOwner(
                "UPDATE triggers SET spec = '{\"file\": {}, \"environment\": \"default\"}' WHERE name = 'bad'")
            let good = try await store.watched(.file(StoreFixture.files), "good")
            let offer = try await store.watches(of: store.session, limit: 1, key: key)
            #expect(offer.new.map(\.trigger) == [good.id])
            let bad = try #require(try await store.run { try WatchStore.status(of: first, on: $0) })
            #expect(bad.robot == nil && bad.error?.contains("cannot be read") == true)
            let mark = try #require(offer.new.first?.mark)
            let next = try await store.watches(of: store.session, holding: [mark], limit: 1, key: key)
            #expect(next.kept == [good.id] && next.new.isEmpty)
        }
    }

    @Test func `what was seen and cannot be read keeps no other watch from its turn`() async throws {
        try await withFixture { store in
            let first = Trigger.ID.new(at: Date(timeIntervalSince1970: 1_000_000))
            _ = try await store.watched(.file(StoreFixture.files), "bad", id: first)
            let watch = try #require(try await store.watches(of: store.session).new.first)
            let version = try await store.report(
                WatchReport(state: ["seen": 1]), watch, session: store.session)
            #expect(version != nil)
            try await store.asOwner("UPDATE trigger_watches SET state = '[]'")
            let good = try await store.watched(.file(StoreFixture.files), "good")
            let offer = try await store.watches(of: store.session, limit: 1)
            #expect(offer.new.map(\.trigger) == [good.id])
            let bad = try #require(try await store.run { try WatchStore.status(of: first, on: $0) })
            #expect(bad.robot == nil && bad.error?.contains("does not hold a JSON object") == true)
        }
    }
}
