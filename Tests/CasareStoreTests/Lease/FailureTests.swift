import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct FailureTests {
    @Test func `a failing job is retried after growing waits and then dead-lettered`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job(["customer": 7]))
            var now = noon
            for (index, seconds) in [10.0, 60, 300, 900, 3600].enumerated() {
                let job = try await store.lease(now: now)[0]
                #expect(job.attempt == index + 1)
                let outcome = try await store.fail(job, now: now)
                #expect(outcome == .retrying(at: now.addingTimeInterval(seconds)))
                now = now.addingTimeInterval(seconds)
                #expect(try await store.get(id)?.state == .pending(dueAt: now))
                #expect(try await store.get(id)?.attempt == index + 1)
                #expect(try await store.promote(now: now).promoted == 1)
            }
            let last = try await store.lease(now: now)[0]
            let end = now
            #expect(try await store.fail(last, now: end) == .deadLettered)

            let job = try #require(try await store.get(id))
            guard case .finished(let outcome) = job.state else {
                Issue.record("The job is \(job.status)")
                return
            }
            #expect(outcome.kind == .failed(.application) && outcome.failure == .broken && outcome.finishedAt == end)
            let letter = try #require(try await store.run { try DeadLetterStore.get(id, on: $0) })
            #expect(letter.attempts.map(\.number) == Array(1...6))
            #expect(Set(letter.attempts.map(\.failure)) == [.broken])
            #expect(Set(letter.attempts.map(\.robot)) == ["r1"])
            #expect(letter.failure == .broken && letter.fingerprint == Failure.broken.fingerprint)
            #expect(letter.variables == ["customer": 7] && letter.status == .open && letter.openedAt == end)
            #expect(letter.workflowName == "orders" && letter.workflowVersion == 1)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test(arguments: Failure.Kind.allCases)
    func `only failures that may end differently are retried`(kind: Failure.Kind) async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let outcome = try await store.fail(job, Failure(kind: kind, message: "m", type: "T"), now: noon)
            let status = try await store.status(job.lease.job)
            if kind.isRetryable {
                #expect(outcome == .retrying(at: noon.addingTimeInterval(10)) && status == .pending)
            } else {
                #expect(outcome == .deadLettered && status == .failed)
            }
        }
    }

    @Test func `a job's own policy decides`() async throws {
        try await withFixture { store in
            let policy = try RetryPolicy(.list([3]), attemptsMax: 2, jitter: 0)
            let first = try await store.leased(store.job(options: Job.Options(retry: policy)), now: noon)
            #expect(try await store.fail(first, now: noon) == .retrying(at: noon.addingTimeInterval(3)))
            _ = try await store.promote(now: noon.addingTimeInterval(3))
            let second = try await store.lease()[0]
            #expect(try await store.fail(second) == .deadLettered)
        }
    }

    @Test func `the workflow's policy decides where the job has none, each version by its own`() async throws {
        try await withFixture { store in
            func push(_ retry: String) async throws -> Int {
                let document = #"{"nodes": {}, "settings": {"retry": \#(retry)}}"#
                return try await store.run {
                    try WorkflowStore.push(name: "orders", document: document, by: "ann", now: noon, on: $0)
                }.version.number
            }
            let slow = try await push(#"{"backoff": "fixed", "delay_seconds": 40, "jitter": 0, "max_attempts": 2}"#)
            let never = try await push(#""never""#)
            func failed(_ version: Int, own: RetryPolicy? = nil) async throws -> FailOutcome {
                var job = store.job(options: Job.Options(retry: own))
                job.workflowVersion = version
                return try await store.fail(try await store.leased(job, now: noon), now: noon)
            }
            #expect(try await failed(1) == .retrying(at: noon.addingTimeInterval(10)))
            #expect(try await failed(slow) == .retrying(at: noon.addingTimeInterval(40)))
            #expect(try await failed(never) == .deadLettered)
            let own = try RetryPolicy(.fixed(3), jitter: 0)
            #expect(try await failed(never, own: own) == .retrying(at: noon.addingTimeInterval(3)))
        }
    }

    @Test(arguments: [(nil, 10.0), (9.5, 10), (10.5, 10.5), (86_400, 86_400)] as [(Double?, Double)])
    func `a server that asks for more patience gets it, and the event says so`(
        asked: Double?, seconds: Double
    ) async throws {
        try await withFixture { store in
            let job = try await store.leased(now: noon)
            let failure = Failure(kind: .application, message: "429", type: "HttpError", retryAfterSeconds: asked)
            #expect(try await store.fail(job, failure, now: noon) == .retrying(at: noon.addingTimeInterval(seconds)))
            let detail = try await store.run { connection in
                try connection.execute(
                    "SELECT detail::text FROM events WHERE job_id = @job AND kind = 'retrying'",
                    ["job": .uuid(job.lease.job.rawValue)]
                ).only().string("detail")
            }
            #expect(try Value(parsingJSON: detail)["asked_seconds"] == asked.map { Value.double($0) })
        }
    }

    @Test func `a failed job keeps its result`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let result = RunResult(
                success: false, error: "no such customer", variables: ["x": 1], logs: ["l"], nodeErrors: [])
            _ = try await store.run {
                try LeaseStore.fail(job.lease, failure: .business, result: result, on: $0)
            }
            guard case .finished(let outcome) = try await store.get(job.lease.job)?.state else {
                Issue.record("The job has not ended")
                return
            }
            #expect(outcome.result == result && outcome.message == "no such customer")
        }
    }

    @Test func `a message may hold what a database text cannot`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let failure = Failure(kind: .business, message: "a\u{0}b", type: "T\u{0}", node: "\u{0}")
            #expect(try await store.fail(job, failure) == .deadLettered)
            let letter = try await store.run { try DeadLetterStore.get(job.lease.job, on: $0) }
            #expect(letter?.failure.message == "a\u{FFFD}b")
        }
    }
}

