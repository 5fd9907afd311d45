import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What a selection finds, and that it stays what it was.
struct FreezingTests {
    private static func jobs(_ change: (inout JobSelection) -> Void) -> Operation.Selection {
        var selection = JobSelection()
        change(&selection)
        return .jobs(selection)
    }

    /// The jobs that an operation would be done to, in its order; also what it freezes.
    private func found(
        _ selection: Operation.Selection, for verb: Operation.Verb = .cancel, _ store: StoreFixture
    ) async throws -> [Job.ID] {
        let first = try await store.run { try OperationStore.first(99, of: selection, for: verb, on: $0) }
        let mark = try await store.mark(verb, selection)
        #expect(mark.count == first.count)
        #expect(try await store.mark(verb, .ids(first.reversed())) == mark, "whatever the order")
        if !first.isEmpty {
            let operation = try await store.operation(verb, selection, expecting: mark) { plan in
                if verb == .priority { plan.priority = .high }
            }
            #expect(operation.mark == mark && operation.status == .running)
        }
        return first
    }

    @Test func `jobs are found where they stand`() async throws {
        try await withFixture { store in
            let failed = try await store.letter()
            let waiting = try await store.waiting(2)
            let later = try await store.submit(store.job(due: .after(.seconds(600))))
            let paused = try await store.submit(store.job())
            _ = try await store.run { try JobStore.pause(paused, by: "ann", reason: nil, on: $0) }
            let running = try await store.lease(2).map(\.lease.job)
            #expect(running == waiting)
            #expect(try await self.found(Self.jobs { $0.statuses = [.pending] }, store) == [later])
            #expect(try await self.found(Self.jobs { $0.statuses = [.running] }, store) == running)
            #expect(try await self.found(Self.jobs { $0.statuses = [.paused] }, store) == [paused])
            #expect(try await self.found(Self.jobs { $0.statuses = [.failed] }, for: .retry, store) == [failed])
            let all = (waiting + [later, paused]).sorted()
            #expect(try await self.found(Self.jobs { $0.environment = "default" }, store) == all)
            #expect(
                try await self.found(Self.jobs { $0.environment = "default" }, for: .priority, store) == [later],
                "without a status, those that the verb is for")
            #expect(try await self.found(Self.jobs { $0.robot = StoreFixture.robot.rawValue }, store) == running)
        }
    }

    @Test func `completed jobs run again only when somebody says so`() async throws {
        try await withFixture { store in
            let done = try await store.submit(store.job())
            try await store.end(done, nil)
            #expect(try await self.found(Self.jobs { $0.workflow = "orders" }, for: .retry, store).isEmpty)
            let asked = JobSelection(statuses: [.completed])
            #expect(try await self.found(.jobs(asked), for: .retry, store) == [done])
            let ofWorkflow = JobSelection(statuses: [.completed], workflow: "orders")
            #expect(try await self.found(.jobs(ofWorkflow), for: .retry, store) == [done])
        }
    }

    @Test func `all that is said of jobs must be true of them`() async throws {
        try await withFixture { store in
            let now = Date()
            let plain = try await store.submit(store.job())
            let special = try await store.submit(
                store.job(
                    priority: .high, queueKey: "c1", requirements: Job.Requirements(tags: ["gpu"], capabilities: [])))
            let cases: [(Operation.Selection, [Job.ID])] = [
                (Self.jobs { $0.workflow = "orders" }, [plain, special]),
                (.jobs(JobSelection(workflow: store.workflow.description)), [plain, special]),
                (Self.jobs { ($0.workflow, $0.version) = ("orders", 2) }, []),
                (Self.jobs { ($0.workflow, $0.version) = ("orders", 1) }, [plain, special]),
                (Self.jobs { $0.queueKey = "c1" }, [special]), (Self.jobs { $0.queueKey = "c2" }, []),
                (Self.jobs { $0.priority = .high }, [special]), (Self.jobs { $0.tag = "gpu" }, [special]),
                (Self.jobs { $0.tag = "cpu" }, []), (Self.jobs { $0.kind = .business }, []),
                (.jobs(JobSelection(since: now.addingTimeInterval(60))), []),
                (.jobs(JobSelection(until: now.addingTimeInterval(60))), [plain, special]),
                (.jobs(JobSelection(until: now.addingTimeInterval(-60))), []),
            ]
            for (selection, ids) in cases {
                #expect(try await self.found(selection, store) == ids.sorted(), "\(selection)")
            }
            await #expect(throws: StoreError.notFound(.workflow, "none")) {
                _ = try await store.mark(.cancel, Self.jobs { $0.workflow = "none" })
            }
            await #expect(throws: StoreError.notFound(.queue, "none")) {
                _ = try await store.mark(.cancel, Self.jobs { $0.environment = "none" })
            }
        }
    }

    @Test func `jobs that run and are to be paused are resumed with those that are`() async throws {
        try await withFixture { store in
            let running = try await store.leased().lease.job
            let other = try await store.leased().lease.job
            _ = try await store.run { try JobStore.pause(running, by: "ann", reason: nil, on: $0) }
            #expect(try await self.found(Self.jobs { $0.workflow = "orders" }, for: .resume, store) == [running])
            #expect(running != other)
        }
    }

    @Test func `a filter of letters finds those that something is left to do about`() async throws {
        try await withFixture { store in
            let open = try await store.letter()
            let known = try await store.letter(["a": 1])
            let replayed = try await store.letter()
            try await store.run { connection in
                try DeadLetterStore.acknowledge(known, by: "ann", reason: nil, on: connection)
                _ = try JobStore.replay(replayed, by: "ann", on: connection)
            }
            let all = Operation.Selection.deadLetters(DeadLetterFilter(workflow: "orders"))
            #expect(try await self.found(all, for: .replay, store) == [open, known].sorted())
            #expect(try await self.found(all, for: .acknowledge, store) == [open])
            #expect(try await self.found(all, for: .purge, store) == [open, known, replayed].sorted())
            let one = Operation.Selection.deadLetters(DeadLetterFilter(variables: ["a": 1]))
            #expect(try await self.found(one, for: .replay, store) == [known])
        }
    }

    @Test func `a selection that changed since the preview is refused, and nothing is left of it`() async throws {
        try await withFixture { store in
            let selection = Self.jobs { $0.workflow = "orders" }
            _ = try await store.waiting(2)
            let seen = try await store.mark(.cancel, selection)
            let extra = try await store.submit(store.job())
            let now = try await store.mark(.cancel, selection)
            await #expect(throws: StoreError.selectionChanged(expected: seen, found: now)) {
                _ = try await store.operation(.cancel, selection, expecting: seen)
            }
            // As many, but others.
            try await store.run { _ = try JobStore.cancel(extra, by: "ann", reason: nil, on: $0) }
            _ = try await store.operation(.cancel, selection, expecting: seen)
            let mine = try await store.run { try OperationStore.first(9, of: selection, for: .cancel, on: $0) }
            try await store.run { _ = try JobStore.cancel(mine[0], by: "ann", reason: nil, on: $0) }
            _ = try await store.submit(store.job())
            let others = try await store.mark(.cancel, selection)
            #expect(others.count == seen.count && others.hash != seen.hash)
            await #expect(throws: StoreError.selectionChanged(expected: seen, found: others)) {
                _ = try await store.operation(.cancel, selection, expecting: seen)
            }
            #expect(try await store.run { try OperationStore.list(limit: 9, on: $0).count } == 1)
            #expect(try await store.actions(.operation).count == 1)
        }
    }

    @Test func `what begins to match later is not done`() async throws {
        try await withFixture { store in
            let before = try await store.waiting(3)
            let operation = try await store.operation(.cancel, Self.jobs { $0.workflow = "orders" })
            let after = try await store.waiting(2)
            let ended = try await store.work(operation.id)
            #expect(ended.status == .completed && ended.progress.succeeded == 3)
            #expect(try await store.statuses(before) == [.cancelled, .cancelled, .cancelled])
            #expect(try await store.statuses(after) == [.pending, .pending])
        }
    }

    @Test func `an operation without jobs, or too many of them, is refused`() async throws {
        try await withFixture { store in
            await #expect(throws: StoreError.nothingSelected) {
                _ = try await store.operation(.cancel, Self.jobs { $0.workflow = "orders" })
            }
            await #expect(throws: Operation.Invalid.self) { _ = try await store.operation(.cancel, .ids([])) }
            let job = try await store.submit(store.job())
            for _ in 0..<Operation.openMax { _ = try await store.operation(.cancel, .ids([job])) }
            await #expect(throws: StoreError.tooManyOperations(max: Operation.openMax)) {
                _ = try await store.operation(.cancel, .ids([job]))
            }
        }
    }

    @Test func `more jobs than a chunk holds are all there, in order, once`() async throws {
        try await withFixture { store in
            let ids = try await store.waiting(2500)
            for selection in [Self.jobs { $0.workflow = "orders" }, .ids(ids)] {
                let operation = try await store.operation(.priority, selection) { $0.priority = .high }
                #expect(operation.mark.count == 2500)
                let frozen = try await store.run { connection in
                    try connection.execute(
                        """
                        SELECT job_id FROM operation_chunks CROSS JOIN unnest(jobs) WITH ORDINALITY AS part (job_id, n)
                        WHERE tenant_id = casare_tenant() AND operation_id = @operation ORDER BY chunk, n
                        """, ["operation": .uuid(operation.id.rawValue)]
                    ).map { Job.ID(rawValue: try $0.uuid("job_id")) }
                }
                #expect(frozen == ids.sorted())
            }
        }
    }

    @Test func `the same request makes one operation, and another one with its key is refused`() async throws {
        try await withFixture { store in
            let job = try await store.submit(store.job())
            let key = NewJob.Idempotency(key: "k", request: "r")
            let first = try await store.operation(.cancel, .ids([job]), key: key)
            #expect(try await store.operation(.cancel, .ids([job]), key: key).id == first.id)
            await #expect(throws: StoreError.idempotencyConflict(key: "k")) {
                _ = try await store.operation(.pause, .ids([job]), key: .init(key: "k", request: "other"))
            }
        }
    }
}
