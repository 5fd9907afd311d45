import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Synchronization
import Testing

@testable import CasareStore

/// What holds however many lease, submit and die at the same time.
struct LaneRaceTests {
    /// What tasks of a test tell each other.
    private final class Progress: Sendable {
        private let state = Mutex((done: 0, isOver: false))

        var done: Int { self.state.withLock { $0.done } }
        var isOver: Bool { self.state.withLock { $0.isOver } }
        func add(_ count: Int) { self.state.withLock { $0.done += count } }
        func end() { self.state.withLock { $0.isOver = true } }
    }

    private struct Seen {
        var ofOneKey = 0
        var inAll = 0
        var done = 0
    }

    /// Workers lease and complete until so many jobs are done; the highest numbers that ran at once.
    private func race(_ store: StoreFixture, until doneMin: Int) async throws -> Seen {
        let progress = Progress()
        return try await withThrowingTaskGroup(of: Void.self, returning: Seen.self) { group in
            for worker in 0..<6 {
                let session = try await store.openSession()
                group.addTask {
                    var cursor = LeaseCursor()
                    while progress.done < doneMin {
                        let jobs = try await store.lease([1, 3, 10][worker % 3], &cursor, session: session)
                        guard !jobs.isEmpty else { continue }
                        try await store.complete(jobs)
                        progress.add(jobs.count)
                    }
                }
            }
            var seen = Seen()
            while progress.done < doneMin {
                let counts = try await store.database.asSystem { connection in
                    try connection.execute("SELECT gate, count(*) AS leases FROM leases GROUP BY gate")
                        .map { try $0.int("leases") }
                }
                seen.ofOneKey = max(seen.ofOneKey, counts.max() ?? 0)
                seen.inAll = max(seen.inAll, counts.reduce(0, +))
            }
            try await group.waitForAll()
            seen.done = progress.done
            return seen
        }
    }

