import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What metrics say of all tenants together.
struct GaugeStoreTests {
    private static func queues(_ store: StoreFixture, now: Date? = nil) async throws -> [GaugeStore.Queue] {
        try await store.database.asSystem { try GaugeStore.queues(now: now, on: $0) }
    }

    private static func letters(_ store: StoreFixture, now: Date? = nil) async throws -> [GaugeStore.Letters] {
        try await store.database.asSystem { try GaugeStore.letters(now: now, on: $0) }
    }

    private static func robots(_ store: StoreFixture, now: Date? = nil) async throws -> [GaugeStore.Robot] {
        try await store.database.asSystem { try GaugeStore.robots(now: now, on: $0) }
    }

    /// Another tenant of the same database, with a robot and a queue of the same names.
    private static func other(_ store: StoreFixture) async throws -> StoreFixture {
        try await store.database.asSystem { connection in
            _ = try connection.execute(Query("INSERT INTO tenants (tenant_id, name) VALUES (77, 'other')"))
        }
        return try await StoreFixture(store.database, tenant: Tenant.ID(rawValue: 77))
    }

    @Test func `queues of one name are added up over tenants, job by job`() async throws {
        try await withFixture { store in
            let other = try await Self.other(store)
            _ = try await store.leased()
            _ = try await store.submit(
                [store.job(), store.job(queueKey: "acme"), store.job(due: .after(.seconds(60)))])
            _ = try await other.submit([other.job(), other.job(), other.job(environment: "another")])
            let paused = try await store.submit(store.job())
            try await store.run { _ = try JobStore.pause(paused, by: "ann", reason: nil, on: $0) }
            let queues = try await Self.queues(store)
            #expect(queues.map(\.name) == ["another", "default"])
            #expect(queues[0].ready == 1 && queues[0].eligibleRobots == 0 && queues[0].paused == 0)
            let queue = queues[1]
            #expect(queue.ready == 4 && queue.scheduled == 1 && queue.running == 1 && queue.blocked == 0)
            #expect(queue.eligibleRobots == 2 && queue.oldestSeconds >= 0)
        }
    }

    @Test func `the oldest job that is ready says how long it has waited, and none says 0`() async throws {
        try await withFixture { store in
            #expect(try await Self.queues(store).map(\.oldestSeconds) == [0])
            let start = Date()
            _ = try await store.submit(store.job(), now: start)
            let queue = try await Self.queues(store, now: start.addingTimeInterval(90)).first
            #expect(abs(try #require(queue).oldestSeconds - 90) < 0.001)
        }
    }

    @Test func `a queue is paused until its pause is over, a robot is eligible until it is cordoned`() async throws {
        try await withFixture { store in
            _ = try await store.submit(store.job())
            try await store.asOwner(
                """
                SELECT set_config('casare.tenant', '1', false);
                SELECT casare_rule_queue(queue_id) FROM queues;
                UPDATE queue_rules SET paused_at = '2026-01-01T00:00Z', paused_until = '2026-01-01T12:00Z', paused_by = 'ann';
                """)
            #expect(try await Self.queues(store, now: noon.addingTimeInterval(-1)).map(\.paused) == [1])
            #expect(try await Self.queues(store, now: noon).map(\.paused) == [0])
            #expect(try await Self.queues(store).map(\.eligibleRobots) == [1])
            try await store.run { _ = try RobotStore.cordon(StoreFixture.robot, by: "ann", on: $0) }
            #expect(try await Self.queues(store).map(\.eligibleRobots) == [0])
        }
    }

