import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

struct QueueControlTests {
    @Test func `a pause and its end take effect with the next lease, whatever the leaser knows`() async throws {
        try await withFixture { store in
            try await store.load(10)
            var cursor = LeaseCursor()
            #expect(try await store.lease(2, &cursor).count == 2 && cursor.mode == .plain)
            let paused = try await store.run {
                try QueueStore.pause(StoreFixture.queue, by: "ann", reason: "month end", until: nil, on: $0)
            }
            #expect(paused.queue.kind == .paused && !paused.wasPaused)
            #expect(paused.queue.pause?.by == "ann" && paused.queue.pause?.reason == "month end")
            #expect(try await store.lease(2, &cursor).isEmpty && cursor.mode == .paused)
            #expect(try await store.lease(2).isEmpty, "one that knows nothing yet")

            let resumed = try await store.run { try QueueStore.resume(StoreFixture.queue, on: $0) }
            #expect(resumed.queue.kind == .lanes && resumed.queue.pause == nil && resumed.wasPaused)
            #expect(try await store.lease(2, &cursor).count == 2 && cursor.mode == .lanes)

            #expect(try await store.database.asSystem { try QueueStore.settle(on: $0) } == 1)
            #expect(try await store.queue().kind == .plain)
            #expect(try await store.lease(2, &cursor).count == 2 && cursor.mode == .plain)
        }
    }

    @Test func `a pause ends at its time`() async throws {
        try await withFixture { store in
            try await store.load(2)
            let until = noon.addingTimeInterval(3600)
            _ = try await store.run {
                try QueueStore.pause(StoreFixture.queue, by: "ann", reason: nil, until: until, now: noon, on: $0)
            }
            var cursor = LeaseCursor()
            #expect(try await store.lease(1, &cursor, now: until.addingTimeInterval(-1)).isEmpty)
            #expect(cursor.mode == .paused)
            #expect(try await store.lease(1, &cursor, now: until).count == 1)
        }
    }

    @Test(arguments: [nil, "acme"])
    func `how long a pause lasts counts from the time of the database`(key: String?) async throws {
        try await withFixture { store in
            let paused = try await store.run {
                try QueueStore.pause(
                    StoreFixture.queue, key: key, by: "ann", reason: nil, until: nil, lasting: 60, now: noon, on: $0)
            }
            let pause = key == nil ? paused.queue.pause : paused.key?.pause
            #expect(pause?.since == noon && pause?.until == noon.addingTimeInterval(60))
            let again = try await store.run {
                try QueueStore.resume(StoreFixture.queue, key: key, now: noon.addingTimeInterval(60), on: $0)
            }
            #expect(!again.wasPaused, "it is over by itself")
        }
    }

