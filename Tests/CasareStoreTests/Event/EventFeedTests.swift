import CasareDomain
import CasarePostgres
@testable import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Events of all jobs, read in their order while others write them.
struct EventFeedTests {
    /// One who follows: looks, and reads up to the horizon.
    private struct Follower {
        let store: StoreFixture
        var horizon = EventHorizon()
        var position: EventCursor

        init(_ store: StoreFixture, after position: EventCursor = .start) {
            self.store = store
            self.position = position
        }

        /// Begins with what happens from now on.
        static func fromNow(_ store: StoreFixture) async throws -> Follower {
            var follower = Follower(store)
            let (horizon, position) = try await store.run { connection in
                var horizon = EventHorizon()
                horizon.looked(try EventFeed.look(on: connection))
                return (horizon, try EventFeed.reached(horizon.final, on: connection))
            }
            (follower.horizon, follower.position) = (horizon, position)
            return follower
        }

        mutating func next(limit: Int = 1000) async throws -> [StoredEvent] {
            let (before, position) = (self.horizon, self.position)
            let (horizon, span) = try await self.store.run { connection in
                var horizon = before
                horizon.looked(try EventFeed.look(on: connection))
                return (
                    horizon,
                    try EventFeed.news(after: position, through: horizon.final, limit: limit, on: connection)
                )
            }
            self.horizon = horizon
            self.position = span.end
            return span.events
        }
    }

    /// As the background loop does it, once.
    private static func leaveMark(_ store: StoreFixture) async throws {
        try await store.database.asSystem { connection in
            var horizon = EventHorizon()
            horizon.looked(try EventFeed.look(on: connection))
            try EventFeed.advanceMark(to: horizon.final, on: connection)
        }
    }

    /// A connection on which a test writes events and commits when it likes.
    private static func writer(_ store: StoreFixture) async throws -> PostgresConnection {
        try await store.database.connect(as: store.tenant)
    }

    private static func write(_ kind: String, _ job: Job.ID) -> String {
        "INSERT INTO events (job_id, at, kind) VALUES ('\(job)', now(), '\(kind)');"
    }

    @Test func `events come in the order in which they were written, with what is known of their jobs`() async throws {
        try await withFixture { store in
            let job = try await store.submit(store.job())
            let lease = try #require(try await store.lease().first)
            _ = try await store.fail(lease, .business)
            var follower = Follower(store)
            let events = try await follower.next()
            #expect(events.map(\.kind) == ["submitted", "leased", "failed", "dead_lettered"])
            let place = StoredEvent.JobPlace(
                id: job, workflow: "orders", workflowVersion: 1, environment: "default")
            #expect(events.allSatisfy { $0.subject == .job(place) && $0.id == job.rawValue && $0.secret == nil })
            #expect(events.map(\.cursor) == events.map(\.cursor).sorted())
            #expect(try await follower.next().isEmpty)
        }
    }

    @Test func `a transaction that commits late is never skipped`() async throws {
        try await withFixture { store in
            let job = try await store.submit(store.job())
            var follower = Follower(store)
            #expect(try await follower.next().map(\.kind) == ["submitted"])
            let late = try await Self.writer(store)
            try await late.script("BEGIN; " + Self.write("leased", job))
            // It has the higher number, and is there first.
            let other = try await store.submit(store.job())
            #expect(try await follower.next().isEmpty)
            #expect(try await follower.next().isEmpty)
            try await late.script("COMMIT")
            let events = try await follower.next()
            #expect(events.map(\.kind) == ["leased", "submitted"])
            #expect(events.map(\.job?.id) == [job, other])
            await late.close()
        }
    }