    @Test func `letters are counted by queue and state, and queues without any say 0`() async throws {
        try await withFixture { store in
            var failed: [Job.ID] = []
            for _ in 1...3 {
                let leased = try await store.leased()
                _ = try await store.fail(leased, .business)
                failed.append(leased.lease.job)
            }
            let (first, second, third) = (failed[0], failed[1], failed[2])
            try await store.run { connection in
                _ = try DeadLetterStore.acknowledge(first, by: "ann", reason: nil, on: connection)
                _ = try JobStore.replay(second, by: "ann", on: connection)
            }
            let letter = try await store.run { try DeadLetterStore.get(third, on: $0) }
            let opened = try #require(letter).openedAt
            _ = try await store.submit(store.job(environment: "another"))
            let found = try await Self.letters(store, now: opened.addingTimeInterval(30))
            #expect(found.map(\.queue) == ["another", "default"])
            #expect(found.map(\.open) == [0, 1] && found.map(\.acknowledged) == [0, 1])
            #expect(found[0].oldestOpenSeconds == 0 && abs(found[1].oldestOpenSeconds - 30) < 0.001)
        }
    }

    @Test func `robots are told apart by what they do, as their status tells it`() async throws {
        try await withFixture { store in
            #expect(try await Self.robots(store).map(\.state) == [.idle])
            try await store.submit((0..<2).map { _ in store.job() })
            _ = try await store.lease(1)
            #expect(try await Self.robots(store).map(\.state) == [.idle])
            _ = try await store.lease(1)
            let busy = try await Self.robots(store)
            #expect(busy.map(\.state) == [.busy] && busy[0].name == "r1")
            let robot = try await store.run { try RobotStore.get(StoreFixture.robot, on: $0) }
            let seen = try #require(robot?.lastSeenAt)
            #expect(abs((busy[0].seenSeconds ?? 0) - seen.timeIntervalSince1970) < 0.001)
            try await store.run { _ = try RobotStore.cordon(StoreFixture.robot, by: "ann", on: $0) }
            #expect(try await Self.robots(store).map(\.state) == [.cordoned])
            // Two renewals were missed.
            #expect(try await Self.robots(store, now: seen.addingTimeInterval(3600)).map(\.state) == [.offline])
        }
    }

    @Test(arguments: [SessionKind.sql, .api])
    func `a robot that has ended its session is stopped, and one that vanished is offline`(
        kind: SessionKind
    ) async throws {
        try await withFixture { store in
            func state(at seconds: Double) async throws -> GaugeStore.Robot.State? {
                try await Self.robots(store, now: noon.addingTimeInterval(seconds)).first?.state
            }
            func open(at seconds: Double) async throws -> Robot.SessionID {
                try await store.openSession(kind: kind, now: noon.addingTimeInterval(seconds))
            }
            try await store.asOwner("DELETE FROM robot_sessions")
            let first = try await open(at: 0)
            let second = try await open(at: 0)
            _ = try await store.run { try LeaseStore.closeSession(first, now: noon.addingTimeInterval(1), on: $0) }
            #expect(try await state(at: 2) == .idle)
            _ = try await store.run { try LeaseStore.closeSession(second, now: noon.addingTimeInterval(3), on: $0) }
            #expect(try await state(at: 4) == .stopped)
            // However long ago that was.
            #expect(try await state(at: 10 * 86_400) == .stopped)
            // It comes back, and vanishes: before the sweep has seen it, and afterwards.
            _ = try await open(at: 100)
            #expect(try await state(at: 101) == .idle)
            #expect(try await state(at: 200) == .offline)
            _ = try await store.database.asRescuer { try LeaseStore.sweep(now: noon.addingTimeInterval(200), on: $0) }
            #expect(try await state(at: 201) == .offline)
        }
    }

    @Test func `a robot that never had a session is offline and was never seen`() async throws {
        try await withFixture { store in
            let id = try #require(Robot.ID(rawValue: "r0"))
            try await store.run {
                _ = try RobotStore.register(id, environment: "default", tags: [], capabilities: [], slots: 1, on: $0)
            }
            let robots = try await Self.robots(store)
            #expect(robots.map(\.name) == ["r0", "r1"] && robots[0].state == .offline && robots[0].seenSeconds == nil)
        }
    }

    @Test func `schedules are active or paused, whoever has them`() async throws {
        try await withFixture { store in
            let other = try await Self.other(store)
            try await store.schedule("a")
            try await store.schedule("b", isPaused: true)
            try await other.schedule("a")
            let schedules = try await store.database.asSystem { try GaugeStore.schedules(on: $0) }
            #expect(schedules == (2, 1))
        }
    }
}
