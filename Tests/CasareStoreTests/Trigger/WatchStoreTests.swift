import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Who watches for triggers, and what comes of what is found.
struct WatchStoreTests {
    /// The literal is a pointer.
    private static let place = DeliveryPlace.payload(JSONPointer("/file_path")!)
    private static let files = FileSource(
        path: "/in", variables: VariableMapping([.init(variable: "file", place: Self.place)]))
    private static let feed = FeedSource(
        .rss(.init(FeedRequest(url: "https://example.org/feed", auth: .init(kind: .bearer)))))

    private static func create(
        _ source: TriggerSpec.Source, _ name: String = "t", secret: SealingKey.Sealed? = nil,
        id: Trigger.ID = .new(at: Date()), in store: StoreFixture, _ change: (inout TriggerSpec) -> Void = { _ in }
    ) async throws -> Trigger {
        var spec = TriggerSpec(source: source, workflow: "orders")
        change(&spec)
        let new = TriggerStore.New(id: id, name: name, spec: spec)
        return try await store.run { try TriggerStore.create(new, secret: secret, by: "ann", on: $0) }
    }

    private static func otherSession(
        _ name: String = "r2", environment: String = "default", in store: StoreFixture
    ) async throws -> Robot.SessionID {
        let robot = try #require(Robot.ID(rawValue: name))
        return try await store.run { connection in
            _ = try RobotStore.register(
                robot, environment: environment, tags: [], capabilities: [], slots: 1, on: connection)
            return try LeaseStore.openSession(robot, boot: UUID(), kind: .api, slots: 1, on: connection)
        }
    }

    private static func ask(
        _ session: Robot.SessionID, holding: [Watch.Mark] = [], limit: Int = 10, key: SealingKey? = nil,
        in store: StoreFixture
    ) async throws -> WatchOffer {
        try await store.run {
            try WatchStore.watches(of: session, holding: holding, limit: limit, key: key, on: $0)
        }
    }

    /// - Returns: the new version; `nil` where nothing was changed.
    private static func report(
        _ report: WatchReport, _ watch: Watch, version: Int? = nil, session: Robot.SessionID, in store: StoreFixture
    ) async throws -> Int? {
        try await store.run {
            try WatchStore.report(
                report, of: watch.trigger, revision: watch.revision, version: version ?? watch.version,
                session: session, on: $0)?.version
        }
    }

    private static func finding(_ name: String) -> WatchFinding {
        WatchFinding(key: "created \(name)", payload: ["file_path": .string("/in/\(name)")])
    }

    private static func history(of trigger: Trigger.ID, in store: StoreFixture) async throws -> [TriggerDelivery] {
        try await store.run { try TriggerDeliveries.list(of: trigger, limit: 100, on: $0) }
    }

    // MARK: - Who watches

    @Test func `one session at a time holds a watch`() async throws {
        try await withFixture { store in
            let trigger = try await Self.create(.file(Self.files), in: store)
            let other = try await Self.otherSession(in: store)
            let first = try await Self.ask(store.session, in: store)
            let watch = try #require(first.new.first)
            #expect(watch.trigger == trigger.id && watch.source == .file(Self.files) && watch.state == nil)
            let second = try await Self.ask(other, in: store)
            #expect(second.new.isEmpty && second.kept.isEmpty)
            let again = try await Self.ask(store.session, holding: [watch.mark], in: store)
            #expect(again.kept == [trigger.id] && again.new.isEmpty)
            let status = try await store.run { try WatchStore.status(of: trigger.id, on: $0) }
            #expect(status?.robot == StoreFixture.robot && status?.error == nil)
        }
    }

