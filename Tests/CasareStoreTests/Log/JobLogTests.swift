import CasareDomain
import CasarePostgres
@testable import CasareStore
import FoundationEssentials
import Testing

/// What jobs write while they run, in the database and in memory.
struct JobLogTests {
    /// Two leases on one job, the first of which was handed back, and what is done with their job's log.
    private struct Log: Sendable {
        let job: Job.ID
        let append: @Sendable ([Job.LogLine], Lease) async throws -> Int
        let page: @Sendable (_ after: Int, _ limit: Int) async throws -> JobLogPage
        let handBack: @Sendable (Lease) async throws -> Lease

        func texts() async throws -> [String] { try await self.page(0, 20_000).lines.map(\.message) }
    }

    enum Place: Sendable, CaseIterable { case database, memory }

    private static func with(
        _ place: Place, _ body: @escaping @Sendable (Log, Lease) async throws -> Void
    ) async throws {
        switch place {
        case .database:
            try await withFixture { store in
                let lease = try await store.leased().lease
                let log = Log(job: lease.job) { lines, lease in
                    try await store.run { try JobLogStore.append(lines, under: lease, on: $0) }
                } page: { after, limit in
                    try await store.run { try JobLogStore.page(of: lease.job, after: after, limit: limit, on: $0) }
                } handBack: { lease in
                    try await store.run { try LeaseStore.release(lease, reason: "test", on: $0) }
                    return try #require(try await store.lease().first).lease
                }
                try await body(log, lease)
            }
        case .memory:
            let queue = SharedMemoryQueue()
            let (lease, session) = try queue.access { queue, now throws(StoreError) in
                let version = queue.push(name: "w", document: "{}", by: "ann", now: now).version
                queue.register(
                    StoreFixture.robot, environment: "default", tags: [], capabilities: [], slots: 2, now: now)
                let session = try queue.openSession(StoreFixture.robot, boot: UUID(), now: now)
                let job = NewJob(workflow: version.workflow, workflowVersion: version.number)
                _ = try queue.submit([job], by: "ann", now: now)
                return (try queue.lease(session, limit: 1, now: now)[0].lease, session)
            }
            let log = Log(job: lease.job) { lines, lease in
                try queue.access { queue, _ throws(StoreError) in try queue.log(lines, under: lease) }
            } page: { after, limit in
                try queue.access { queue, _ throws(StoreError) in
                    try queue.log(of: lease.job, after: after, limit: limit)
                }
            } handBack: { lease in
                try queue.access { queue, now throws(StoreError) in
                    try queue.release(lease, reason: "test", now: now)
                    return try queue.lease(session, limit: 1, now: now)[0].lease
                }
            }
            try await body(log, lease)
        }
    }

    private static func line(
        _ number: Int, _ message: String, _ level: Job.LogLine.Level = .info, node: String? = "say"
    ) -> Job.LogLine {
        Job.LogLine(
            number: number, at: noon.addingTimeInterval(Double(number)), level: level, node: node, message: message)
    }

    @Test(arguments: Place.allCases)
    func `a line has all that was said of it, and its place`(place: Place) async throws {
        try await Self.with(place) { log, lease in
            let lines = [
                Self.line(1, "one"), Self.line(2, "two\nof two", .critical), Self.line(5, "about the log", node: nil),
            ]
            #expect(try await log.append(lines, lease) == 3)
            let page = try await log.page(0, 10)
            #expect(page.status == .running)
            #expect(page.lines.map(\.number) == [1, 2, 3])
            #expect(page.lines.map(\.message) == lines.map(\.message))
            #expect(page.lines.map(\.level) == [.info, .critical, .info])
            #expect(page.lines.map(\.node) == ["say", "say", nil])
            #expect(page.lines.map(\.at) == lines.map(\.at))
            #expect(try await log.page(1, 1).lines.map(\.number) == [2])
            #expect(try await log.page(3, 10).lines.isEmpty)
        }
    }

