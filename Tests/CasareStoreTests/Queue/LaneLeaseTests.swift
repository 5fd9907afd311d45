import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

struct LaneLeaseTests {
    private static func at(_ seconds: Double) -> Date { Date(timeIntervalSince1970: 1_900_000_000 + seconds) }

    @Test func `keys take turns`() async throws {
        try await withFixture { store in
            try await store.load(1000, keys: 1, prefix: "big")
            try await store.load(20, keys: 4, prefix: "small")
            var cursor = LeaseCursor()
            var keys: [String] = []
            for _ in 0..<10 { keys += try await store.keys(of: store.lease(5, &cursor)) }
            #expect(keys.filter { $0.hasPrefix("small") }.count == 20 && keys.count == 50)
        }
    }

    @Test func `the urgent come first and the old are not forgotten`() async throws {
        try await withFixture { store in
            let start = Date()
            try await store.load(50, keys: 2, prefix: "n", priority: 5)
            try await store.load(60, keys: 2, prefix: "u", priority: 20)
            try await store.load(5, keys: 1, prefix: "low", priority: 0)
            var cursor = LeaseCursor()
            func lease(_ minutes: Double) async throws -> Set<Int> {
                let now = start.addingTimeInterval(minutes * 60)
                return Set(try await store.lease(10, &cursor, now: now).map(\.priority.rawValue))
            }
            // A step is a minute: those of 5 overtake those of 20 after 15 minutes, those of 0 after 20.
            for minutes in [0, 10, 14] { #expect(try await lease(Double(minutes)) == [20]) }
            let later = try await lease(16).union(try await lease(16))
            #expect(later.contains(5))
            let last = try await lease(21).union(try await lease(21)).union(try await lease(21))
            #expect(last.contains(0))
        }
    }

    @Test func `a lane that had no jobs takes its turn like a new one`() async throws {
        try await withFixture { store in
            try await store.limit { $0.concurrency = 9 }
            func submit(_ priority: Priority, at minute: Double) async throws {
                try await store.submit(
                    [store.job(priority: priority, queueKey: "k\(priority.rawValue)")], now: Self.at(60 * minute))
            }
            var cursor = LeaseCursor()
            try await submit(.low, at: 0)
            #expect(try await store.lease(1, &cursor, now: Self.at(1)).count == 1)
            #expect(try await store.lease(1, &cursor, now: Self.at(2)).isEmpty)
            // Its lane was last leased from forty minutes ago, longer than any priority is worth.
            try await submit(.low, at: 40)
            try await submit(.high, at: 40)
            #expect(try await store.lease(1, &cursor, now: Self.at(2401)).map(\.priority) == [.high])
        }
    }

    @Test(arguments: [false, true])
    func `what a priority is worth holds at once for lanes that there are`(isWaiting: Bool) async throws {
        try await withFixture { store in
            // With a minute's worth, all lanes that the queue has from the beginning.
            try await store.limit { $0.concurrency = 9 }
            func submit() async throws {
                try await store.submit([.low, .normal, .normal].map { store.job(priority: $0) }, now: Self.at(0))
            }
            if isWaiting { try await submit() }
            try await store.limit { $0.ageingSeconds = 86_400 }
            if !isWaiting { try await submit() }
            var cursor = LeaseCursor()
            #expect(try await store.lease(2, &cursor, now: Self.at(1)).map(\.priority) == [.normal, .normal])
        }
    }

    @Test func `a key's urgent lane that is empty leaves its room to the others`() async throws {
        try await withFixture { store in
            try await store.limit { $0.keyConcurrency = 1 }
            try await store.load(1, keys: 1, priority: 20)
            try await store.load(5, keys: 1, priority: 5)
            var cursor = LeaseCursor()
            for _ in 0..<6 {
                let jobs = try await store.lease(4, &cursor)
                #expect(jobs.count == 1)
                try await store.complete(jobs)
            }
        }
    }

    @Test func `lanes that are blocked leave place for those that are not`() async throws {
        try await withFixture { store in
            try await store.limit { $0.keyConcurrency = 1 }
            let requirement = try await store.run {
                try QueueStore.requirement(
                    Job.Requirements(tags: ["t"]), workflow: nil, queue: StoreFixture.queue, on: $0)
            }
            let other = try await store.register("other", tags: ["t"])
            try await store.load(400, keys: 100, prefix: "full")
            try await store.load(400, keys: 100, prefix: "full", requirement: requirement)
            let held = try await store.lease(100, session: other)
            #expect(held.count == 100)
            // Until all that is blocked has been looked at, and parked.
            for _ in 0..<30 { #expect(try await store.lease(4, session: other).isEmpty) }
            try await store.load(10, keys: 10, prefix: "free", requirement: requirement)
            var found = 0
            for second in 1...4 {
                let later = Date().addingTimeInterval(Double(second))
                found += try await store.lease(4, session: other, now: later).count
            }
            #expect(found == 10)
        }
    }

    @Test func `a robot is told when a rate lets the next job through`() async throws {
        try await withFixture { store in
            try await store.limit { $0.rate = QueueRate(everySeconds: 10, burst: 1) }
            try await store.load(3)
            var cursor = LeaseCursor()
            #expect(try await store.lease(9, &cursor, now: Self.at(0)).count == 1)
            #expect(try await store.lease(9, &cursor, now: Self.at(3)).isEmpty && cursor.lookIn == .seconds(7))
            #expect(try await store.lease(9, &cursor, now: Self.at(10)).count == 1)
            try await store.limit { $0 = QueueLimits(keyRate: QueueRate(everySeconds: 1, burst: 1)) }
            try await store.load(2, keys: 1)
            #expect(try await store.lease(9, &cursor, now: Self.at(100)).count == 2, "one of no key, one of the key")
            #expect(try await store.lease(9, &cursor, now: Self.at(100.25)).isEmpty)
            #expect(cursor.lookIn == .milliseconds(750))
        }
    }

    @Test func `an ending tells whether it makes room under a limit`() async throws {
        try await withFixture { store in
            func completed() async throws -> Bool {
                let lease = try await store.leased().lease
                let batch = try await store.run {
                    try LeaseStore.completeBatch([.init(lease: lease, result: .ok())], on: $0)
                }
                return batch.makesRoom
            }
            #expect(try await !completed())
            try await store.limit { $0.concurrency = 1 }
            #expect(try await completed())
        }
    }

    @Test func `a key's limit counts what began under a rate alone`() async throws {
        try await withFixture { store in
            try await store.limit { $0.keyRate = QueueRate(everySeconds: 0.001, burst: 9) }
            try await store.load(9, keys: 1)
            var cursor = LeaseCursor()
            for second in 0..<3 { #expect(try await store.lease(2, &cursor, now: Self.at(Double(second))).count == 2) }
            try await store.limit { $0 = QueueLimits(keyConcurrency: 6) }
            #expect(try await store.lease(9, &cursor, now: Self.at(10)).isEmpty)
        }
    }

    @Test func `a lease that was under way when a limit came is counted in the end`() async throws {
        try await withFixture { store in
            try await store.limit { $0.concurrency = 3 }
            try await store.load(9)
            var cursor = LeaseCursor()
            #expect(try await store.lease(2, &cursor).count == 2)
            // As one that drew its token before the others and committed after them.
            try await store.asOwner("UPDATE queue_rules SET token_from = (SELECT max(token) FROM leases)")
            _ = try await store.database.asSystem { try QueueStore.settle(on: $0) }
            #expect(try await store.lease(9, &cursor).count == 1)
        }
    }

    @Test func `in a plain queue, too, those that have waited long enough go before the urgent`() async throws {
        try await withFixture { store in
            let start = Date()
            let old = try await store.load(5, priority: 0)
            try await store.asOwner("INSERT INTO ready_clock (at, seq) SELECT now(), last_value FROM ready_seq")
            let young = try await store.load(5, priority: 0)
            let urgent = try await store.load(5, priority: 20)
            // Twenty steps of a minute, and a moment.
            let now = start.addingTimeInterval(20 * 60 + 30)
            var cursor = LeaseCursor()
            let first = try await store.lease(7, &cursor, now: now).map(\.lease.job)
            #expect(Set(first) == Set(old + urgent.prefix(2)) && cursor.mode == .plain)
            let rest = try await store.lease(9, &cursor, now: now).map(\.lease.job)
            #expect(rest == urgent.dropFirst(2) + young)
        }
    }

    @Test func `only a robot that fits gets a job with a requirement`() async throws {
        try await withFixture { store in
            func requirement(_ requirement: Job.Requirements, _ workflow: Workflow.ID? = nil) async throws -> Int32? {
                try await store.run {
                    try QueueStore.requirement(requirement, workflow: workflow, queue: StoreFixture.queue, on: $0)
                }
            }
            #expect(try await requirement(Job.Requirements()) == nil)
            let gpu = try #require(try await requirement(Job.Requirements(tags: ["gpu", "big", "gpu"])))
            #expect(try await requirement(Job.Requirements(tags: ["big", "gpu"])) == gpu)
            let second = try #require(Robot.ID(rawValue: "second"))
            let named = try #require(try await requirement(Job.Requirements(robot: second)))
            let first = try await store.register("first", tags: ["gpu", "big", "x"])
            let other = try await store.register("second", tags: ["gpu"], capabilities: ["excel"])
            let able = try #require(try await requirement(Job.Requirements(capabilities: ["excel"])))

            try await store.load(2, requirement: gpu)
            try await store.load(2, requirement: named)
            try await store.load(2, requirement: able)
            #expect(try await store.lease(9).isEmpty, "the fixture's robot meets none")
            #expect(try await store.lease(9, session: first).count == 2)
            #expect(try await store.lease(9, session: other).count == 4)
        }
    }

    @Test func `a workflow's robots are looked up with every lease`() async throws {
        try await withFixture { store in
            let robot = try #require(Robot.ID(rawValue: "chosen"))
            let chosen = try await store.register("chosen")
            try await store.run { try QueueStore.assign(store.workflow, to: [robot], by: "ann", on: $0) }
            let requirement = try await store.run {
                try QueueStore.requirement(
                    Job.Requirements(), workflow: store.workflow, queue: StoreFixture.queue, on: $0)
            }
            try await store.load(4, requirement: requirement)
            #expect(try await store.lease(9).isEmpty)
            #expect(try await store.lease(1, session: chosen).count == 1)
            try await store.run { try QueueStore.assign(store.workflow, to: [StoreFixture.robot], by: "ann", on: $0) }
            #expect(try await store.lease(1, session: chosen).isEmpty)
            #expect(try await store.lease(1).count == 1)
            try await store.run { try QueueStore.assign(store.workflow, to: [], by: "ann", on: $0) }
            #expect(try await store.lease(9, session: chosen).count == 2, "assigned to nobody: anyone")
            let unknown = try #require(Robot.ID(rawValue: "unknown"))
            await #expect(throws: StoreError.notFound(.robot, "unknown")) {
                try await store.run { try QueueStore.assign(store.workflow, to: [unknown], by: "ann", on: $0) }
            }
        }
    }

    @Test func `a rate lets through what it says`() async throws {
        try await withFixture { store in
            try await store.load(40)
            try await store.load(40, keys: 2)
            try await store.limit { $0.rate = QueueRate(everySeconds: 10, burst: 3) }
            var cursor = LeaseCursor()
            var counts: [Int] = []
            for seconds in [0, 0, 9, 10, 10, 35, 1000] {
                counts.append(try await store.lease(10, &cursor, now: Self.at(Double(seconds))).count)
            }
            #expect(counts == [3, 0, 0, 1, 0, 2, 3])
        }
    }

    @Test func `a rate of keys is each key's own`() async throws {
        try await withFixture { store in
            try await store.load(40, keys: 2)
            try await store.limit { $0.keyRate = QueueRate(everySeconds: 10, burst: 2) }
            var cursor = LeaseCursor()
            var counts: [[String: Int]] = []
            for seconds in [0, 0, 10, 20.5] {
                let jobs = try await store.lease(50, &cursor, now: Self.at(seconds))
                counts.append(try await store.keys(of: jobs).reduce(into: [:]) { $0[$1, default: 0] += 1 })
            }
            #expect(counts == [["k0": 2, "k1": 2], [:], ["k0": 1, "k1": 1], ["k0": 1, "k1": 1]])
            let own = try await store.run {
                try QueueStore.limit(StoreFixture.queue, key: "k1", on: $0) {
                    $0.rate = QueueRate(everySeconds: 1, burst: 9)
                }
            }
            #expect(own.limits.rate == QueueRate(everySeconds: 1, burst: 9))
            let jobs = try await store.lease(50, &cursor, now: Self.at(60))
            let byKey = try await store.keys(of: jobs).reduce(into: [:]) { $0[$1, default: 0] += 1 }
            #expect(byKey == ["k0": 2, "k1": 9])
        }
    }

    @Test func `a lane without room is parked, and not looked at again`() async throws {
        try await withFixture { store in
            try await store.load(600, keys: 60)
            try await store.limit { $0.keyRate = QueueRate(everySeconds: 3600, burst: 1) }
            for _ in 0..<20 { _ = try await store.lease(10, now: Self.at(0)) }
            #expect(try await store.count("SELECT count(*) FROM leases") == 60)
            #expect(try await store.count("SELECT count(*) FROM lanes WHERE parked_for = 'rate'") == 60)
            let plan = try await store.measure(
                LeaseQueries.leaseLanes,
                [
                    "session": "\(store.session)", "limit": "10", "lanes": "20", "share": "1",
                    "turn_from": "NULL", "now": "to_timestamp(1900000000)",
                ])
            #expect(plan.rows == 0 && plan.buffers < 120 && plan.tablesScanned.isEmpty, "\(plan)")
        }
    }

    @Test(arguments: ["complete", "fail", "block", "release", "cancel"])
    func `whoever ends a lease lets the next job of its key begin at once`(ending: String) async throws {
        try await withFixture { store in
            let ids = try await store.load(2, keys: 1)
            try await store.limit { $0.keyConcurrency = 1 }
            var cursor = LeaseCursor()
            let job = try #require(try await store.lease(5, &cursor).first)
            #expect(try await store.lease(5, &cursor).isEmpty)
            #expect(try await store.count("SELECT count(*) FROM lanes WHERE parked_for = 'concurrency'") == 1)
            switch ending {
            case "complete": try await store.complete([job])
            case "fail": _ = try await store.fail(job, .business)
            case "block":
                let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
                try await store.run { try LeaseStore.block(job.lease, question: question, on: $0) }
            case "release": try await store.run { try LeaseStore.release(job.lease, reason: "test", on: $0) }
            default: _ = try await store.run { try JobStore.cancel(ids[0], by: "ann", reason: nil, on: $0) }
            }
            // Without being woken it would look again a tenth of a second later.
            #expect(try await store.count("SELECT count(*) FROM lanes WHERE parked_for = 'concurrency'") == 0)
            #expect(try await store.lease(5, &cursor).count == 1)
        }
    }

    @Test func `a job that comes back has its key, its requirement and its slot still`() async throws {
        try await withFixture { store in
            let requirement = try await store.run {
                try QueueStore.requirement(
                    Job.Requirements(tags: ["t"]), workflow: nil, queue: StoreFixture.queue, on: $0)
            }
            try await store.load(3, keys: 1, requirement: requirement)
            try await store.limit { $0.keyConcurrency = 1 }
            func inLanes() async throws -> Int {
                try await store.count("SELECT count(*) FROM ready WHERE queue_id < 0")
            }
            var cursor = LeaseCursor()
            for way in ["release", "retry", "sweep", "close", "replay"] {
                let session = try await store.openSession()
                let job = try #require(try await store.lease(5, &cursor, session: session).first, "\(way)")
                #expect(try await inLanes() == 2)
                switch way {
                case "release": try await store.run { try LeaseStore.release(job.lease, reason: "test", on: $0) }
                case "retry":
                    _ = try await store.fail(job)
                    _ = try await store.promote(now: Date().addingTimeInterval(86_400))
                case "sweep":
                    try await store.asOwner("UPDATE robot_sessions SET ended_at = now() WHERE session_id = \(session)")
                    #expect(try await store.sweep().requeued.count == 1)
                case "close": try await store.run { _ = try LeaseStore.closeSession(session, on: $0) }
                default:
                    _ = try await store.fail(job, .business)
                    _ = try await store.run { try JobStore.retry(job.lease.job, by: "ann", on: $0) }
                }
                #expect(try await inLanes() == 3, "\(way)")
                #expect(try await store.count("SELECT count(*) FROM ready WHERE queue_id > 0") == 0, "\(way)")
            }
            let leased = try await store.lease(5, &cursor)
            #expect(leased.count == 1, "one of the key at a time")
            #expect(try await store.lease(5, &cursor).isEmpty)
        }
    }
}