    @Test func `of many sessions that ask at once one gets the watch`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            _ = try await Self.create(.file(Self.files), in: store)
            var sessions: [Robot.SessionID] = []
            for number in 0..<6 { sessions.append(try await Self.otherSession("q\(number)", in: store)) }
            let taken = try await withThrowingTaskGroup(of: Int.self) { group in
                for session in sessions {
                    group.addTask { try await Self.ask(session, in: store).new.count }
                }
                return try await group.reduce(0, +)
            }
            #expect(taken == 1)
        }
    }

    @Test func `a watch that its robot does not name is free, as is that of an ended session`() async throws {
        try await withFixture { store in
            let trigger = try await Self.create(.file(Self.files), in: store)
            let other = try await Self.otherSession(in: store)
            _ = try await Self.ask(store.session, in: store)
            let released = try await Self.ask(store.session, limit: 0, in: store)
            #expect(released.kept.isEmpty && released.new.isEmpty)
            #expect(try await Self.ask(other, in: store).new.map(\.trigger) == [trigger.id])
            #expect(try await Self.ask(store.session, in: store).new.isEmpty)
            try await store.run { _ = try LeaseStore.closeSession(other, on: $0) }
            #expect(try await Self.ask(store.session, in: store).new.map(\.trigger) == [trigger.id])
            await #expect(throws: StoreError.sessionEnded(other)) { _ = try await Self.ask(other, in: store) }
        }
    }

    @Test func `robots of another environment, of another name and cordoned ones get nothing`() async throws {
        try await withFixture { store in
            var named = Self.files
            named.robot = StoreFixture.robot
            let there = try await Self.create(.file(Self.files), "there", in: store) { $0.environment = "prod" }
            let mine = try await Self.create(.file(named), "mine", in: store)
            let other = try await Self.otherSession(in: store)
            let prod = try await Self.otherSession("p1", environment: "prod", in: store)
            #expect(try await Self.ask(other, in: store).new.isEmpty)
            #expect(try await Self.ask(prod, in: store).new.map(\.trigger) == [there.id])
            let cordoned = Query(
                """
                UPDATE robot_sessions SET cordoned_at = now()
                WHERE tenant_id = casare_tenant() AND session_id = @session
                """)
            try await store.run {
                _ = try $0.execute(cordoned, ["session": .int8(store.session.rawValue)])
            }
            #expect(try await Self.ask(store.session, in: store).new.isEmpty)
            try await store.run {
                _ = try $0.execute(
                    Query("UPDATE robot_sessions SET cordoned_at = NULL WHERE tenant_id = casare_tenant()"))
            }
            #expect(try await Self.ask(store.session, in: store).new.map(\.trigger) == [mine.id])
        }
    }

    @Test func `no more are handed out than are asked for, and none of hooks and jobs`() async throws {
        try await withFixture { store in
            for number in 0..<3 { _ = try await Self.create(.file(Self.files), "t\(number)", in: store) }
            _ = try await Self.create(.webhook(Webhook(auth: WebhookAuth(kind: .none))), "hook", in: store)
            let two = try await Self.ask(store.session, limit: 2, in: store).new
            #expect(two.count == 2)
            let third = try await Self.ask(store.session, holding: two.map(\.mark), limit: 2, in: store)
            #expect(third.kept.count == 2 && third.new.count == 1)
        }
    }

    // MARK: - What is found

    @Test func `what is found becomes jobs together with what was seen, once`() async throws {
        try await withFixture { store in
            let trigger = try await Self.create(.file(Self.files), in: store)
            let watch = try #require(try await Self.ask(store.session, in: store).new.first)
            let report = WatchReport(findings: [Self.finding("a"), Self.finding("b")], state: ["n": 1])
            let version = try await Self.report(report, watch, session: store.session, in: store)
            #expect(version == watch.version + 1)
            // Its answer was lost.
            #expect(try await Self.report(report, watch, session: store.session, in: store) == nil)
            let history = try await Self.history(of: trigger.id, in: store)
            #expect(history.map(\.result) == [.accepted, .accepted])
            #expect(history.allSatisfy { $0.source == "r1" })
            let ids = try history.map { try #require($0.job) }
            var seen: Set<String> = []
            for id in ids {
                let job = try #require(try await store.get(id))
                seen.insert(job.variables["file"]?.string ?? "")
            }
            #expect(seen == ["/in/a", "/in/b"])
        }
    }

    @Test func `who takes over begins with what was last reported, and the one before reports no more`() async throws {
        try await withFixture { store in
            let trigger = try await Self.create(.file(Self.files), in: store)
            let other = try await Self.otherSession(in: store)
            let watch = try #require(try await Self.ask(store.session, in: store).new.first)
            let first = WatchReport(findings: [Self.finding("a")], state: ["seen": ["a"]])
            let version = try #require(try await Self.report(first, watch, session: store.session, in: store))
            try await store.run { _ = try LeaseStore.closeSession(store.session, on: $0) }
            let next = try #require(try await Self.ask(other, in: store).new.first)
            #expect(next.state == ["seen": ["a"]] && next.version == version)
            // The first robot was frozen with what it found, and wakes up.
            let late = WatchReport(findings: [Self.finding("b")], state: ["seen": ["a", "b"]])
            #expect(try await Self.report(late, watch, version: version, session: store.session, in: store) == nil)
            #expect(try await Self.report(late, next, session: other, in: store) == version + 1)
            #expect(try await Self.history(of: trigger.id, in: store).count == 2)
        }
    }

    @Test func `what cannot be stored leaves what was seen as it was`() async throws {
        try await withFixture { store in
            let trigger = try await Self.create(.file(Self.files), in: store)
            let watch = try #require(try await Self.ask(store.session, in: store).new.first)
            await #expect(throws: StoreError.self) {
                _ = try await Self.report(
                    WatchReport(findings: [Self.finding("a")], state: .list([])), watch, session: store.session,
                    in: store)
            }
            #expect(try await Self.history(of: trigger.id, in: store).isEmpty)
            #expect(
                try await Self.report(WatchReport(state: [:]), watch, session: store.session, in: store) == 1)
        }
    }

    @Test func `a finding that is known is a duplicate, and so is one with the same value`() async throws {
        try await withFixture { store in
            let trigger = try await Self.create(.file(Self.files), in: store) { $0.dedup = Self.place }
            let watch = try #require(try await Self.ask(store.session, in: store).new.first)
            let same = WatchFinding(key: "modified a", payload: ["file_path": "/in/a"])
            _ = try await Self.report(
                WatchReport(findings: [Self.finding("a"), Self.finding("a"), same]), watch, session: store.session,
                in: store)
            let results = try await Self.history(of: trigger.id, in: store).map(\.result)
            #expect(Set(results) == [.accepted, .duplicate] && results.count == 3)
            #expect(results.count { $0 == .accepted } == 1)
        }
    }

    @Test func `a workflow that is not there is in the history, and what was seen counts`() async throws {
        try await withFixture { store in
            let trigger = try await Self.create(.file(Self.files), in: store) { $0.workflow = "nowhere" }
            let watch = try #require(try await Self.ask(store.session, in: store).new.first)
            let version = try await Self.report(
                WatchReport(findings: [Self.finding("a")], state: ["n": 1]), watch, session: store.session, in: store)
            #expect(version == 1)
            #expect(try await Self.history(of: trigger.id, in: store).map(\.result) == [.failed])
        }
    }

    @Test func `an error is shown since when it is, and goes with the next report`() async throws {
        try await withFixture { store in
            let trigger = try await Self.create(.file(Self.files), in: store)
            let watch = try #require(try await Self.ask(store.session, in: store).new.first)
            _ = try await Self.report(WatchReport(error: "no folder"), watch, session: store.session, in: store)
            let status = try #require(try await store.run { try WatchStore.status(of: trigger.id, on: $0) })
            #expect(status.error == "no folder" && status.errorSince != nil && status.reportedAt != nil)
            _ = try await Self.report(WatchReport(), watch, version: 1, session: store.session, in: store)
            let after = try #require(try await store.run { try WatchStore.status(of: trigger.id, on: $0) })
            #expect(after.error == nil && after.errorSince == nil)
        }
    }

    // MARK: - Changes

    @Test func `a pause ends the watch and forgets what was seen`() async throws {
        try await withFixture { store in
            let trigger = try await Self.create(.file(Self.files), in: store)
            let watch = try #require(try await Self.ask(store.session, in: store).new.first)
            #expect(try await Self.report(WatchReport(state: ["n": 1]), watch, session: store.session, in: store) == 1)
            _ = try await store.run { try TriggerStore.pause("t", by: "ann", reason: nil, on: $0) }
            let finding = WatchReport(findings: [Self.finding("a")])
            #expect(try await Self.report(finding, watch, version: 1, session: store.session, in: store) == nil)
            let paused = try await Self.ask(store.session, holding: [watch.mark], in: store)
            #expect(paused.kept.isEmpty && paused.new.isEmpty)
            _ = try await store.run { try TriggerStore.resume("t", by: "ann", reason: nil, on: $0) }
            let anew = try #require(try await Self.ask(store.session, in: store).new.first)
            #expect(anew.state == nil && anew.version == 0)
            #expect(try await Self.history(of: trigger.id, in: store).isEmpty)
        }
    }

    @Test func `a change of the spec begins anew, and what was seen counts for the same files`() async throws {
        try await withFixture { store in
            _ = try await Self.create(.file(Self.files), in: store)
            let watch = try #require(try await Self.ask(store.session, in: store).new.first)
            #expect(try await Self.report(WatchReport(state: ["n": 1]), watch, session: store.session, in: store) == 1)
            let slower = try await store.run { connection in
                try TriggerStore.update("t", by: "ann", on: connection) { trigger in
                    var spec = trigger.spec
                    var files = Self.files
                    files.pollSeconds = 60
                    spec.source = .file(files)
                    return spec
                }
            }
            #expect(slower.revision == 2)
            // What the robot finds by the old spec comes too late.
            let late = WatchReport(findings: [Self.finding("a")])
            #expect(try await Self.report(late, watch, version: 1, session: store.session, in: store) == nil)
            let next = try #require(
                try await Self.ask(store.session, holding: [watch.mark], in: store).new.first)
            #expect(next.revision == 2 && next.version == 1 && next.state == ["n": 1])
            _ = try await store.run { connection in
                try TriggerStore.update("t", by: "ann", on: connection) { trigger in
                    var spec = trigger.spec
                    spec.source = .file(FileSource(path: "/elsewhere"))
                    return spec
                }
            }
            let other = try #require(
                try await Self.ask(store.session, holding: [next.mark], in: store).new.first)
            #expect(other.revision == 3 && other.state == nil)
        }
    }

    @Test func `a trigger that is deleted is watched no more`() async throws {
        try await withFixture { store in
            let trigger = try await Self.create(.file(Self.files), in: store)
            let watch = try #require(try await Self.ask(store.session, in: store).new.first)
            _ = try await store.run { try TriggerStore.delete("t", by: "ann", reason: nil, on: $0) }
            let late = WatchReport(findings: [Self.finding("a")])
            #expect(try await Self.report(late, watch, session: store.session, in: store) == nil)
            #expect(try await Self.ask(store.session, holding: [watch.mark], in: store).kept.isEmpty)
            #expect(try await store.run { try WatchStore.status(of: trigger.id, on: $0) } == nil)
        }
    }

    // MARK: - Secrets

    @Test func `a password is opened for who holds the watch, and left alone without the key`() async throws {
        try await withFixture { store in
            let key = try #require(SealingKey(text: SealingKey.randomText()))
            let id = Trigger.ID.new(at: Date())
            let place = TriggerStore.place(of: id, in: store.tenant)
            let sealed = try key.seal(Array("s3cret".utf8), for: place)
            _ = try await Self.create(.feed(Self.feed), secret: sealed, id: id, in: store)
            #expect(try await Self.ask(store.session, in: store).new.isEmpty)
            let watch = try #require(try await Self.ask(store.session, key: key, in: store).new.first)
            #expect(watch.secret?.reveal() == "s3cret" && "\(watch)".contains("s3cret") == false)
            let next = try key.seal(Array("newer".utf8), for: place)
            _ = try await store.run {
                try TriggerStore.rotate("t", to: next, overlap: .zero, by: "ann", reason: nil, on: $0)
            }
            let rotated = try await Self.ask(store.session, holding: [watch.mark], key: key, in: store)
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
            _ = try await Self.create(.feed(Self.feed), secret: sealed, id: id, in: store)
            #expect(try await Self.ask(store.session, key: key, in: store).new.isEmpty)
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
                _ = try await Self.create(.feed(Self.feed), name, secret: sealed, id: id, in: store)
            }
            let first = Trigger.ID.new(at: Date(timeIntervalSince1970: 1_000_001))
            _ = try await Self.create(.file(Self.files), "bad", id: first, in: store)
            try await store.asOwner(
                "UPDATE triggers SET spec = '{\"file\": {}, \"environment\": \"default\"}' WHERE name = 'bad'")
            let good = try await Self.create(.file(Self.files), "good", in: store)
            let offer = try await Self.ask(store.session, limit: 1, key: key, in: store)
            #expect(offer.new.map(\.trigger) == [good.id])
            let bad = try #require(try await store.run { try WatchStore.status(of: first, on: $0) })
            #expect(bad.robot == nil && bad.error?.contains("cannot be read") == true)
            let mark = try #require(offer.new.first?.mark)
            let next = try await Self.ask(store.session, holding: [mark], limit: 1, key: key, in: store)
            #expect(next.kept == [good.id] && next.new.isEmpty)
        }
    }

    @Test func `what was seen and cannot be read keeps no other watch from its turn`() async throws {
        try await withFixture { store in
            let first = Trigger.ID.new(at: Date(timeIntervalSince1970: 1_000_000))
            _ = try await Self.create(.file(Self.files), "bad", id: first, in: store)
            let watch = try #require(try await Self.ask(store.session, in: store).new.first)
            let version = try await Self.report(
                WatchReport(state: ["seen": 1]), watch, session: store.session, in: store)
            #expect(version != nil)
            try await store.asOwner("UPDATE trigger_watches SET state = '[]'")
            let good = try await Self.create(.file(Self.files), "good", in: store)
            let offer = try await Self.ask(store.session, limit: 1, in: store)
            #expect(offer.new.map(\.trigger) == [good.id])
            let bad = try #require(try await store.run { try WatchStore.status(of: first, on: $0) })
            #expect(bad.robot == nil && bad.error?.contains("does not hold a JSON object") == true)
        }
    }
}
