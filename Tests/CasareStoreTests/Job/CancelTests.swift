import CasareDomain
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct CancelTests {
    private func cancel(_ id: Job.ID, _ store: StoreFixture) async throws -> Job.Status {
        try await store.run { try JobStore.cancel(id, by: "bob", reason: "typo", now: noon, on: $0).from }
    }

    private func expectCancelled(_ id: Job.ID, _ store: StoreFixture) async throws {
        guard case .finished(let outcome) = try await store.get(id)?.state else {
            Issue.record("The job has not ended")
            return
        }
        #expect(outcome.kind == .cancelled && outcome.message == "typo" && outcome.finishedAt == noon)
        #expect(try await store.jobsAreInOnePlaceEach())
        #expect(try await store.lease(9).isEmpty)
    }

    @Test func `a ready job is cancelled`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job())
            #expect(try await self.cancel(id, store) == .pending)
            try await self.expectCancelled(id, store)
        }
    }

    @Test func `a scheduled job is cancelled`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job(due: .after(.seconds(60))), now: noon)
            #expect(try await self.cancel(id, store) == .pending)
            #expect(try await store.promote(now: noon.addingTimeInterval(90)).promoted == 0)
            try await self.expectCancelled(id, store)
        }
    }

    @Test func `a blocked job is cancelled`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
            try await store.run { try LeaseStore.block(job.lease, question: question, on: $0) }
            #expect(try await self.cancel(job.lease.job, store) == .blocked)
            try await self.expectCancelled(job.lease.job, store)
        }
    }

    @Test func `a running job is taken away from its robot`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            #expect(try await self.cancel(job.lease.job, store) == .running)
            try await self.expectCancelled(job.lease.job, store)
            await #expect(throws: StoreError.leaseLost(job.lease.job)) {
                try await store.run { try LeaseStore.complete(job.lease, result: .ok(), on: $0) }
            }
            let renewal = try await store.run { try LeaseStore.renew(store.session, held: [job.lease], on: $0) }
            #expect(renewal.lost == [job.lease.job])
        }
    }

    @Test func `who cancels a running job is told whose session had it, to tell its robot`() async throws {
        try await withFixture { store in
            let running = try await store.leased().lease.job
            let waiting = try await store.submit(store.job())
            let (first, second) = try await store.run { connection in
                (
                    try JobStore.cancel(running, by: "bob", reason: nil, on: connection),
                    try JobStore.cancel(waiting, by: "bob", reason: nil, on: connection)
                )
            }
            #expect(first.session == store.session && second.session == nil)
        }
    }

    @Test func `a job that has ended cannot be cancelled, and says where it stands`() async throws {
        try await withFixture { store in
            let completed = try await store.leased()
            try await store.run { try LeaseStore.complete(completed.lease, result: .ok(), on: $0) }
            let failed = try await store.leased()
            _ = try await store.fail(failed, .business)
            let cancelled = try await store.submit(store.job())
            _ = try await self.cancel(cancelled, store)
            let ended: [(Job.ID, Job.Status)] = [
                (completed.lease.job, .completed), (failed.lease.job, .failed), (cancelled, .cancelled),
            ]
            for (id, status) in ended {
                await #expect(throws: StoreError.invalidTransition(id, from: status, action: "cancelled")) {
                    try await self.cancel(id, store)
                }
            }
        }
    }

    @Test func `an unknown job cannot be cancelled`() async throws {
        try await withFixture { store in
            let id = Job.ID.new(at: noon)
            await #expect(throws: StoreError.notFound(.job, id.description)) {
                try await self.cancel(id, store)
            }
            _ = try await store.submit(store.job())
        }
    }

    @Test func `cancelling while robots lease, complete and fail ends every job once`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            let ids = try await store.submit((0..<60).map { _ in store.job() }).map(\.id)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for id in ids { _ = try? await self.cancel(id, store) }
                }
                for _ in 0..<3 {
                    group.addTask {
                        while let jobs = try? await store.lease(2), !jobs.isEmpty {
                            for job in jobs {
                                _ = try? await store.run { try LeaseStore.complete(job.lease, result: .ok(), on: $0) }
                            }
                        }
                    }
                }
            }
            #expect(try await store.jobsAreInOnePlaceEach())
            for id in ids {
                #expect(try await store.status(id)?.isTerminal == true)
            }
        }
    }
}
