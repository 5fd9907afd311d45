import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Jobs that have ended, run again; those that failed and of which nobody has dealt with the letter stand in `RetryTests`.
struct RerunTests {
    private static let rows: [JournalRow] = [.step(0, "captured"), .step(1, "effect")]

    private func completed(_ store: StoreFixture, _ job: NewJob? = nil) async throws -> Job.ID {
        let job = try await store.leased(job)
        try await store.run { try LeaseStore.complete(job.lease, result: .ok(), entries: Self.rows, on: $0) }
        return job.lease.job
    }

    private func failed(_ store: StoreFixture) async throws -> Job.ID {
        let job = try await store.leased()
        _ = try await store.fail(job, .business)
        return job.lease.job
    }

    private func ended(_ status: Job.Status, _ store: StoreFixture) async throws -> Job.ID {
        guard status == .cancelled else { return try await self.completed(store, store.job(["x": 1], priority: .high)) }
        let id = try await store.submit(store.job(["x": 1], priority: .high))
        try await store.run { _ = try JobStore.cancel(id, by: "ann", reason: nil, on: $0) }
        return id
    }

    private func retry(
        _ id: Job.ID, from point: Job.ResumePoint = .start, version: Job.VersionChoice = .same,
        variables: Object? = nil, _ store: StoreFixture
    ) async throws -> Job.ID {
        try await store.run {
            try JobStore.retry(id, from: point, version: version, by: "bob", variables: variables, reason: "r", on: $0)
        }
    }

    @Test(arguments: [Job.Status.completed, .cancelled])
    func `a job that has ended runs again as a new one, as often as somebody likes`(status: Job.Status) async throws {
        try await withFixture { store in
            let old = try await self.ended(status, store)
            let before = try await store.get(old)
            let new = try await self.retry(old, store)
            let job = try #require(try await store.get(new))
            #expect(job.variables == ["x": 1] && job.priority == .high && job.status == .pending)
            #expect(job.retryOf == old && job.createdBy == "bob" && job.forkedFrom == nil)
            #expect(try await store.get(old) == before && before?.status == status)
            let third = try await self.retry(old, variables: ["y": 2], store)
            #expect(try await store.get(third)?.variables == ["y": 2])
            let (events, actions) = try await store.run { connection in
                let events = try connection.execute(
                    """
                    SELECT kind, detail::text FROM events
                    WHERE tenant_id = casare_tenant() AND job_id = @job AND kind = 'retried'
                    """, ["job": .uuid(old.rawValue)]
                ).map { try Value(parsingJSON: $0.string("detail")) }
                return (events, try ControlLog.list(of: old.description, limit: 9, on: connection))
            }
            #expect(events.map { $0["as"] } == [.string(new.description), .string(third.description)])
            #expect(events.allSatisfy { $0["by"] == "bob" && $0["reason"] == "r" && $0["operation"] == nil })
            #expect(actions.filter { $0.action == "job.retry" }.count == 2)
            #expect(Set(try await store.lease(9).map(\.lease.job)) == [new, third])
        }
    }

