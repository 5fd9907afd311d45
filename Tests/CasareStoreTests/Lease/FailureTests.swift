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

    @Test func `only failed jobs are retried`() async throws {
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

    @Test func `letters are listed newest first, by status, kind and workflow`() async throws {
        try await withFixture { store in
            var ids: [Job.ID] = []
            for _ in 0..<3 { ids.append(try await self.deadLetter(store)) }
            let rejected = try await store.leased()
            _ = try await store.fail(rejected, Failure(kind: .rejected, message: "m", type: "T"))
            ids.append(rejected.lease.job)
            let replayed = ids[0]
            _ = try await store.run { try JobStore.retry(replayed, by: "bob", on: $0) }
            @Sendable func list(
                _ filter: DeadLetterFilter, before: Job.ID? = nil, limit: Int = 9
            ) async throws -> [Job.ID] {
                try await store.run {
                    try DeadLetterStore.list(filter, before: before, limit: limit, on: $0).map(\.id)
                }
            }
            #expect(try await list(.init()) == ids.reversed())
            #expect(try await list(.init(status: .open)) == [ids[3], ids[2], ids[1]])
            #expect(try await list(.init(status: .replayed)) == [ids[0]])
            #expect(try await list(.init(kind: .rejected)) == [ids[3]])
            #expect(
                try await list(.init(status: .open, workflow: store.workflow, kind: .business)) == [ids[2], ids[1]])
            #expect(try await list(.init(workflow: Workflow.ID.new(at: noon))) == [])
            #expect(try await list(.init(), limit: 2) == [ids[3], ids[2]])
            #expect(try await list(.init(), before: ids[2], limit: 2) == [ids[1], ids[0]])
        }
    }
}
