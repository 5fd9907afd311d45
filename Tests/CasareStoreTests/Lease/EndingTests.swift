import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct EndingTests {
    /// Every write that a robot can make under a lease.
    enum Write: String, CaseIterable, Sendable {
        case checkpoint, complete, fail, block, release

        func perform(_ lease: Lease, on connection: isolated PostgresConnection) throws {
            let entries = [JournalRow.step(0, "effect")]
            switch self {
            case .checkpoint: try LeaseStore.checkpoint(lease, entries: entries, on: connection)
            case .complete: try LeaseStore.complete(lease, result: .ok(), entries: entries, on: connection)
            case .fail:
                _ = try LeaseStore.fail(lease, failure: .broken, result: nil, entries: entries, on: connection)
            case .block:
                let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
                try LeaseStore.block(lease, question: question, entries: entries, on: connection)
            case .release: try LeaseStore.release(lease, reason: "test", on: connection)
            }
        }
    }

    @Test(arguments: Write.allCases)
    func `a stale token changes nothing`(write: Write) async throws {
        try await withFixture { store in
            let old = try await store.leased()
            try await store.run { try LeaseStore.release(old.lease, reason: "test", on: $0) }
            let new = try await store.lease()[0]
            #expect(new.lease.job == old.lease.job)
            await #expect(throws: StoreError.leaseLost(old.lease.job)) {
                try await store.run { try write.perform(old.lease, on: $0) }
            }
            await #expect(throws: StoreError.leaseLost(old.lease.job)) {
                try await store.run { _ = try LeaseStore.journal(old.lease, on: $0) }
            }
            #expect(try await store.status(old.lease.job) == .running)
            #expect(try await store.run { try LeaseStore.journal(new.lease, on: $0) }.isEmpty)
            try await store.run { try write.perform(new.lease, on: $0) }
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test(arguments: Write.allCases)
    func `nothing can be written after a job has ended`(write: Write) async throws {
        try await withFixture { store in
            let job = try await store.leased()
            try await store.run { try LeaseStore.complete(job.lease, result: .ok(), on: $0) }
            await #expect(throws: StoreError.leaseLost(job.lease.job)) {
                try await store.run { try write.perform(job.lease, on: $0) }
            }
            #expect(try await store.status(job.lease.job) == .completed)
        }
    }

    @Test func `a completed job has its outcome and its result`() async throws {
        try await withFixture { store in
            let job = try await store.leased(now: noon)
            var result = RunResult.ok(["b": 1, "a": 2.0])
            result.logs = ["one", "nul \u{0}"]
            result.trace = ["n1"]
            let expected = result
            let end = noon.addingTimeInterval(5)
            try await store.run {
                try LeaseStore.complete(
                    job.lease, result: expected, entries: [.step(0, "effect")], now: end, on: $0)
            }
            let state = try await store.get(job.lease.job)?.state
            #expect(
                state
                    == .finished(
                        Job.Outcome(
                            kind: .completed, result: expected, message: nil, robot: "r1", startedAt: noon,
                            finishedAt: end)))
            #expect(try await store.get(job.lease.job)?.attempt == 1)
            #expect(try await store.run { try JobStore.steps(job.lease.job, on: $0) } == [.step(0, "effect")])
        }
    }

    @Test func `a batch ends what it may and names what it may not`() async throws {
        try await withFixture { store in
            try await store.submit((0..<5).map { _ in store.job() })
            let jobs = try await store.lease(5)
            try await store.run { try LeaseStore.release(jobs[3].lease, reason: "test", on: $0) }
            let stale = Lease(job: jobs[4].lease.job, token: .init(rawValue: 1_000_000))
            let leases = jobs[0..<4].map(\.lease) + [stale]
            let batch = try await store.run { connection in
                try LeaseStore.completeBatch(
                    leases.map { .init(lease: $0, result: .ok(), entries: [.step(0, "captured")]) }, on: connection)
            }
            #expect(batch.lost == [jobs[3].lease.job, jobs[4].lease.job] && !batch.makesRoom)
            #expect(try await store.status(jobs[0].lease.job) == .completed)
            #expect(try await store.status(jobs[3].lease.job) == .pending)
            #expect(try await store.status(jobs[4].lease.job) == .running)
            #expect(try await store.run { try JobStore.steps(jobs[4].lease.job, on: $0) }.isEmpty)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `of many concurrent endings of one job one counts`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            let job = try await store.leased()
            let endings = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<16 {
                    group.addTask {
                        let write = Write.allCases[1 + number % 4]
                        return (try? await store.run { try write.perform(job.lease, on: $0) }) != nil
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(endings == 1)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `not even a second outcome behind the store's back is possible`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            try await store.run { try LeaseStore.complete(job.lease, result: .ok(), on: $0) }
            let error = await #expect(throws: PostgresError.self) {
                try await store.asOwner(
                    "INSERT INTO outcomes (tenant_id, job_id, kind, attempt, finished_at)"
                        + " VALUES (1, '\(job.lease.job)', 'completed', 1, now())")
            }
            #expect(error?.sqlState == .uniqueViolation)
        }
    }

    @Test func `a released job keeps its attempt and its journal, and gets a new place`() async throws {
        try await withFixture { store in
            let ids = try await store.submit([store.job(), store.job()]).map(\.id)
            let job = try await store.lease()[0]
            try await store.run { connection in
                try LeaseStore.checkpoint(job.lease, entries: [.step(0, "effect")], on: connection)
                try LeaseStore.release(job.lease, reason: "drain", on: connection)
            }
            #expect(try await store.get(ids[0])?.attempt == 0)
            let next = try await store.lease(2)
            #expect(next.map(\.lease.job) == [ids[1], ids[0]])
            #expect(next[1].attempt == 1)
            #expect(try await store.run { try LeaseStore.journal(next[1].lease, on: $0) } == [.step(0, "effect")])
        }
    }

    @Test func `a blocked job shows its question`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let question = Job.Question(step: 3, node: "mail", nodeType: "SendMail", text: "Was it sent?\u{0}")
            try await store.run {
                try LeaseStore.block(
                    job.lease, question: question, entries: [.step(3, "effect", nil)], now: noon, on: $0)
            }
            let shown = Job.Question(step: 3, node: "mail", nodeType: "SendMail", text: "Was it sent?\u{FFFD}")
            let blocked = try #require(try await store.get(job.lease.job))
            #expect(blocked.state == .blocked(shown, since: noon) && blocked.attempt == 1)
            #expect(try await store.lease().isEmpty)
        }
    }

    @Test func `events tell a job's life`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            _ = try await store.fail(job, now: noon)
            _ = try await store.promote(now: noon.addingTimeInterval(60))
            let again = try await store.lease()[0]
            try await store.run { try LeaseStore.complete(again.lease, result: .ok(), on: $0) }
            let kinds = try await store.run { connection in
                try connection.execute("SELECT kind FROM events ORDER BY event_id").map { try $0.string("kind") }
            }
            #expect(kinds == ["submitted", "leased", "retrying", "leased", "completed"])
        }
    }
}