    @Test func `a completed job goes on from a step, and has none that failed`() async throws {
        try await withFixture { store in
            let old = try await self.completed(store)
            let new = try await self.retry(old, from: .step(1), store)
            let job = try #require(try await store.get(new))
            #expect(job.retryOf == old && job.forkedFrom == Job.Origin(job: old, step: 1))
            #expect(try await store.run { try JobStore.steps(new, on: $0) } == [Self.rows[0]])
            await #expect(throws: StoreError.nothingFailed(old, status: .completed)) {
                try await self.retry(old, from: .failed, store)
            }
            await #expect(throws: StoreError.noSuchStep(old, 7, last: 1)) {
                try await self.retry(old, from: .step(7), store)
            }
        }
    }

    @Test func `the latest version of the workflow runs it when it is asked for`() async throws {
        try await withFixture { store in
            let (completed, failed) = (try await self.completed(store), try await self.failed(store))
            let pushed = try await store.run {
                try WorkflowStore.push(name: "orders", document: #"{"nodes": {"z": 1}}"#, by: "ann", on: $0)
            }
            #expect(pushed.version.number == 2)
            for old in [completed, failed] {
                await #expect(throws: StoreError.stepsOfOtherVersion(old)) {
                    try await self.retry(old, from: .step(0), version: .latest, store)
                }
                let new = try await self.retry(old, version: .latest, store)
                #expect(try await store.get(new)?.workflowVersion == 2)
                #expect(try await store.get(old)?.workflowVersion == 1)
            }
            let same = try await self.retry(completed, version: .same, store)
            #expect(try await store.get(same)?.workflowVersion == 1)
        }
    }

    @Test func `a job that has not ended is not run again`() async throws {
        try await withFixture { store in
            let pending = try await store.submit(store.job())
            let running = try await store.leased(store.job(priority: .critical)).lease.job
            for (id, status) in [(pending, Job.Status.pending), (running, .running)] {
                let action = "retried; only one that has ended can"
                await #expect(throws: StoreError.invalidTransition(id, from: status, action: action)) {
                    try await self.retry(id, store)
                }
            }
            #expect(try await store.lease(9).map(\.lease.job) == [pending])
        }
    }

    @Test func `a unique key goes on to the new job, and is refused while another one has it`() async throws {
        try await withFixture { store in
            var job = store.job()
            job.uniqueness = try Job.Uniqueness("k", scope: .unfinished, conflict: .reject)
            let old = try await self.completed(store, job)
            let new = try await self.retry(old, store)
            #expect(try await store.get(new)?.uniqueKey?.key == "k")
            await #expect(throws: StoreError.uniqueKeyHeld(key: "k", by: new)) { try await self.retry(old, store) }
        }
    }

    @Test func `the same request brings the same job`() async throws {
        try await withFixture { store in
            let old = try await self.completed(store)
            let idempotency = NewJob.Idempotency(key: "again", request: "r")
            func retry() async throws -> Job.ID {
                try await store.run { try JobStore.retry(old, by: "bob", idempotency: idempotency, on: $0) }
            }
            let first = try await retry()
            #expect(try await retry() == first)
            #expect(try await store.lease(9).count == 1)
        }
    }

    @Test func `a part of an operation says so in its events, and is not audited by itself`() async throws {
        try await withFixture { store in
            let operation = Operation.ID.new(at: noon)
            let olds = [try await self.completed(store), try await self.failed(store)]
            for old in olds {
                let new = try await store.run { try JobStore.retry(old, by: "bob", within: operation, on: $0) }
                let (details, actions) = try await store.run { connection in
                    let details = try connection.execute(
                        """
                        SELECT detail::text FROM events
                        WHERE tenant_id = casare_tenant() AND job_id = ANY (@jobs::uuid[])
                            AND kind IN ('retried', 'submitted') AND detail IS NOT NULL
                        """, ["jobs": .uuidArray([old.rawValue, new.rawValue])]
                    ).map { try Value(parsingJSON: $0.string("detail"))["operation"] }
                    return (details, try ControlLog.list(of: old.description, limit: 9, on: connection))
                }
                #expect(details.filter { $0 == .string(operation.description) }.count == 2)
                #expect(actions.isEmpty)
            }
        }
    }

    /// What becomes of the replay of a letter, which a loop sees a moment later.
    private func settle(resolving: Bool, _ store: StoreFixture) async throws {
        try await store.asOwner(
            "UPDATE dead_letters SET replay_ended_at = now()"
                + (resolving ? ", resolved_at = now(), resolved_by = 'casare'" : ""))
    }

    @Test func `a letter is replayed again once its replay has ended without completing`() async throws {
        try await withFixture { store in
            let old = try await self.failed(store)
            let first = try await self.retry(old, store)
            await #expect(throws: StoreError.alreadyReplayed(old, as: first)) { try await self.retry(old, store) }
            try await self.settle(resolving: false, store)
            let second = try await store.run { try JobStore.replay(old, by: "bob", on: $0) }
            let letter = try #require(try await store.run { try DeadLetterStore.get(old, on: $0) })
            #expect(letter.replay?.job == second && letter.replay?.endedAt == nil && letter.status == .replayed)
            #expect(try await store.get(second)?.retryOf == old)
            await #expect(throws: StoreError.alreadyReplayed(old, as: second)) { try await self.retry(old, store) }
        }
    }

    @Test func `what came of a letter is not done once more by its name, and runs again by its own`() async throws {
        try await withFixture { store in
            let old = try await self.failed(store)
            let first = try await self.retry(old, store)
            let lease = try #require(try await store.lease().first).lease
            try await store.run { try LeaseStore.complete(lease, result: .ok(), on: $0) }
            for _ in 1...2 {
                await #expect(throws: StoreError.alreadyReplayed(old, as: first)) { try await self.retry(old, store) }
                try await self.settle(resolving: true, store)
            }
            await #expect(throws: StoreError.letterResolved(old)) {
                try await store.run { _ = try JobStore.replay(old, by: "bob", on: $0) }
            }
            let second = try await self.retry(first, store)
            #expect(try await store.get(second)?.retryOf == first)
        }
    }

    @Test func `a letter that somebody settled runs again for who names its job, and in no operation`() async throws {
        try await withFixture { store in
            let old = try await self.failed(store)
            _ = try await store.run {
                try DeadLetterStore.acknowledge(old, by: "ann", reason: nil, resolves: true, on: $0)
            }
            await #expect(throws: StoreError.letterResolved(old)) {
                try await store.run { _ = try JobStore.retry(old, by: "bob", within: .new(at: noon), on: $0) }
            }
            let again = try await self.retry(old, store)
            #expect(try await store.get(again)?.retryOf == old)
            #expect(try await store.deadLetter(old)?.status == .resolved)
        }
    }

    @Test func `what has no letter is not replayed`() async throws {
        try await withFixture { store in
            let completed = try await self.completed(store)
            await #expect(throws: StoreError.notFound(.deadLetter, completed.description)) {
                try await store.run { _ = try JobStore.replay(completed, by: "bob", on: $0) }
            }
        }
    }
}
