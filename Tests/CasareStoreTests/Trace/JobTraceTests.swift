import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Which trace jobs belong to, from the submit to the dead letter.
struct JobTraceTests {
    /// With all that a carrier may hold.
    private static let carrier = TraceCarrier(
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", tracestate: "a=1,b=2",
        baggage: "tenant=acme;p")!  // The literals are valid.

    /// The ways that the statements for submits take: a place in the queue, and more than that.
    private static func jobs(_ store: StoreFixture) -> [NewJob] {
        [
            store.job(), store.job(queueKey: "k"), store.job(deadline: .after(.seconds(600))),
            store.job(due: .after(.seconds(1))),
        ].map { job in
            var job = job
            job.trace = Self.carrier
            return job
        }
    }

    private static func leased(_ job: NewJob, _ store: StoreFixture) async throws -> LeasedJob {
        _ = try await store.submit(job)
        let leased = try await store.lease(9)
        return try #require(leased.first { $0.lease.job == job.id })
    }

    @Test(arguments: 0..<4)
    func `a job keeps the trace that it was submitted in, and its robot gets all of it`(way: Int) async throws {
        try await withFixture { store in
            let job = Self.jobs(store)[way]
            _ = try await store.submit(job)
            #expect(try await store.get(job.id)?.traceID == Self.carrier.traceID)
            let listed = try await store.run { try JobStore.list(limit: 9, on: $0) }
            #expect(listed.map(\.traceID) == [Self.carrier.traceID])
            _ = try await store.promote(now: Date(timeIntervalSinceNow: 60))
            #expect(try await store.lease().map(\.trace) == [Self.carrier])
        }
    }

    @Test func `jobs of one call belong to traces of their own, where they are given so`() async throws {
        try await withFixture { store in
            var jobs = [store.job(), store.job(), store.job(), store.job()]
            jobs[1].trace = Self.carrier
            jobs[2].trace = TraceCarrier(Self.carrier.context)
            _ = try await store.submit(jobs)
            let leased = try await store.lease(4)
            #expect(leased.compactMap(\.trace) == jobs.map(\.trace))
            #expect(Set(leased.map { $0.trace?.traceID }).count == 3, "those that say nothing begin one each")
            #expect(jobs[0].trace.context.isSampled)
        }
    }

    @Test func `a job that comes with the end of another brings its trace`() async throws {
        try await withFixture { store in
            let first = try await store.leased()
            var next = store.job()
            next.trace = Self.carrier
            _ = try await store.submit(next)
            let turn = try await store.run { connection in
                var cursor = LeaseCursor()
                return try LeaseStore.completeAndLease(
                    [LeaseStore.Completion(lease: first.lease, result: .ok())], for: store.session, limit: 1,
                    cursor: &cursor, on: connection)
            }
            #expect(turn.leased.map(\.trace) == [Self.carrier])
        }
    }

    @Test func `another attempt is of the same trace`() async throws {
        try await withFixture { store in
            var job = store.job()
            job.trace = Self.carrier
            let first = try await store.leased(job, now: noon)
            _ = try await store.fail(first, now: noon + 1)
            _ = try await store.promote(now: noon + 60)
            let second = try await store.lease(now: noon + 61)
            #expect(second.map(\.attempt) == [2] && second.map(\.trace) == [Self.carrier])
        }
    }

    @Test func `a job from before, and one whose trace cannot be read, run without`() async throws {
        for bytes in ["NULL", "decode(repeat('00', 25), 'hex')", "decode('ab', 'hex')"] {
            try await withFixture { store in
                let id = try await store.submit(store.job())
                try await store.asOwner("UPDATE jobs SET trace = \(bytes)")
                let job = try #require(try await store.get(id))
                #expect(job.traceID == nil)
                let leased = try #require(try await store.lease().first)
                #expect(leased.trace == nil)
                _ = try await store.fail(leased, .business)
                let letter = try #require(try await store.deadLetter(id))
                #expect(letter.traceID == nil)
            }
        }
    }

    // MARK: - Dead letters

    @Test func `a dead letter has its job's trace, also when the job is gone`() async throws {
        try await withFixture { store in
            var job = store.job()
            job.trace = Self.carrier
            let leased = try await Self.leased(job, store)
            _ = try await store.fail(leased, .business)
            #expect(try await store.deadLetter(job.id)?.traceID == Self.carrier.traceID)
            // As the retention does, which drops whole partitions.
            try await store.asOwner("DELETE FROM jobs; DELETE FROM outcomes")
            #expect(try await store.get(job.id) == nil)
            let page = try await store.run { try DeadLetterStore.list(limit: 9, on: $0) }
            #expect(page.letters.map(\.traceID) == [Self.carrier.traceID])
        }
    }

    @Test func `a job that expires leaves its trace with its letter`() async throws {
        try await withFixture { store in
            var job = store.job(deadline: .after(.seconds(1)))
            job.trace = Self.carrier
            _ = try await store.submit(job, now: noon)
            #expect(try await store.lease(now: noon + 2).isEmpty)
            let letter = try #require(try await store.deadLetter(job.id))
            #expect(letter.failure.kind == .expired && letter.traceID == Self.carrier.traceID)
        }
    }

