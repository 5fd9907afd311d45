import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct ForkTests {
    private static let rows: [JournalRow] = [.step(0, "captured"), .step(1, "effect"), .step(2, "effect")]

    private func completed(
        _ store: StoreFixture, _ job: NewJob? = nil, rows: [JournalRow] = Self.rows
    ) async throws -> Job.ID {
        let job = try await store.leased(job)
        try await store.run { try LeaseStore.complete(job.lease, result: .ok(), entries: rows, on: $0) }
        return job.lease.job
    }

    /// Has recorded a step, and a second one of which nobody knows.
    private func blocked(_ store: StoreFixture, _ job: NewJob? = nil) async throws -> Job.ID {
        let job = try await store.leased(job)
        let question = Job.Question(step: 1, node: "n1", nodeType: "T", text: "Done?")
        try await store.run {
            try LeaseStore.block(
                job.lease, question: question, entries: [.step(0, "captured"), .step(1, "effect", nil)], on: $0)
        }
        return job.lease.job
    }

    private func fork(
        _ id: Job.ID, from step: Int, variables: Object? = nil, _ store: StoreFixture
    ) async throws -> Job.ID {
        try await store.run {
            try JobStore.fork(id, from: step, by: "bob", variables: variables, reason: "a typo", on: $0)
        }
    }

    private func steps(_ id: Job.ID, _ store: StoreFixture) async throws -> [JournalRow] {
        try await store.run { try JobStore.steps(id, on: $0) }
    }

    private func events(_ id: Job.ID, _ store: StoreFixture) async throws -> [String] {
        try await store.run { connection in
            try connection.execute(
                "SELECT kind FROM events WHERE tenant_id = casare_tenant() AND job_id = @job ORDER BY event_id",
                ["job": .uuid(id.rawValue)]
            ).map { try $0.string("kind") }
        }
    }

    @Test func `a fork has what was recorded before its step, and all else that the job was submitted with`()
        async throws
    {
        try await withFixture { store in
            let id = try await self.completed(
                store, store.job(["x": 1], priority: .high, options: Job.Options(trace: true), queueKey: "k"))
            let before = try await store.get(id)
            let new = try await self.fork(id, from: 2, store)
            let job = try #require(try await store.get(new))
            #expect(try await self.steps(new, store) == Array(Self.rows.prefix(2)))
            #expect(job.forkedFrom == Job.Origin(job: id, step: 2) && job.retryOf == nil)
            #expect(job.variables == ["x": 1] && job.priority == .high && job.options.trace && job.queueKey == "k")
            #expect(job.createdBy == "bob" && job.status == .pending && job.attempt == 0)
            #expect(try await store.get(id) == before)
            #expect(try await self.steps(id, store) == Self.rows)
            #expect(try await self.events(id, store).last == "forked")
            #expect(try await self.events(new, store) == ["submitted"])
            let forked = try await store.run { try JobStore.past(of: id, on: $0).events.last?.detail }
            #expect(forked?["reason"] == "a typo")
            let action = try await store.run { try ControlLog.list(of: id.description, limit: 9, on: $0) }.first
            #expect(action?.action == "job.fork" && action?.actor == "bob" && action?.reason == "a typo")
            #expect(action?.detail == ["as": .string(new.description), "from_step": 2])
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `forks of forks go on with the random numbers of the first job`() async throws {
        try await withFixture { store in
            let id = try await self.completed(store)
            let first = try await self.fork(id, from: 1, store)
            let leased = try await store.lease()[0]
            #expect(leased.lease.job == first && leased.origin == id)
            try await store.run {
                try LeaseStore.complete(leased.lease, result: .ok(), entries: [.step(1, "effect")], on: $0)
            }
            let second = try await self.fork(first, from: 1, store)
            let again = try await store.lease()[0]
            #expect(again.lease.job == second && again.origin == id)
            #expect(try await store.get(second)?.forkedFrom == Job.Origin(job: first, step: 1))
            #expect(try await store.leased().origin == nil)
        }
    }

    @Test func `a job is forked as often as somebody likes, with other variables too`() async throws {
        try await withFixture { store in
            let id = try await self.completed(store, store.job(["x": 1]))
            let first = try await self.fork(id, from: 0, store)
            let second = try await self.fork(id, from: 1, variables: ["y": 2], store)
            #expect(try await store.get(first)?.variables == ["x": 1])
            #expect(try await store.get(second)?.variables == ["y": 2])
            #expect(try await self.steps(first, store).isEmpty)
            #expect(try await self.steps(second, store).map(\.step) == [0])
            #expect(try await store.lease(9).count == 2)
        }
    }

    @Test func `large results come along, and stay when the first job's are gone`() async throws {
        try await withFixture { store in
            let text = String(repeating: "x", count: 100_000)
            let large = JournalRow.step(0, "captured", #"{"outputs": {"text": "\#(text)"}}"#)
            let id = try await self.completed(store, rows: [large, .step(1, "effect")])
            let new = try await self.fork(id, from: 1, store)
            try await store.asOwner("DELETE FROM journal WHERE job_id = '\(id)'")
            #expect(try await self.steps(new, store) == [large])
        }
    }

    @Test func `a job whose journal is packed is forked like any other`() async throws {
        try await withFixture { store in
            let text = String(repeating: "x", count: 100_000)
            let large = JournalRow.step(0, "captured", #"{"outputs": {"text": "\#(text)"}}"#)
            let id = try await self.completed(store, rows: [large, .step(1, "effect"), .step(2, "effect")])
            let packed = try await store.database.asSystem { connection in
                var cursor = PackingCursor()
                return try JournalStore.pack(
                    endedFor: .seconds(1), cursor: &cursor, now: Date().addingTimeInterval(86_400), on: connection
                ).packed
            }
            #expect(packed == 1)
            let new = try await self.fork(id, from: 2, store)
            #expect(try await self.steps(new, store) == [large, .step(1, "effect")])
        }
    }

    @Test func `a step of which nobody knows is taken over, so that the fork asks too`() async throws {
        try await withFixture { store in
            let id = try await self.blocked(store)
            let asking = try await self.fork(id, from: 1, store)
            #expect(try await self.steps(asking, store) == [.step(0, "captured"), .step(1, "effect", nil)])
            let before = try await self.fork(id, from: 0, store)
            #expect(try await self.steps(before, store).isEmpty)
            #expect(try await store.status(id) == .blocked)
        }
    }

    @Test func `a wait at which a fork begins is waited anew`() async throws {
        try await withFixture { store in
            let rows: [JournalRow] = [.step(0, "captured"), .step(1, "captured", nil)]
            let job = try await store.leased()
            try await store.run { try LeaseStore.checkpoint(job.lease, entries: rows, on: $0) }
            _ = try await store.run { try JobStore.cancel(job.lease.job, by: "ann", reason: nil, on: $0) }
            let new = try await self.fork(job.lease.job, from: 1, store)
            #expect(try await self.steps(new, store) == [.step(0, "captured")])
            #expect(try await self.steps(job.lease.job, store) == rows)
        }
    }

    @Test func `a job that waits or runs is not forked, nor from a step that it has not recorded`() async throws {
        try await withFixture { store in
            let waiting = try await store.submit(store.job(due: .after(.seconds(600))))
            let running = try await store.leased().lease.job
            for (id, status) in [(waiting, Job.Status.pending), (running, Job.Status.running)] {
                let error = await #expect(throws: StoreError.self) { try await self.fork(id, from: 0, store) }
                guard case .invalidTransition(id, from: status, action: _) = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
            let done = try await self.completed(store)
            await #expect(throws: StoreError.noSuchStep(done, 3, last: 2)) {
                try await self.fork(done, from: 3, store)
            }
            let none = Job.ID.new(at: noon)
            await #expect(throws: StoreError.notFound(.job, none.description)) {
                try await self.fork(none, from: 0, store)
            }
            #expect(try await store.lease(9).isEmpty)
        }
    }

    @Test func `a fork takes the unique key of a job that has ended, and of no other`() async throws {
        try await withFixture { store in
            let unique = try Job.Uniqueness("k", scope: .unfinished, conflict: .returnExisting)
            let id = try await self.completed(store, store.job(uniqueness: unique))
            let new = try await self.fork(id, from: 1, store)
            #expect(try await store.submit(store.job(uniqueness: unique)) == new)
            await #expect(throws: StoreError.uniqueKeyHeld(key: "k", by: new)) {
                try await self.fork(id, from: 1, store)
            }
            let other = try Job.Uniqueness("other", scope: .unfinished, conflict: .returnExisting)
            _ = try await store.run { try JobStore.cancel(new, by: "ann", reason: nil, on: $0) }
            let asking = try await self.blocked(store, store.job(uniqueness: other))
            await #expect(throws: StoreError.uniqueKeyHeld(key: "other", by: asking)) {
                try await self.fork(asking, from: 0, store)
            }
        }
    }
}

struct RetryFromTests {
    private static let failed = #"{"error": "no", "type": "E"}"#

    private func failed(
        _ store: StoreFixture, _ entries: [JournalRow], node: String? = "n2", type: String = "E"
    ) async throws -> Job.ID {
        let job = try await store.leased()
        let failure = Failure(kind: .business, message: "no", type: type, node: node)
        _ = try await store.run {
            try LeaseStore.fail(job.lease, failure: failure, result: nil, entries: entries, on: $0)
        }
        return job.lease.job
    }

    private func retry(_ id: Job.ID, from point: Job.ResumePoint, _ store: StoreFixture) async throws -> Job.ID {
        try await store.run { try JobStore.retry(id, from: point, by: "bob", on: $0) }
    }

    static let cases: [([JournalRow], Job.ResumePoint, [Int])] = [
        ([.step(0, "captured"), .step(1, "effect"), .step(2, "effect", Self.failed)], .failed, [0, 1]),
        // What was done about the failure is done again only when it fails again.
        (
            [.step(0, "effect"), .step(1, "captured"), .step(2, "captured", Self.failed), .step(3, "effect")], .failed,
            [0, 1]
        ),
        // What may have happened stays a question.
        (
            [.step(0, "effect"), .step(1, "captured"), .step(2, "captured", Self.failed), .step(3, "effect", nil)],
            .failed, [0, 1, 2, 3]
        ),
        // A node failed that only computes: as an automatic retry.
        ([.step(0, "effect"), .step(1, "captured")], .failed, [0]),
        // It failed before it began, in a later round of a loop: an earlier failure has been dealt with.
        ([.step(0, "effect", Self.failed, node: "n2"), .step(1, "effect", node: "n2")], .failed, [0, 1]),
        (
            [.step(0, "effect", #"{"error": "no", "type": "Other"}"#, node: "n2"), .step(1, "effect")], .failed,
            [0, 1]
        ),
        ([.step(0, "captured"), .step(1, "effect"), .step(2, "effect", Self.failed)], .step(1), [0]),
        ([.step(0, "captured"), .step(1, "effect"), .step(2, "effect", Self.failed)], .step(0), []),
        ([.step(0, "captured"), .step(1, "effect"), .step(2, "effect", Self.failed)], .start, []),
        ([], .failed, []),
    ]

    @Test(arguments: Self.cases)
    func `a retry goes on where it is told to`(
        entries: [JournalRow], point: Job.ResumePoint, taken: [Int]
    ) async throws {
        try await withFixture { store in
            let id = try await self.failed(store, entries)
            let new = try await self.retry(id, from: point, store)
            let steps = try await store.run { try JobStore.steps(new, on: $0) }
            #expect(steps == entries.filter { taken.contains($0.step) })
            let job = try #require(try await store.get(new))
            #expect(job.retryOf == id && (job.forkedFrom == nil) == (point == .start))
            #expect(try await store.lease()[0].origin == (point == .start ? nil : id))
        }
    }

    /// A step that counts as failed by an answer, and one by its own `on_recovery`.
    @Test(arguments: [#"{"error": "?", "type": "InDoubtError"}"#, nil])
    func `a retry that would fail at once is refused, and the letter stays open`(result: String?) async throws {
        try await withFixture { store in
            let entries: [JournalRow] = [.step(0, "effect"), .step(1, "captured"), .step(2, "effect", result)]
            let id = try await self.failed(store, entries, type: Job.Resolution.failureType)
            await #expect(throws: StoreError.failsAgain(id, step: 2, node: "n2", isAnswered: result != nil)) {
                try await self.retry(id, from: .failed, store)
            }
            // Whoever names a step has decided.
            let new = try await self.retry(id, from: .step(1), store)
            let taken = try await store.run { try JobStore.steps(new, on: $0) }
            #expect(taken.map(\.step) == [0])
        }
    }

    @Test func `an answer that did not end the job is taken over by a retry of what did`() async throws {
        try await withFixture { store in
            let entries: [JournalRow] = [
                .step(0, "effect", #"{"error": "?", "type": "InDoubtError"}"#), .step(1, "captured"),
                .step(2, "effect", Self.failed),
            ]
            let new = try await self.retry(try await self.failed(store, entries), from: .failed, store)
            let taken = try await store.run { try JobStore.steps(new, on: $0) }
            #expect(taken.map(\.step) == [0, 1])
        }
    }

    @Test func `a letter is replayed once, wherever the retry begins`() async throws {
        try await withFixture { store in
            let id = try await self.failed(store, [.step(0, "effect")])
            await #expect(throws: StoreError.noSuchStep(id, 7, last: 0)) {
                try await self.retry(id, from: .step(7), store)
            }
            let new = try await self.retry(id, from: .step(0), store)
            await #expect(throws: StoreError.alreadyReplayed(id, as: new)) {
                try await self.retry(id, from: .failed, store)
            }
        }
    }

    @Test func `of a job whose letter alone is left only the start is there`() async throws {
        try await withFixture { store in
            let id = try await self.failed(store, [.step(0, "effect")])
            try await store.asOwner("DELETE FROM jobs; DELETE FROM outcomes; DELETE FROM journal")
            await #expect(throws: StoreError.stepsGone(id)) { try await self.retry(id, from: .failed, store) }
            let new = try await self.retry(id, from: .start, store)
            #expect(try await store.get(new)?.retryOf == id)
        }
    }
}
