import CasareDomain
import CasarePostgres
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

struct LeaseTests {
    @Test func `a leased job is running, with a token, and comes with all that it needs`() async throws {
        try await withFixture { store in
            let job = try await store.leased(store.job(["x": 1], priority: .high), now: noon)
            #expect(job.attempt == 1 && job.workflowName == "orders" && job.workflowVersion == 1)
            #expect(job.document == StoreFixture.document)
            #expect(job.variables == ["x": 1] && job.priority == .high)
            let state = try await store.get(job.lease.job)?.state
            #expect(state == .running(Job.Running(robot: "r1", since: noon)))
        }
    }

    @Test func `a job comes with how long it has been due for the first time, also when it is retried`() async throws {
        try await withFixture { store in
            func since(_ seconds: Double) async throws -> Duration? {
                let now = noon.addingTimeInterval(seconds)
                _ = try await store.promote(now: now)
                let job = try #require(try await store.lease(now: now).first)
                _ = try await store.fail(job, now: now)
                return job.sinceDue
            }
            let later = NewJob.Due.after(.seconds(60))
            let options = Job.Options(retry: try RetryPolicy(.fixed(60), attemptsMax: 3, jitter: 0))
            for (job, due) in [(store.job(options: options), 0.0), (store.job(options: options, due: later), 60)] {
                _ = try await store.submit(job, now: noon)
                for seconds in [70.0, 7200, 14_400] {
                    let known = try await since(seconds)
                    #expect(known == .seconds(seconds - due))
                }
            }
        }
    }

    @Test func `a job that was ready at once comes with that as well`() async throws {
        try await withFixture { store in
            // By the database's clock: nobody says the time.
            let job = try await store.leased()
            let since = try #require(job.sinceDue)
            #expect(since >= .zero && since == job.waited)
        }
    }

    @Test func `the most urgent jobs go first, and then the oldest`() async throws {
        try await withFixture { store in
            let priorities: [Priority] = [.low, .critical, .normal, .critical, .high, .low]
            let jobs = try await store.submit(priorities.map { store.job(priority: $0) })
            let order = [1, 3, 4, 2, 0, 5].map { jobs[$0].id }
            #expect(try await store.lease(4).map(\.lease.job) == Array(order[..<4]))
            #expect(try await store.lease(4).map(\.lease.job) == Array(order[4...]))
            #expect(try await store.lease(4).isEmpty)
        }
    }

    @Test func `tokens grow with every lease`() async throws {
        try await withFixture { store in
            var last = Lease.Token(rawValue: 0)
            try await store.submit([store.job()])
            for _ in 0..<5 {
                let lease = try await store.lease()[0].lease
                #expect(lease.token > last)
                last = lease.token
                try await store.run { try LeaseStore.release(lease, reason: "test", on: $0) }
            }
        }
    }

    @Test func `a session that has ended leases nothing`() async throws {
        try await withFixture { store in
            try await store.submit([store.job()])
            try await store.run { _ = try LeaseStore.closeSession(store.session, on: $0) }
            #expect(try await store.lease(9).isEmpty)
            #expect(try await store.lease(9, session: Robot.SessionID(rawValue: 999)).isEmpty)
        }
    }