    // MARK: - Jobs that come of jobs

    @Test(arguments: [true, false])
    func `a replay, a retry and a fork belong to the trace of who asks for them`(isGiven: Bool) async throws {
        try await withFixture { store in
            var job = store.job()
            job.trace = Self.carrier
            let failed = try await Self.leased(job, store)
            _ = try await store.fail(failed, .business)
            let id = failed.lease.job
            let asked = TraceCarrier(.makeRoot(), baggage: Baggage("who=bob"))
            let new = try await store.run { connection in
                guard isGiven else {
                    return [
                        try JobStore.replay(id, by: "bob", on: connection),
                        try JobStore.fork(id, from: 0, by: "bob", on: connection),
                    ]
                }
                return [
                    try JobStore.replay(id, by: "bob", trace: asked, on: connection),
                    try JobStore.fork(id, from: 0, by: "bob", trace: asked, on: connection),
                ]
            }
            let leased = try await store.lease(9)
            #expect(Set(leased.map(\.lease.job)) == Set(new))
            for job in leased {
                let trace = try #require(job.trace)
                #expect(trace.traceID != Self.carrier.traceID && (trace == asked) == isGiven)
            }
            #expect(try await store.deadLetter(id)?.traceID == Self.carrier.traceID)
            // One that has completed runs again without a letter.
            let first = leased[0].lease
            try await store.run { try LeaseStore.complete(first, result: .ok(), on: $0) }
            let again = try await store.run { try JobStore.retry(first.job, by: "cyd", trace: asked, on: $0) }
            #expect(try await store.get(again)?.traceID == asked.traceID)
        }
    }

    @Test func `all jobs of an operation belong to the operation's trace, each at a place of its own`() async throws {
        try await withFixture { store in
            let letters = [try await store.letter(), try await store.letter()]
            let operation = try await store.run { connection in
                try OperationStore.create(
                    OperationStore.New(
                        id: .new(at: Date()), plan: Operation.Plan(verb: .replay), selection: .ids(letters), shown: [:],
                        trace: Self.carrier),
                    by: "ann", on: connection)
            }
            #expect(operation.trace == Self.carrier)
            #expect(try await store.work(operation.id).progress.succeeded == 2)
            let traces = try await store.lease(9).compactMap(\.trace)
            #expect(traces.map(\.traceID) == [Self.carrier.traceID, Self.carrier.traceID])
            #expect(Set(traces.map(\.context.spanID) + [Self.carrier.context.spanID]).count == 3)
            let (flags, state) = (Self.carrier.context.flags, Self.carrier.context.state)
            #expect(traces.allSatisfy { $0.context.flags == flags && $0.context.state == state })
            #expect(traces.allSatisfy { $0.baggage == Self.carrier.baggage })
        }
    }

    @Test func `a child belongs to its parent's trace`() async throws {
        try await withFixture { store in
            var job = store.job()
            job.trace = Self.carrier
            let parent = try await Self.leased(job, store)
            let child = ChildJob(source: .stored("orders"), variables: [:])
            _ = try await store.run { try ChildStore.submit(child, forStep: 1, under: parent.lease, on: $0) }
            #expect(try await store.lease().map(\.trace) == [Self.carrier])
        }
    }

    // MARK: - In memory

    @Test func `the queue in memory answers the same`() throws {
        var queue = MemoryQueue()
        let workflow = queue.push(name: "w", document: "{}", by: "ann", now: noon).version.workflow
        queue.register(StoreFixture.robot, environment: "default", tags: [], capabilities: [], slots: 9, now: noon)
        let session = try queue.openSession(StoreFixture.robot, boot: UUID(), now: noon)
        var job = NewJob(workflow: workflow, workflowVersion: 1)
        job.trace = Self.carrier
        _ = try queue.submit([job], by: "ann", now: noon)
        #expect(queue.job(job.id)?.traceID == Self.carrier.traceID)
        let leased = try queue.lease(session, limit: 9, now: noon)
        #expect(leased.map(\.trace) == [Self.carrier])
        let child = ChildJob(source: .stored("w"), variables: [:])
        let submitted = try queue.submit(child, forStep: 1, under: leased[0].lease, now: noon)
        #expect(queue.job(submitted.id)?.traceID == Self.carrier.traceID)
        try queue.fail(leased[0].lease, failure: .business, result: nil, entries: [], now: noon)
        #expect(queue.deadLetter(job.id)?.traceID == Self.carrier.traceID)
        let asked = TraceCarrier.makeRoot()
        let replay = try queue.replay(job.id, by: "bob", trace: asked, now: noon)
        let fork = try queue.fork(job.id, from: 0, by: "bob", trace: asked, now: noon)
        for new in [replay, fork] { #expect(queue.job(new)?.traceID == asked.traceID) }
        #expect(queue.deadLetter(job.id)?.traceID == Self.carrier.traceID)
    }
}