struct RetryTests {
    private func deadLetter(_ store: StoreFixture, _ variables: Object = ["x": 1]) async throws -> Job.ID {
        let options = Job.Options(trace: true)
        let job = try await store.leased(store.job(variables, priority: .high, options: options))
        _ = try await store.fail(job, .business)
        return job.lease.job
    }

    @Test func `a retry is a new job with the old one's payload`() async throws {
        try await withFixture { store in
            let old = try await self.deadLetter(store)
            let before = try await store.get(old)
            let new = try await store.run { try JobStore.retry(old, by: "bob", on: $0) }
            let job = try #require(try await store.get(new))
            #expect(job.variables == ["x": 1] && job.priority == .high && job.options.trace)
            #expect(job.retryOf == old && job.createdBy == "bob" && job.attempt == 0 && job.status == .pending)
            #expect(try await store.get(old) == before)
            let letter = try await store.run { try DeadLetterStore.get(old, on: $0) }
            #expect(letter?.status == .replayed && letter?.replayedAs == new && letter?.variables == ["x": 1])
            #expect(try await store.lease()[0].lease.job == new)
        }
    }

    @Test func `a retry may have other variables`() async throws {
        try await withFixture { store in
            let old = try await self.deadLetter(store)
            let new = try await store.run { try JobStore.retry(old, by: "bob", variables: ["y": 2], on: $0) }
            #expect(try await store.get(new)?.variables == ["y": 2])
            #expect(try await store.get(old)?.variables == ["x": 1])
            #expect(try await store.deadLetter(old)?.variables == ["x": 1])
        }
    }

    @Test func `a letter is replayed once`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            let old = try await self.deadLetter(store)
            let replays = await withTaskGroup(of: Result<Job.ID, any Error>.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        do {
                            return .success(try await store.run { try JobStore.retry(old, by: "bob", on: $0) })
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let new = replays.compactMap { try? $0.get() }
            #expect(new.count == 1)
            for case .failure(let error) in replays {
                #expect(error as? StoreError == .alreadyReplayed(old, as: new[0]))
            }
            #expect(try await store.lease(9).count == 1)
        }
    }

    @Test func `only jobs that have ended are retried`() async throws {
        try await withFixture { store in
            let pending = try await store.submit(store.job())
            await #expect(throws: StoreError.self) {
                try await store.run { _ = try JobStore.retry(pending, by: "bob", on: $0) }
            }
            let unknown = Job.ID.new(at: noon)
            await #expect(throws: StoreError.notFound(.job, unknown.description)) {
                try await store.run { _ = try JobStore.retry(unknown, by: "bob", on: $0) }
            }
        }
    }
}