    @Test func `a limit per key holds when many lease at once`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            try await store.load(900, keys: 3)
            try await store.limit { $0.keyConcurrency = 2 }
            let seen = try await self.race(store, until: 150)
            #expect(seen.ofOneKey <= 2 && seen.inAll <= 6 && seen.done >= 150)
        }
    }

    @Test func `a limit of the queue holds when many lease at once`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            try await store.load(900, keys: 30)
            try await store.limit { $0.concurrency = 5 }
            let seen = try await self.race(store, until: 150)
            #expect(seen.inAll <= 5 && seen.done >= 150)
        }
    }

    enum Guard: CaseIterable {
        case none, keyVersion, queueVersion

        /// What is taken out of the statement.
        var text: String? {
            switch self {
            case .none: nil
            case .keyVersion: " AND queue_keys.version = wanted.key_version"
            case .queueVersion: "AND queue_rules.version = seen_rules.version"
            }
        }
    }

    /// A statement takes its snapshot and stops just before it locks what it counts under; another leases up to the
    /// limit and commits; the first goes on. How many leases there are then.
    private func leasesAfterStop(_ store: StoreFixture, before condition: String, without: Guard) async throws -> Int {
        try await store.load(20, keys: 1)
        var text = LeaseQueries.leaseLanes.text
        try #require(text.contains("WHERE " + condition))
        text.replace(
            "WHERE " + condition, with: "WHERE (" + condition + ") AND pg_advisory_xact_lock_shared(77) IS NOT NULL")
        if let guarding = without.text {
            try #require(text.contains(guarding))
            text.replace(guarding, with: "")
        }
        let statement = "PREPARE stopping AS " + text
        let gate = try await PostgresConnection.connect(store.database.configuration)
        try await gate.script("BEGIN; SELECT pg_advisory_xact_lock(77)")
        let arguments = LeaseQueries.leaseLanes.parameterNames.map { name in
            ["session": "\(store.session)", "limit": "5", "lanes": "16", "share": "1", "turn_from": "NULL"][name]
                ?? "NULL"
        }.joined(separator: ", ")
        let stopped = Task {
            try await store.run { connection in
                try connection.script(statement)
                try connection.script("EXECUTE stopping (\(arguments))")
            }
        }
        let waiting = """
            SELECT count(*) FROM pg_locks
            WHERE locktype = 'advisory' AND NOT granted AND objid = 77
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
        while try await store.count(waiting) == 0 { await Task.yield() }
        let other = try await store.openSession()
        #expect(try await store.lease(5, session: other).count == 2)
        try await gate.script("COMMIT")
        await gate.close()
        try await stopped.value
        return try await store.count("SELECT count(*) FROM leases")
    }

    @Test(arguments: [(Guard.none, 2), (.keyVersion, 4)])
    func `a snapshot that is too old leases nothing under a key's limit, because of the key's version`(
        without: Guard, leases: Int
    ) async throws {
        try await withFixture(connectionsMax: 8) { store in
            try await store.limit { $0.keyConcurrency = 2 }
            let found = try await self.leasesAfterStop(
                store, before: "is_limited AND key_id > 0 AND room > 0 AND turn_of_key = 1", without: without)
            #expect(found == leases)
        }
    }

    @Test(arguments: [(Guard.none, 2), (.queueVersion, 4)])
    func `a snapshot that is too old leases nothing under the queue's limit, because of the queue's version`(
        without: Guard, leases: Int
    ) async throws {
        try await withFixture(connectionsMax: 8) { store in
            try await store.limit { $0.concurrency = 2 }
            let found = try await self.leasesAfterStop(
                store, before: "paused_at IS NULL OR paused_until <= session.at", without: without)
            #expect(found == leases)
        }
    }

    @Test func `no job is lost while lanes come and go`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            let (submitters, rounds) = (3, 25)
            let progress = Progress()
            let leased = try await withThrowingTaskGroup(of: Int.self) { group in
                for submitter in 0..<submitters {
                    group.addTask {
                        for round in 0..<rounds {
                            try await store.load(1 + round % 3, keys: round % 4, prefix: "k\(submitter % 2)")
                        }
                        return 0
                    }
                }
                for _ in 0..<2 {
                    let session = try await store.openSession()
                    group.addTask {
                        var cursor = LeaseCursor()
                        var count = 0
                        while !progress.isOver {
                            let jobs = try await store.lease(10, &cursor, session: session)
                            try await store.complete(jobs)
                            count += jobs.count
                        }
                        return count
                    }
                }
                group.addTask {
                    while !progress.isOver {
                        _ = try await store.database.asSystem { connection in
                            _ = try QueueStore.upkeep(on: connection)
                            return try QueueStore.settle(on: connection)
                        }
                    }
                    return 0
                }
                for _ in 0..<submitters { _ = try await group.next() }
                // Whatever is lost would never be leased: then this does not end.
                while try await store.count("SELECT count(*) FROM ready") > 0 { await Task.yield() }
                progress.end()
                return try await group.reduce(0, +)
            }
            #expect(leased == submitters * (0..<rounds).reduce(0) { $0 + 1 + $1 % 3 })
            #expect(try await store.database.asSystem { try QueueStore.strandedLanes(on: $0) } == 0)
        }
    }

    @Test func `a lane to which somebody submits is not retired`() async throws {
        try await withFixture { store in
            try await store.load(2, keys: 1)
            var cursor = LeaseCursor()
            #expect(try await store.lease(1, &cursor).count == 1)
            try await store.asOwner("DELETE FROM ready")
            let submitter = try await store.database.connect()
            try await submitter.script("BEGIN")
            try await submitter.execute(SettingQueries.tenant, ["tenant": "1"])
            let lane = try await submitter.execute(
                """
                SELECT casare_lane(queue_id, 'k0', NULL::int4, 5::int2) AS lane FROM queues WHERE name = 'default'
                """
            ).only().int("lane")
            #expect(try await store.lease(5, &cursor).isEmpty)
            #expect(try await store.count("SELECT count(*) FROM lanes WHERE parked_for = 'empty' AND lane_id < 0") == 1)
            let retired = { @Sendable () async throws -> Int in
                _ = try await store.database.asSystem { try QueueStore.upkeep(on: $0) }
                return try await store.count("SELECT count(*) FROM lanes WHERE lane_id = \(lane)")
            }
            #expect(try await retired() == 1, "somebody is submitting to it")
            try await submitter.execute(
                """
                INSERT INTO ready (job_id, queue_id, attempt, priority)
                SELECT job_id, @lane::int4, 0, 5 FROM leases
                """, ["lane": .int(lane)])
            try await submitter.script("COMMIT")
            await submitter.close()
            #expect(try await retired() == 1, "it is not empty after all")
            #expect(try await store.count("SELECT count(*) FROM lanes WHERE parked_for = 'empty' AND lane_id < 0") == 0)
            try await store.asOwner("DELETE FROM ready")
            #expect(try await store.lease(5, &cursor).isEmpty)
            #expect(try await retired() == 0)
            #expect(try await store.count("SELECT count(*) FROM queue_keys") == 1, "its lease still counts")
            try await store.asOwner("DELETE FROM leases")
            _ = try await store.database.asSystem { try QueueStore.settle(on: $0) }
            #expect(try await store.count("SELECT count(*) FROM queue_keys") == 0)
            #expect(try await store.queue().kind == .plain)
        }
    }

    @Test func `a new job of a lane that turned out empty is found at once`() async throws {
        try await withFixture { store in
            try await store.load(1, keys: 1)
            var cursor = LeaseCursor()
            let now = Date()
            #expect(try await store.lease(5, &cursor, now: now).count == 1)
            #expect(try await store.count("SELECT count(*) FROM lanes WHERE parked_for = 'empty' AND lane_id < 0") == 1)
            try await store.load(1, keys: 1)
            #expect(try await store.lease(5, &cursor, now: now).count == 1)
        }
    }

    @Test func `what ran before a queue had its limit counts`() async throws {
        try await withFixture { store in
            try await store.load(10)
            var cursor = LeaseCursor()
            let before = try await store.lease(3, &cursor)
            try await store.limit { $0.concurrency = 4 }
            #expect(try await store.lease(5, &cursor).count == 1 && cursor.mode == .limited)
            #expect(try await store.lease(5, &cursor).isEmpty)
            try await store.complete(before)
            #expect(try await store.lease(5, &cursor).count == 3)
        }
    }
}
