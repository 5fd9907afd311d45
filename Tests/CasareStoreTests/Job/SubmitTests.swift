import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct SubmitTests {
    @Test func `a submitted job is pending and keeps what was asked`() async throws {
        try await withFixture { store in
            let options = Job.Options(
                continueOnError: true, nodeTimeoutSeconds: 2.5, timeoutSeconds: 60, trace: true,
                retry: try RetryPolicy(.exponential(initial: 1, factor: 2, max: 9), attemptsMax: 3))
            let variables: Object = ["z": 1, "a": 1.0, "nul": "\u{0}", "list": [nil, true]]
            let id = try await store.submit(store.job(variables, priority: .high, options: options), now: noon)
            let job = try #require(try await store.get(id))
            #expect(job.state == .pending(dueAt: nil))
            #expect(job.variables == variables)
            #expect(job.variables.keys == ["z", "a", "nul", "list"])
            #expect(job.options == options)
            #expect(job.priority == .high && job.environment == "default" && job.attempt == 0)
            #expect(job.workflowName == "orders" && job.workflowVersion == 1 && job.createdBy == "ann")
            #expect(job.createdAt == noon)
            #expect(job.retryOf == nil && job.idempotencyKey == nil)
        }
    }

    @Test func `a thousand jobs go in at once, in order`() async throws {
        try await withFixture { store in
            let jobs = (0..<1000).map { store.job(["n": .int($0)]) }
            let submitted = try await store.submit(jobs)
            #expect(submitted.map(\.id) == jobs.map(\.id))
            #expect(submitted.map(\.isDuplicate) == [Bool](repeating: false, count: 1000))
            let leased = try await store.lease(1000)
            let numbers = leased.compactMap { $0.variables["n"]?.int }
            #expect(numbers == Array(0..<1000))
            #expect(Set(leased.map(\.document)) == [StoreFixture.document])
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `an empty submit does nothing`() async throws {
        try await withFixture { store in
            let submitted = try await store.submit([])
            #expect(submitted.isEmpty)
        }
    }

    @Test func `more jobs than one submit may have are refused`() async throws {
        try await withFixture { store in
            let jobs = [NewJob](repeating: store.job(), count: JobStore.jobsPerSubmitMax + 1)
            await #expect(throws: StoreError.tooManyJobs(10_001, max: 10_000)) { try await store.submit(jobs) }
        }
    }

    @Test func `an unknown workflow version is refused and nothing is stored`() async throws {
        try await withFixture { store in
            var wrong = store.job()
            wrong.workflowVersion = 7
            let jobs = [store.job(), wrong]
            await #expect(throws: StoreError.notFound(.workflowVersion, "7 of \(store.workflow)")) {
                try await store.submit(jobs)
            }
            let stored = try await store.get(jobs[0].id)
            #expect(stored == nil)
        }
    }

    @Test func `a delayed job waits until it is due`() async throws {
        try await withFixture { store in
            let later = try await store.submit(store.job(due: .after(.seconds(60))), now: noon)
            let at = try await store.submit(store.job(due: .at(noon.addingTimeInterval(90))), now: noon)
            let past = try await store.submit(store.job(due: .at(noon.addingTimeInterval(-1))), now: noon)
            #expect(try await store.get(later)?.state == .pending(dueAt: noon.addingTimeInterval(60)))
            #expect(try await store.lease(9, now: noon).map(\.lease.job) == [past])

            #expect(try await store.promote(now: noon.addingTimeInterval(59.999)).promoted == 0)
            let first = try await store.promote(now: noon.addingTimeInterval(60))
            #expect(first.promoted == 1 && first.tenants == [.default])
            #expect(try await store.lease(9, now: noon).map(\.lease.job) == [later])
            #expect(try await store.promote(now: noon.addingTimeInterval(90)).promoted == 1)
            #expect(try await store.lease(9, now: noon).map(\.lease.job) == [at])
        }
    }

    @Test func `a due job that cannot be moved does not hold up the others`() async throws {
        try await withFixture { store in
            let jobs = try await store.submit((0..<5).map { _ in store.job(due: .after(.seconds(1))) }, now: noon)
            // It cannot become ready twice.
            try await store.asOwner(
                "INSERT INTO ready (tenant_id, job_id, queue_id, attempt, priority)"
                    + " SELECT tenant_id, job_id, queue_id, 0, 5 FROM scheduled WHERE job_id = '\(jobs[1].id)'")
            let report = try await store.promote(now: noon.addingTimeInterval(2))
            #expect(report.promoted == 4)
            #expect(report.failures.map(\.job.job) == [jobs[1].id])
        }
    }

    @Test func `jobs with one environment go to the robots of it`() async throws {
        try await withFixture { store in
            let other = try await store.submit(store.job(environment: "gpu"))
            #expect(try await store.lease(9).isEmpty)
            #expect(try await store.get(other)?.environment == "gpu")
        }
    }

    @Test func `concurrent submits to a new environment make one queue`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask { try await store.submit([store.job(environment: "new")]) }
                }
                try await group.waitForAll()
            }
            #expect(try await store.run { try JobStore.counts(on: $0).ready } == 16)
        }
    }
}