    @Test(arguments: [(-1.0, true), (0, true), (QueuePause.secondsMax + 1, false)])
    func `a pause ends neither in the past nor after more than a year`(seconds: Double, isPast: Bool) async throws {
        try await withFixture { store in
            let until = noon.addingTimeInterval(seconds)
            await #expect(throws: StoreError.pauseEnd(until, isPast: isPast)) {
                _ = try await store.run {
                    try QueueStore.pause(StoreFixture.queue, by: "ann", reason: nil, until: until, now: noon, on: $0)
                }
            }
            let queue = try await store.queue()
            #expect(queue.kind == .plain, "nothing of it is left")
        }
    }

    @Test func `a key that is paused is seen however many others run`() async throws {
        try await withFixture { store in
            try await store.limit { $0.keyConcurrency = 1 }
            try await store.load(30, keys: 30)
            var cursor = LeaseCursor()
            var running = 0
            for _ in 1...5 { running += try await store.lease(30, &cursor).count }
            #expect(running > 20)
            let paused = try await store.run {
                try QueueStore.pause(StoreFixture.queue, key: "quiet", by: "ann", reason: "asked", until: nil, on: $0)
            }
            #expect(paused.keysPaused == BoundedCount(1) && paused.key?.pause?.reason == "asked")
            _ = try await store.run {
                try QueueStore.limit(StoreFixture.queue, key: "k29", on: $0) { $0.concurrency = 3 }
            }
            let keys = try await store.run { try QueueStore.stats(StoreFixture.queue, on: $0) }.keys
            #expect(keys.count > 20 && keys.first?.running == 1)
            #expect(keys.last?.key == "quiet" && keys.last?.running == 0)
            #expect(keys.first { $0.key == "k29" }?.limits.concurrency == 3)
        }
    }

    @Test func `two people who assign a workflow at once do not mix their robots`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            let robots = try (0..<4).map { try #require(Robot.ID(rawValue: "r\($0)")) }
            for robot in robots { _ = try await store.register(robot.rawValue) }
            try await withThrowingTaskGroup { group in
                for turn in 0..<8 {
                    group.addTask {
                        let chosen = turn.isMultiple(of: 2) ? robots[..<2] : robots[2...]
                        try await store.run {
                            try QueueStore.assign(store.workflow, to: Array(chosen), by: "ann \(turn % 2)", on: $0)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let assignment = try await store.run { try QueueStore.assignment(of: store.workflow, on: $0) }
            let isFirst = assignment.assignedBy == "ann 0"
            #expect(assignment.robots == Array(isFirst ? robots[..<2] : robots[2...]))
        }
    }

    @Test func `what runs goes on when its queue is paused`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            _ = try await store.run {
                try QueueStore.pause(StoreFixture.queue, by: "ann", reason: nil, until: nil, on: $0)
            }
            try await store.complete([job])
            #expect(try await store.status(job.lease.job) == .completed)
        }
    }

    @Test func `a key can be paused alone`() async throws {
        try await withFixture { store in
            try await store.load(4, keys: 2)
            _ = try await store.run {
                try QueueStore.pause(StoreFixture.queue, key: "k0", by: "bob", reason: "asked", until: nil, on: $0)
            }
            #expect(try await store.keys(of: store.lease(9)) == ["k1", "k1"])
            let key = try await store.run { try QueueStore.key("k0", of: StoreFixture.queue, on: $0) }
            #expect(key?.pause?.by == "bob" && key?.ready == BoundedCount(2))
            try await store.run { _ = try QueueStore.resume(StoreFixture.queue, key: "k0", on: $0) }
            #expect(try await store.keys(of: store.lease(9)) == ["k0", "k0"])
        }
    }

    @Test func `a queue that does not exist is told`() async throws {
        try await withFixture { store in
            await #expect(throws: StoreError.notFound(.queue, "nowhere")) {
                _ = try await store.run { try QueueStore.pause("nowhere", by: "a", reason: nil, until: nil, on: $0) }
            }
            await #expect(throws: StoreError.notFound(.queue, "nowhere")) {
                try await store.run { try QueueStore.stats("nowhere", on: $0) }
            }
        }
    }

    @Test func `limits are kept as they were set, and can be lifted`() async throws {
        try await withFixture { store in
            try await store.limit {
                $0.concurrency = 4
                $0.rate = QueueRate(count: 30, per: 60)
                $0.keyConcurrency = 2
                $0.ageingSeconds = 10
            }
            let limits = try await store.queue().limits
            #expect(limits.concurrency == 4 && limits.keyConcurrency == 2 && limits.keyRate == nil)
            #expect(limits.rate == QueueRate(everySeconds: 2, burst: 30) && limits.ageingSeconds == 10)
            try await store.limit { $0 = QueueLimits(ageingSeconds: 10) }
            #expect(try await store.queue().limits == QueueLimits(ageingSeconds: 10))
            #expect(try await store.database.asSystem { try QueueStore.settle(on: $0) } == 0, "ageing is a rule too")
            try await store.limit { $0 = QueueLimits() }
            #expect(try await store.database.asSystem { try QueueStore.settle(on: $0) } == 1)
        }
    }

    @Test func `changes made at once are all kept`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            try await withThrowingTaskGroup { group in
                for change in 0..<8 {
                    group.addTask {
                        try await store.limit {
                            if change.isMultiple(of: 2) {
                                $0.concurrency = ($0.concurrency ?? 0) + 1
                            } else {
                                $0.keyConcurrency = ($0.keyConcurrency ?? 0) + 1
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let limits = try await store.queue().limits
            #expect(limits.concurrency == 4 && limits.keyConcurrency == 4)
        }
    }

    @Test func `a cordoned robot gets nothing, in this session and in later ones`() async throws {
        try await withFixture { store in
            try await store.load(3)
            try await store.load(3, keys: 1)
            let cordoned = try await store.run {
                try RobotStore.cordon(StoreFixture.robot, by: "ann", now: noon, on: $0)
            }
            #expect(cordoned.cordonedAt == noon)
            var cursor = LeaseCursor()
            #expect(try await store.lease(9, &cursor).isEmpty && cursor.mode == .cordoned)
            let other = try await store.openSession()
            #expect(try await store.lease(9, session: other).isEmpty)
            let free = try await store.register("r2")
            #expect(try await store.lease(1, session: free).count == 1)
            let released = try await store.run { try RobotStore.uncordon(StoreFixture.robot, by: "ann", on: $0) }
            #expect(released.cordonedAt == nil)
            #expect(try await store.lease(1, &cursor).count == 1)
            #expect(try await store.lease(1, session: other).count == 1)
        }
    }

    @Test func `a queue is shown with its rules and its jobs`() async throws {
        try await withFixture { store in
            // The clock by which the age of what waits is told was last looked at a minute ago.
            let earlier = Date().addingTimeInterval(-60)
            _ = try await store.database.asSystem { try QueueStore.upkeep(now: earlier, on: $0) }
            try await store.load(3)
            try await store.load(4, keys: 2, priority: 9)
            _ = try await store.submit(store.job(due: .after(.seconds(600))))
            _ = try await store.submit(store.job(environment: "other"))
            let held = try await store.submit(store.job())
            _ = try await store.run { try JobStore.pause(held, by: "ann", reason: nil, on: $0) }
            try await store.limit { $0.keyConcurrency = 1 }
            let now = Date()
            let jobs = try await store.lease(9, now: now)
            #expect(jobs.count == 5, "three without a key, and one of each key")
            let stats = try await store.run { try QueueStore.stats(StoreFixture.queue, now: now, on: $0) }
            #expect(stats.queue.ready == BoundedCount(2) && stats.queue.scheduled == BoundedCount(1))
            #expect(stats.queue.pausedJobs == BoundedCount(1))
            #expect(stats.queue.running == BoundedCount(5) && stats.queue.robotsAlive == 1 && stats.queue.slots == 2)
            #expect(stats.readyByPriority == [try #require(Priority(rawValue: 9)): BoundedCount(2)])
            #expect(stats.keys.map(\.key) == ["k0", "k1"] && stats.keys.allSatisfy { $0.running == 1 })
            let created = try #require(try await store.run { try JobStore.list(JobFilter(), limit: 20, on: $0) }.last)
            #expect(try #require(stats.oldestReadySince) >= created.createdAt, "not before it was there")
            #expect(stats.nextDueAt != nil && stats.lanes["concurrency"] == 2)
            let all = try await store.run { try QueueStore.list(limit: 9, on: $0) }
            #expect(all.map(\.name) == ["default", "other"] && all.map(\.kind) == [.lanes, .plain])
            #expect(all.map(\.pausedJobs.value) == [1, 0])
            #expect(try await store.run { try QueueStore.list(after: "default", limit: 9, on: $0) }.count == 1)
            let counts = try await store.run { try JobStore.counts(on: $0) }
            #expect(counts.ready == 3 && counts.running == 5)
        }
    }
}