    @Test(arguments: Place.allCases)
    func `a line that is sent again is kept once`(place: Place) async throws {
        try await Self.with(place) { log, lease in
            let count = try await log.append([Self.line(1, "a"), Self.line(2, "b")], lease)
            #expect(count == 2)
            #expect(try await log.append([Self.line(1, "a"), Self.line(2, "b"), Self.line(3, "c")], lease) == 3)
            #expect(try await log.append([Self.line(3, "c")], lease) == 3)
            #expect(try await log.append([], lease) == 3)
            #expect(try await log.texts() == ["a", "b", "c"])
        }
    }

    @Test(arguments: Place.allCases)
    func `the next lease goes on where the last one was, which adds nothing more`(place: Place) async throws {
        try await Self.with(place) { log, first in
            _ = try await log.append([Self.line(1, "a"), Self.line(2, "b")], first)
            let second = try await log.handBack(first)
            #expect(second.job == log.job)
            await #expect(throws: StoreError.leaseLost(log.job)) {
                _ = try await log.append([Self.line(3, "late")], first)
            }
            #expect(try await log.append([Self.line(1, "c")], second) == 3)
            #expect(try await log.texts() == ["a", "b", "c"])
        }
    }

    @Test(arguments: Place.allCases)
    func `a log that is full says so in its last line`(place: Place) async throws {
        try await Self.with(place) { log, lease in
            let max = Job.Log.linesMax
            let first = (1..<max).map { Self.line($0, "\($0)") }
            #expect(try await log.append(first, lease) == max - 1)
            let rest = [Self.line(max, "x", .error), Self.line(max + 1, "y"), Self.line(max + 2, "z")]
            #expect(try await log.append(rest, lease) == max)
            #expect(try await log.append([Self.line(max + 3, "more")], lease) == max)
            let last = try await log.page(max - 2, 10).lines
            #expect(last.map(\.message) == ["\(max - 1)", Job.Log.fullMessage])
            #expect(last.last?.level == .warning && last.last?.node == nil)
        }
    }

    @Test(arguments: Place.allCases)
    func `a long message is cut, and says so`(place: Place) async throws {
        try await Self.with(place) { log, lease in
            _ = try await log.append([Self.line(1, String(repeating: "ä", count: 10_000))], lease)
            let text = try await log.texts()[0]
            #expect(text.hasPrefix("ää") && text.hasSuffix("ä… (6000 characters left out)"), "\(text.suffix(40))")
        }
    }

    @Test func `text that the database cannot hold is kept without what it cannot`() async throws {
        try await Self.with(.database) { log, lease in
            _ = try await log.append([Self.line(1, "a\0b", node: "n\0")], lease)
            #expect(try await log.texts() == ["a\u{FFFD}b"])
        }
    }

    @Test(arguments: Place.allCases)
    func `a job that there is not has no log`(place: Place) async throws {
        try await Self.with(place) { log, lease in
            let stranger = Job.ID.new(at: Date())
            await #expect(throws: StoreError.leaseLost(stranger)) {
                _ = try await log.append([Self.line(1, "a")], Lease(job: stranger, token: lease.token))
            }
        }
        try await withFixture { store in
            let stranger = Job.ID.new(at: Date())
            await #expect(throws: StoreError.notFound(.job, stranger.description)) {
                try await store.run { _ = try JobLogStore.page(of: stranger, after: 0, limit: 1, on: $0) }
            }
        }
    }

    @Test func `a log goes with the week of its job`() async throws {
        try await withFixture { store in
            let weekly = try await store.database.asSystem { connection in
                try connection.execute("SELECT name FROM casare_weekly_tables() AS weekly (name)")
                    .map { try $0.string("name") }
            }
            #expect(weekly.contains("job_logs"))
            let parts = try await store.database.asSystem { connection in
                try connection.execute(
                    """
                    SELECT
                        (SELECT count(*) FROM pg_inherits WHERE inhparent = 'jobs'::regclass) AS jobs,
                        (SELECT count(*) FROM pg_inherits WHERE inhparent = 'job_logs'::regclass) AS logs
                    """
                ).map { [try $0.int("jobs"), try $0.int("logs")] }
            }
            #expect(parts.allSatisfy { $0[0] == $0[1] && $0[0] > 1 }, "\(parts)")
        }
    }
}