    @Test func `a feed that begins while the transaction is open does not skip it either`() async throws {
        try await withFixture { store in
            let job = try await store.submit(store.job())
            try await Self.leaveMark(store)
            let late = try await Self.writer(store)
            try await late.script("BEGIN; " + Self.write("leased", job))
            let other = try await store.submit(store.job())
            var fresh = try await Follower.fromNow(store)
            // A mark that is left meanwhile does not get ahead of what is open.
            try await Self.leaveMark(store)
            var fresher = try await Follower.fromNow(store)
            #expect(try await fresh.next().isEmpty)
            try await late.script("COMMIT")
            #expect(try await fresh.next().map(\.job?.id) == [job, other])
            #expect(try await fresher.next().map(\.job?.id) == [job, other])
            // Who begins now, begins with what is yet to come.
            var last = try await Follower.fromNow(store)
            #expect(try await last.next().isEmpty)
            await late.close()
        }
    }

    @Test func `a number that was given out and never written holds nothing back for good`() async throws {
        try await withFixture { store in
            let job = try await store.submit(store.job())
            var follower = Follower(store)
            _ = try await follower.next()
            let failing = try await Self.writer(store)
            try await failing.script("BEGIN; " + Self.write("leased", job))
            _ = try await store.submit(store.job())
            #expect(try await follower.next().isEmpty)
            try await failing.script("ROLLBACK")
            #expect(try await follower.next().map(\.kind) == ["submitted"])
            await failing.close()
        }
    }

    @Test func `a number that was given out before anything is written with it counts`() async throws {
        try await withFixture { store in
            let job = try await store.submit(store.job())
            var follower = Follower(store)
            _ = try await follower.next()
            let slow = try await Self.writer(store)
            // Between taking the number and writing the row: the lock is there, and no transaction ID is.
            try await slow.script(
                "BEGIN; LOCK TABLE events IN ROW EXCLUSIVE MODE; "
                    + "SELECT set_config('test.number', nextval('event_ids')::text, false)")
            _ = try await store.submit(store.job())
            #expect(try await follower.next().isEmpty)
            try await slow.script(
                """
                INSERT INTO events (job_id, event_id, at, kind)
                VALUES ('\(job)', current_setting('test.number')::bigint, now(), 'leased');
                COMMIT
                """)
            #expect(try await follower.next().map(\.kind) == ["leased", "submitted"])
            await slow.close()
        }
    }

    @Test func `a transaction that writes no events holds nothing back`() async throws {
        try await withFixture { store in
            var follower = Follower(store)
            let other = try await Self.writer(store)
            try await other.script("BEGIN; UPDATE workflows SET updated_at = now()")
            let job = try await store.submit(store.job())
            #expect(try await follower.next().map(\.job?.id) == [job])
            try await other.script("ROLLBACK")
            await other.close()
        }
    }

    @Test func `pages follow each other without loss or repeats`() async throws {
        try await withFixture { store in
            let jobs = try await store.submit((0..<10).map { _ in store.job() }).map(\.id)
            var follower = Follower(store)
            var seen: [Job.ID] = []
            while true {
                let events = try await follower.next(limit: 3)
                if events.isEmpty { break }
                #expect(events.count <= 3)
                seen += events.compactMap(\.job?.id)
            }
            #expect(seen == jobs)
        }
    }

    @Test func `events of one job are found by themselves, and the rest of them without a horizon`() async throws {
        try await withFixture { store in
            let jobs = try await store.submit([store.job(), store.job()]).map(\.id)
            _ = try await store.run { try JobStore.cancel(jobs[0], by: "ann", reason: nil, on: $0) }
            let (span, rest) = try await store.run { connection in
                let look = try EventFeed.look(on: connection)
                return (
                    try EventFeed.span(
                        after: .start, through: look.last, job: jobs[0], limit: 10, on: connection),
                    try EventFeed.rest(of: jobs[0], after: .start, limit: 10, on: connection)
                )
            }
            #expect(span.events.map(\.kind) == ["submitted", "cancelled"])
            #expect(rest.events == span.events && !span.isFull)
        }
    }

    @Test func `events of jobs that are not kept are left out, and reading goes on behind them`() async throws {
        try await withFixture { store in
            try await store.asOwner(
                """
                INSERT INTO events (tenant_id, job_id, at, kind)
                VALUES (1, '00000000-0000-7000-8000-000000000000', now(), 'submitted')
                """)
            let job = try await store.submit(store.job())
            var follower = Follower(store)
            #expect(try await follower.next(limit: 1).isEmpty)
            #expect(try await follower.next(limit: 1).map(\.job?.id) == [job])
        }
    }

