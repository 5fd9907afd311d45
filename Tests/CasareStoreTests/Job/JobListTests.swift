import CasareDomain
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct JobListTests {
    private func list(
        _ store: StoreFixture, _ filter: JobFilter = .init(), before: Job.ID? = nil, limit: Int = 50
    ) async throws -> [Job.ID] {
        try await store.run { try JobStore.list(filter, before: before, limit: limit, on: $0).map(\.id) }
    }

    @Test func `jobs come newest first, in pages`() async throws {
        try await withFixture { store in
            let ids = try await store.submit(
                (0..<5).map { index in
                    var job = store.job()
                    job.id = .new(at: noon.addingTimeInterval(Double(index)))
                    return job
                }
            ).map(\.id)
            #expect(try await self.list(store) == ids.reversed())
            #expect(try await self.list(store, limit: 2) == [ids[4], ids[3]])
            #expect(try await self.list(store, before: ids[3], limit: 2) == [ids[2], ids[1]])
            #expect(try await self.list(store, before: ids[0]).isEmpty)
            let middle = JobFilter(since: noon.addingTimeInterval(1), until: noon.addingTimeInterval(3))
            #expect(try await self.list(store, middle) == [ids[2], ids[1]])
        }
    }

    @Test func `every status has its list, also of one workflow`() async throws {
        try await withFixture { store in
            let other = try await store.run {
                try WorkflowStore.push(name: "other", document: "{}", by: "ann", on: $0).version.workflow
            }
            let completed = try await store.leased()
            try await store.run { try LeaseStore.complete(completed.lease, result: .ok(), on: $0) }
            let failed = try await store.leased()
            _ = try await store.fail(failed, .business)
            let blocked = try await store.leased()
            let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
            try await store.run { try LeaseStore.block(blocked.lease, question: question, on: $0) }
            let running = try await store.leased()
            let cancelled = try await store.submit(store.job())
            try await store.run { _ = try JobStore.cancel(cancelled, by: "ann", reason: nil, on: $0) }
            let paused = try await store.submit(store.job())
            try await store.run { _ = try JobStore.pause(paused, by: "ann", reason: nil, on: $0) }
            let ready = try await store.submit(store.job())
            let scheduled = try await store.submit(store.job(due: .after(.seconds(60))))

            let expected: [Job.Status: Set<Job.ID>] = [
                .completed: [completed.lease.job], .failed: [failed.lease.job], .blocked: [blocked.lease.job],
                .running: [running.lease.job], .cancelled: [cancelled], .pending: [ready, scheduled],
                .paused: [paused],
            ]
            for (status, ids) in expected {
                #expect(Set(try await self.list(store, .init(status: status))) == ids)
                #expect(Set(try await self.list(store, .init(status: status, workflow: store.workflow))) == ids)
                #expect(try await self.list(store, .init(status: status, workflow: other)).isEmpty)
                for id in ids {
                    #expect(try await store.status(id) == status)
                }
            }
            #expect(try await self.list(store, .init(workflow: store.workflow)).count == 8)
            #expect(try await self.list(store, .init(workflow: other)).isEmpty)
            let counts = try await store.run { try JobStore.counts(on: $0) }
            #expect(counts.ready == 1 && counts.scheduled == 1 && counts.running == 1 && counts.blocked == 1)
            #expect(counts.paused == 1 && counts.deadLettersOpen == 1)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `jobs are counted up to ten thousand, and it is said where there are more`() async throws {
        try await withFixture { store in
            try await store.load(10_000)
            let exact = try await store.run { try JobStore.counts(on: $0) }
            #expect(exact.ready == 10_000 && exact.inexact == [])
            try await store.load(2, keys: 1)
            let more = try await store.run { try JobStore.counts(on: $0) }
            #expect(more.ready == 10_000 && more.inexact == [.ready] && more.scheduled == 0)
        }
    }

    @Test func `an unknown job is nil`() async throws {
        try await withFixture { store in
            let job = try await store.get(.new(at: noon))
            #expect(job == nil)
        }
    }
}