    @Test func `many leasers never get the same job`() async throws {
        try await withFixture(connectionsMax: 12) { store in
            let count = 4000
            try await store.submit(
                (0..<count).map { store.job(priority: $0.isMultiple(of: 3) ? .high : .normal) })
            let leased = try await withThrowingTaskGroup(of: [Lease].self) { group in
                for worker in 0..<24 {
                    group.addTask {
                        let session = try await store.openSession()
                        var mine: [Lease] = []
                        var cursor = LeaseCursor()
                        while true {
                            let before = cursor
                            let (jobs, after) = try await store.run { connection in
                                var cursor = before
                                let jobs = try LeaseStore.lease(
                                    session, limit: 1 + worker * 2, cursor: &cursor, on: connection)
                                return (jobs, cursor)
                            }
                            cursor = after
                            if jobs.isEmpty { break }
                            mine += jobs.map(\.lease)
                        }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(leased.map(\.job)).count == leased.count)
            #expect(Set(leased.map(\.token)).count == leased.count)
            // Jobs that were locked by another leaser at every look are still there for the next.
            let rest = try await store.lease(count)
            #expect(leased.count + rest.count == count)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a job that somebody else is leasing just now is skipped and not waited for`() async throws {
        try await withFixture { store in
            let jobs = try await store.submit([store.job(), store.job()]).map(\.id)
            let other = try await PostgresConnection.connect(store.database.configuration)
            try await other.script("BEGIN; SELECT FROM ready ORDER BY seq LIMIT 1 FOR UPDATE")
            // Waiting would end at the limit of a statement's time, as an error.
            #expect(try await store.lease(2).map(\.lease.job) == [jobs[1]])
            try await other.script("ROLLBACK")
            await other.close()
            #expect(try await store.lease(2).map(\.lease.job) == [jobs[0]])
        }
    }

    @Test func `a job that comes back is found above the watermark`() async throws {
        try await withFixture { store in
            try await store.submit((0..<4).map { _ in store.job() })
            let start = ContinuousClock.now
            try await store.run { connection in
                var cursor = LeaseCursor()
                let first = try LeaseStore.lease(
                    store.session, limit: 2, cursor: &cursor, at: start, on: connection)
                try LeaseStore.release(first[0].lease, reason: "test", on: connection)
                let rest = try LeaseStore.lease(
                    store.session, limit: 9, cursor: &cursor, at: start, on: connection)
                #expect(rest.count == 3 && rest.contains { $0.lease.job == first[0].lease.job })
            }
        }
    }

    @Test func `each workflow version comes with its own document`() async throws {
        try await withFixture { store in
            let second = try await store.run {
                try WorkflowStore.push(name: "orders", document: #"{"v": 2}"#, by: "ann", on: $0)
            }
            var newer = store.job()
            newer.workflowVersion = second.version.number
            var newest = store.job()
            newest.workflowVersion = second.version.number
            try await store.submit([store.job(), newer, store.job(), newest])
            let documents = try await store.lease(9).map(\.document)
            #expect(documents == [StoreFixture.document, #"{"v": 2}"#, StoreFixture.document, #"{"v": 2}"#])
        }
    }

    @Test func `leasing uses the index and scans no table, whatever the statistics say`() async throws {
        try await withFixture { store in
            // They say that everything is empty.
            try await store.asOwner("ANALYZE")
            try await store.submit((0..<3000).map { _ in store.job() })
            let last = Int64.max
            let plan = try await store.plan(
                of: LeaseQueries.lease, types: "int8, int2[], int8[], int8[], int8, timestamptz",
                arguments: "\(store.session), '{20,15,5,0}', '{0,0,0,0}', '{\(last),\(last),\(last),\(last)}', 10, NULL"
            )
            #expect(plan.contains("Index Scan using ready_in_order on ready"))
            #expect(plan.contains("Tid Scan on ready"))
            #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap") && !plan.contains("Hash"))
            #expect(!plan.contains("Rows Removed by Filter"))
        }
    }

    @Test func `completing looks leases up by their keys, whatever the statistics say`() async throws {
        try await withFixture { store in
            try await store.asOwner("ANALYZE")
            try await store.submit((0..<1000).map { _ in store.job() })
            let job = try await store.lease(1000)[17]
            let plan = try await store.plan(
                of: EndingQueries.complete, types: "uuid[], int8[], text[], timestamptz",
                arguments: "'{\(job.lease.job)}', '{\(job.lease.token)}', '{\"{}\"}', NULL")
            #expect(plan.contains("Index Scan using leases_pkey on leases"))
            #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap") && !plan.contains("Hash"), "\(plan)")
            // Of the leases that are ended some have no gate; of tables nothing is read in vain.
            let lines = plan.split(separator: "\n")
            for (index, line) in lines.enumerated() where line.contains("Rows Removed by") {
                let scan = lines[..<index].last { $0.contains(" on ") }
                #expect(scan?.contains("CTE Scan on gone") == true, "\(plan)")
            }
        }
    }

    @Test func `a checkpoint looks leases up by their keys, whatever the statistics say`() async throws {
        try await withFixture { store in
            try await store.asOwner("ANALYZE")
            try await store.submit((0..<1000).map { _ in store.job() })
            let job = try await store.lease(1000)[17]
            let plan = try await store.plan(
                of: JournalQueries.checkpoint,
                types: "uuid[], int8[], uuid[], int4[], timestamptz[], timestamptz[], text[], text[], text[], text[]",
                arguments: "'{\(job.lease.job)}', '{\(job.lease.token)}', '{\(job.lease.job)}', '{0}', '{2026-01-01}',"
                    + " '{NULL}', '{n}', '{T}', '{effect}', '{NULL}'")
            #expect(plan.contains("Index Scan using leases_pkey on leases"))
            #expect(!plan.contains("Seq Scan") && !plan.contains("Bitmap") && !plan.contains("Hash"))
            #expect(!plan.contains("Rows Removed by"))
        }
    }
}

extension StoreFixture {
    /// How the server runs a statement, as the service does it: prepared, with the settings of its connections.
    fileprivate func plan(of query: Query, types: String, arguments: String) async throws -> String {
        try await self.run { connection in
            try connection.script("PREPARE probe (\(types)) AS \(query.text)")
            return try connection.execute(Query(assembled: "EXPLAIN (ANALYZE) EXECUTE probe (\(arguments))"))
                .map { try $0.string("QUERY PLAN") }.joined(separator: "\n")
        }
    }
}
