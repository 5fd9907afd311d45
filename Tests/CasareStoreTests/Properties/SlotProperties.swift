import CasareDomain
import CasareEngine
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Glibc
import Synchronization
import Testing

@testable import CasareStore

/// Whoever leases under limits is killed, stops or loses the server, at any moment: in the end every slot is there
/// again, and at no time were there more.
struct SlotProperties {
    /// `make properties` runs 10,000.
    private static let interruptions =
        ProcessInfo.processInfo.environment["CASARE_TEST_INTERRUPTIONS"].flatMap(Int.init) ?? 200
    private static let interruptionsPerRestart = 100
    private static let victims = 4
    private static let limits = QueueLimits(concurrency: 8, keyConcurrency: 3)

    /// What the tasks of the test tell each other.
    private final class Progress: Sendable {
        private let state = Mutex((stops: 0, isOver: false))

        var stops: Int { self.state.withLock { $0.stops } }
        var isOver: Bool { self.state.withLock { $0.isOver } }
        func stopped() { self.state.withLock { $0.stops += 1 } }
        func end() { self.state.withLock { $0.isOver = true } }
    }

    @Test func `no slot leaks when those who lease are killed, stop, or lose their server`() async throws {
        let folder = "\(temporaryFolder())/casare-pg-slots-\(UUID().uuidString.prefix(8))"
        defer { removeFolder(folder) }
        let options = PrivateCluster.Options(
            folder: folder, durability: .disposable, settings: ["shared_buffers": "32MB", "autovacuum": "off"])
        var cluster = try await PrivateCluster.start(options)
        let administration = try await PostgresConnection.connect(cluster.configuration())
        _ = try await administration.run { try Migrator().migrate(on: $0) }
        await administration.close()
        let database = Database(cluster.configuration(), connectionsMax: 4)
        let store = try await StoreFixture(database)
        try await store.load(1, keys: 1)
        try await store.limit { $0 = Self.limits }

        let progress = Progress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for victim in 0..<Self.victims {
                group.addTask { await self.leaseAndDie(store, seed: UInt64(victim), progress) }
            }
            group.addTask {
                while !progress.isOver {
                    // Either may find the server gone.
                    _ = try? await store.sweep()
                    _ = try? await database.asSystem { try QueueStore.upkeep(on: $0) }
                }
            }
            var (kills, restarts, running) = (0, 0, 0)
            // Also when something throws: the group waits for those who go by it.
            defer { progress.end() }
            while kills + progress.stops < Self.interruptions {
                if (kills + progress.stops) / Self.interruptionsPerRestart > restarts {
                    restarts += 1
                    kill(try #require(cluster.processID), SIGKILL)
                    _ = await cluster.waitUntilExit()
                    cluster = try await PrivateCluster.start(options)
                }
                // A statement may be the first to notice that its connection is gone.
                kills += (try? await self.killOne(store)) ?? 0
                running = max(running, (try? await store.count("SELECT count(*) FROM leases")) ?? 0)
                if let ready = try? await store.count("SELECT count(*) FROM ready"), ready < 100 {
                    _ = try? await store.load(200, keys: 4)
                }
            }
            progress.end()
            try await group.waitForAll()
            #expect(running <= 8 && running > 0)
            #expect(restarts > 0 || Self.interruptions < Self.interruptionsPerRestart)
        }
        try await self.checkSlots(store)
        await database.close()
        await cluster.stop()
    }

    private func killOne(_ store: StoreFixture) async throws -> Int {
        try await store.count(
            """
            SELECT count(pg_terminate_backend(pid)) FROM (
                SELECT pid FROM pg_stat_activity WHERE application_name = 'victim' ORDER BY random() LIMIT 1
            ) AS victim
            """, asOwner: true)
    }

    /// A robot of the database, again and again: its session lives as long as its connection.
    private func leaseAndDie(_ store: StoreFixture, seed: UInt64, _ progress: Progress) async {
        var random = SeededRandom(seed: seed)
        while !progress.isOver {
            guard let connection = try? await store.database.connect() else {
                await Task.yield()
                continue
            }
            // Whatever it was doing when it was killed, somebody else goes on.
            try? await self.leaseUntilTheEnd(store, connection, &random, progress)
            await connection.close()
        }
    }

    private func leaseUntilTheEnd(
        _ store: StoreFixture, _ connection: PostgresConnection, _ random: inout SeededRandom, _ progress: Progress
    ) async throws {
        try await connection.script("SET application_name = 'victim'")
        let session = try await Database.asTenant(store.tenant, on: connection) { connection in
            try LeaseStore.openSession(StoreFixture.robot, boot: UUID(), kind: .sql, slots: 9, on: connection)
        }
        var cursor = LeaseCursor()
        while !progress.isOver {
            let (before, limit) = (cursor, Int.random(in: 1...3, using: &random))
            let (jobs, after) = try await Database.asTenant(store.tenant, on: connection) { connection in
                var cursor = before
                let jobs = try LeaseStore.lease(session, limit: limit, cursor: &cursor, on: connection)
                return (jobs, cursor)
            }
            cursor = after
            for job in jobs where Int.random(in: 0..<3, using: &random) > 0 {
                let isReleased = Int.random(in: 0..<4, using: &random) == 0
                try await Database.asTenant(store.tenant, on: connection) { connection in
                    if isReleased {
                        try LeaseStore.release(job.lease, reason: "test", on: connection)
                    } else {
                        try LeaseStore.complete(job.lease, result: .ok(), on: connection)
                    }
                }
            }
            if Int.random(in: 0..<20, using: &random) == 0 {
                try await Database.asTenant(store.tenant, on: connection) { connection in
                    _ = try LeaseStore.closeSession(session, on: connection)
                }
                progress.stopped()
                return
            }
        }
    }

    /// Once all of them are gone, one robot gets all slots with one lease.
    private func checkSlots(_ store: StoreFixture) async throws {
        let later = Date().addingTimeInterval(3600)
        for seconds in [0.0, 5] { _ = try await store.sweep(now: later.addingTimeInterval(seconds)) }
        #expect(try await store.count("SELECT count(*) FROM leases") == 0)
        #expect(try await store.jobsAreInOnePlaceEach())
        try await store.load(40, keys: 4)
        let after = later.addingTimeInterval(60)
        let session = try await store.openSession(now: after)
        let jobs = try await store.lease(20, session: session, now: after)
        #expect(jobs.count == 8)
        let keys = try await store.keys(of: jobs)
        #expect(Dictionary(grouping: keys, by: \.self).values.allSatisfy { $0.count <= 3 })
    }
}