struct IdempotencyTests {
    private func key(_ key: String, _ request: String = "body") -> NewJob.Idempotency {
        NewJob.Idempotency(key: key, request: request)
    }

    @Test func `a repeated submit returns the first job`() async throws {
        try await withFixture { store in
            let first = try await store.submit([store.job(idempotency: self.key("k"))])[0]
            let second = try await store.submit([store.job(idempotency: self.key("k"))])[0]
            #expect(!first.isDuplicate && second.isDuplicate && first.id == second.id)
            #expect(try await store.get(first.id)?.idempotencyKey == "k")
            #expect(try await store.lease(9).count == 1)
        }
    }

    @Test func `a key with another request is refused`() async throws {
        try await withFixture { store in
            let first = try await store.submit([store.job(idempotency: self.key("k"))])[0].id
            let jobs = [store.job(), store.job(idempotency: self.key("k", "other"))]
            await #expect(throws: StoreError.idempotencyConflict(key: "k", job: first)) { try await store.submit(jobs) }
            #expect(try await store.get(jobs[0].id) == nil)
        }
    }

    @Test func `a key counts once within a batch too`() async throws {
        try await withFixture { store in
            let jobs = [store.job(idempotency: self.key("k")), store.job(), store.job(idempotency: self.key("k"))]
            let submitted = try await store.submit(jobs)
            #expect(submitted.map(\.isDuplicate) == [false, false, true])
            #expect(submitted[2].id == submitted[0].id)
            let conflict = [store.job(idempotency: self.key("l")), store.job(idempotency: self.key("l", "other"))]
            await #expect(throws: StoreError.idempotencyConflict(key: "l")) { try await store.submit(conflict) }
        }
    }

    @Test func `a key is free again after its window`() async throws {
        try await withFixture { store in
            let first = try await store.submit([store.job(idempotency: self.key("k"))], now: noon)[0].id
            let within = try await store.submit(
                [store.job(idempotency: self.key("k"))], now: noon.addingTimeInterval(86_399))[0]
            #expect(within.id == first)
            let after = try await store.submit(
                [store.job(idempotency: self.key("k", "other"))], now: noon.addingTimeInterval(86_400))[0]
            #expect(!after.isDuplicate && after.id != first)
        }
    }

    @Test func `of many concurrent submits with one key one makes the job`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            let submitted = try await withThrowingTaskGroup(of: [SubmittedJob].self) { group in
                for _ in 0..<24 {
                    group.addTask {
                        try await store.submit(["b", "a", "c"].map { store.job(idempotency: self.key($0)) })
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(submitted.map(\.id)).count == 3)
            let originals = submitted.count(where: { !$0.isDuplicate })
            #expect(originals == 3)
            #expect(try await store.lease(99).count == 3)
        }
    }

    @Test func `expired keys are purged`() async throws {
        try await withFixture { store in
            try await store.submit([store.job(idempotency: self.key("k"))], now: noon.addingTimeInterval(-90_000))
            let (purged, kept) = try await store.database.asSystem { connection in
                let purged = try QueueStore.purge(days: nil, now: noon, on: connection)
                return (purged.rows, try connection.execute("SELECT FROM idempotency_keys").count)
            }
            #expect(purged == 1 && kept == 0)
        }
    }
}