    @Test func `the place of a time is before the first event that is not earlier`() async throws {
        try await withFixture { store in
            let job = try await store.submit(store.job())
            // One event every ten seconds, the last at noon.
            try await store.asOwner(
                """
                DELETE FROM events;
                INSERT INTO events (tenant_id, job_id, at, kind)
                SELECT 1, '\(job)', to_timestamp(\(noon.timeIntervalSince1970)) - (100 - n) * interval '10 seconds',
                    'leased'
                FROM generate_series(1, 100) AS n
                """)
            for (seconds, count) in [(0.0, 1), (-1, 1), (-10, 2), (-985, 99), (-10_000, 100), (1, 0)] {
                let since = noon.addingTimeInterval(seconds)
                let found = try await store.run { connection in
                    let last = try EventFeed.look(on: connection).last
                    let place = try EventFeed.cursor(since: since, through: last, on: connection)
                    return try EventFeed.span(after: place, through: last, limit: 1000, on: connection).events
                }
                #expect(found.count == count, "\(seconds)")
            }
        }
    }

    @Test func `a place to keep is that of an event, and no number that nobody wrote with`() async throws {
        try await withFixture { store in
            #expect(try await store.run { try EventFeed.reached(.end, on: $0) } == .start)
            _ = try await store.submit(store.job())
            var follower = Follower(store)
            let event = try #require(try await follower.next().last)
            // Given out and rolled back: after a crash somebody else may be given it.
            let failing = try await Self.writer(store)
            try await failing.script("BEGIN; " + Self.write("leased", Job.ID(rawValue: event.id)) + "ROLLBACK")
            await failing.close()
            #expect(try await follower.next().isEmpty)
            #expect(follower.horizon.final > event.cursor && follower.position == event.cursor)
            let fresh = try await Follower.fromNow(store)
            #expect(fresh.position == event.cursor)
        }
    }

    @Test func `sessions keep no numbers in store`() async throws {
        try await withFixture { store in
            // A number of an earlier transaction would be below what was found to be all there.
            try await store.asOwner(
                """
                DO $$ BEGIN
                    ASSERT (SELECT seqcache FROM pg_sequence WHERE seqrelid = 'event_ids'::regclass) = 1;
                END $$
                """)
        }
    }

    @Test func `the mark is never set back`() async throws {
        try await withFixture { store in
            _ = try await store.submit(store.job())
            try await Self.leaveMark(store)
            let before = try await store.run { try EventFeed.look(on: $0) }
            #expect(before.mark == before.last && before.mark > .start)
            try await store.database.asSystem { try EventFeed.advanceMark(to: .start, on: $0) }
            #expect(try await store.run { try EventFeed.look(on: $0) } == before)
        }
    }

    @Test func `a page reads what it shows and little else`() async throws {
        try await LargeDatabase.with { store in
            let span = ["after": "1000", "through": "15000", "limit": "50"]
            let pages: [(name: String, query: Query, arguments: [String: String], rows: Int, buffersMax: Int)] = [
                ("page", EventQueries.page, span, 50, 50 * 25),
                ("first", EventQueries.first, ["from": "9000", "through": "15000"], 1, 60),
                ("reached", EventQueries.reached, ["through": "15000"], 1, 60),
                (
                    "since", EventQueries.firstSince,
                    ["after": "1000", "through": "15000", "since": "'2000-01-01T00:00:00Z'"], 1, 60
                ),
            ]
            for page in pages {
                let plan = try await store.measure(page.query, page.arguments)
                #expect(plan.tablesScanned.isEmpty, "\(page.name): \(plan)")
                #expect(plan.rows == page.rows, "\(page.name): \(plan)")
                #expect(plan.buffers <= page.buffersMax, "\(page.name): \(plan)")
            }
        }
    }
}
