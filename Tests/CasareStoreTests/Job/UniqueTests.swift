import CasareDomain
import CasarePostgres
import CasareStore
import FoundationEssentials
import Testing

struct UniqueTests {
    private func unique(
        _ key: String = "k", _ scope: Job.UniqueKey.Scope = .unfinished,
        _ conflict: Job.Uniqueness.Conflict = .returnExisting
    ) throws -> Job.Uniqueness { try Job.Uniqueness(key, scope: scope, conflict: conflict) }

    private func at(_ seconds: Double) -> Date { noon.addingTimeInterval(seconds) }

    @Test func `a held key brings its job until that has ended`() async throws {
        try await withFixture { store in
            let first = try await store.submit([store.job(uniqueness: self.unique())])[0]
            let second = try await store.submit([store.job(uniqueness: self.unique())])[0]
            #expect(first.found == nil && second.found == .uniqueKey && second.id == first.id)
            #expect(try await store.get(first.id)?.uniqueKey == Job.UniqueKey(key: "k", scope: .unfinished))
            let leased = try await store.lease(9)
            #expect(leased.map(\.lease.job) == [first.id])
            #expect(try await store.submit([store.job(uniqueness: self.unique())])[0].id == first.id)
            try await store.run { try LeaseStore.complete(leased[0].lease, result: .ok(), on: $0) }
            let third = try await store.submit([store.job(uniqueness: self.unique())])[0]
            #expect(third.found == nil && third.id != first.id)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a key that is to be refused names its holder, and nothing is stored`() async throws {
        try await withFixture { store in
            let first = try await store.submit(store.job(uniqueness: self.unique()))
            let jobs = try [store.job(), store.job(uniqueness: self.unique("k", .unfinished, .reject))]
            await #expect(throws: StoreError.uniqueKeyHeld(key: "k", by: first)) { try await store.submit(jobs) }
            #expect(try await store.get(jobs[0].id) == nil)
        }
    }

    @Test func `a key for waiting jobs is free once the job is leased`() async throws {
        try await withFixture { store in
            let first = try await store.submit(store.job(uniqueness: self.unique("k", .waiting)))
            #expect(try await store.submit(store.job(uniqueness: self.unique("k", .waiting))) == first)
            _ = try await store.lease()
            #expect(try await store.submit(store.job(uniqueness: self.unique("k", .waiting))) != first)
        }
    }

    @Test func `a paused job keeps its key, and gives way as one that waits does`() async throws {
        try await withFixture { store in
            for (key, scope) in [("a", .waiting), ("b", .unfinished)] as [(String, Job.UniqueKey.Scope)] {
                let first = try await store.submit(store.job(uniqueness: self.unique(key, scope)))
                _ = try await store.run { try JobStore.pause(first, by: "ann", reason: nil, on: $0) }
                #expect(try await store.submit(store.job(uniqueness: self.unique(key, scope))) == first)
                let second = try await store.submit([store.job(uniqueness: self.unique(key, scope, .replace))])[0]
                #expect(second.replaced == first)
                #expect(try await store.status(first) == .cancelled)
            }
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a window holds its key to the end, whatever became of the job`() async throws {
        try await withFixture { store in
            let window = try self.unique("k", .window(seconds: 60))
            let first = try await store.submit(store.job(uniqueness: window), now: noon)
            _ = try await store.run { try JobStore.cancel(first, by: "ann", reason: nil, now: noon, on: $0) }
            #expect(try await store.submit(store.job(uniqueness: window), now: self.at(59.999)) == first)
            let next = try await store.submit(store.job(uniqueness: window), now: self.at(60))
            #expect(next != first)
            #expect(try await store.get(next)?.uniqueKey?.scope == .window(seconds: 60))
        }
    }

    @Test func `a job that waits is replaced, and one whose window is over is left alone`() async throws {
        try await withFixture { store in
            let replacing = try self.unique("k", .window(seconds: 60), .replace)
            let first = try await store.submit(store.job(due: .after(.seconds(600)), uniqueness: replacing), now: noon)
            let second = try await store.submit([store.job(uniqueness: replacing)], now: self.at(1))[0]
            #expect(second.replaced == first && second.found == nil)
            #expect(try await store.status(first) == .cancelled)
            guard case .finished(let outcome) = try await store.get(first)?.state else {
                Issue.record("the replaced job has not ended")
                return
            }
            #expect(outcome.message == "Replaced by job \(second.id)")
            let third = try await store.submit([store.job(uniqueness: replacing)], now: self.at(61))[0]
            #expect(third.replaced == nil && third.found == nil)
            #expect(try await store.status(second.id) == .pending)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a job that runs is never replaced`() async throws {
        try await withFixture { store in
            let replacing = try self.unique("k", .unfinished, .replace)
            let first = try await store.leased(store.job(uniqueness: replacing)).lease.job
            let second = try await store.submit([store.job(uniqueness: replacing)])[0]
            #expect(second.id == first && second.found == .uniqueKey && second.replaced == nil)
            #expect(try await store.status(first) == .running)
        }
    }

    @Test func `a debounced job begins when no other has come for a while, but not later than its limit`() async throws
    {
        try await withFixture { store in
            let debounced = try Job.Uniqueness("k", debounceSeconds: 30, secondsMax: 50)
            var ids: [Job.ID] = []
            for (second, due) in [(0.0, 30.0), (10, 40), (25, 50), (49, 50)] {
                ids.append(try await store.submit(store.job(uniqueness: debounced), now: self.at(second)))
                #expect(try await store.get(ids[ids.count - 1])?.state == .pending(dueAt: self.at(due)))
            }
            for id in ids.dropLast() { #expect(try await store.status(id) == .cancelled) }
            #expect(try await store.promote(now: self.at(50)).promoted == 1)
            let leased = try await store.lease(9, now: self.at(50))
            #expect(leased.map(\.lease.job) == [ids[3]])
            // The row of jobs that replaced each other is over: the next begins another, beside the one that runs.
            let next = try await store.submit([store.job(uniqueness: debounced)], now: self.at(51))[0]
            #expect(next.found == nil && next.replaced == nil)
            #expect(try await store.get(next.id)?.state == .pending(dueAt: self.at(81)))
        }
    }

    @Test func `in one submit a key counts once`() async throws {
        try await withFixture { store in
            let jobs = try [
                store.job(uniqueness: self.unique()), store.job(), store.job(uniqueness: self.unique()),
                store.job(uniqueness: self.unique("other")),
            ]
            let submitted = try await store.submit(jobs)
            #expect(submitted.map(\.id) == [jobs[0].id, jobs[1].id, jobs[0].id, jobs[3].id])
            #expect(submitted.map(\.found) == [nil, nil, .uniqueKey, nil])
            let replacing = try (0..<2).map { _ in store.job(uniqueness: try self.unique("r", .waiting, .replace)) }
            await #expect(throws: StoreError.uniqueKeyRepeated(key: "r")) { try await store.submit(replacing) }
            let rejecting = try (0..<2).map { _ in store.job(uniqueness: try self.unique("q", .waiting, .reject)) }
            await #expect(throws: StoreError.uniqueKeyRepeated(key: "q")) { try await store.submit(rejecting) }
        }
    }

    @Test func `keys that differ in bytes only are two`() async throws {
        try await withFixture { store in
            let jobs = try ["\u{E9}", "e\u{301}"].map { store.job(uniqueness: try self.unique($0)) }
            #expect(try await store.submit(jobs).map(\.found) == [nil, nil])
        }
    }

    @Test func `an idempotency key stands for the job that the unique key brought`() async throws {
        try await withFixture { store in
            let first = try await store.submit(store.job(uniqueness: self.unique()))
            let key = NewJob.Idempotency(key: "i", request: "body")
            let second = try await store.submit([store.job(idempotency: key, uniqueness: self.unique())])[0]
            #expect(second.id == first && second.found == .uniqueKey)
            let again = try await store.submit([store.job(idempotency: key, uniqueness: self.unique())])[0]
            #expect(again.id == first && again.found == .idempotencyKey)
            let batch = NewJob.Idempotency(key: "j", request: "body")
            let twice = try await store.submit(
                (0..<2).map { _ in store.job(idempotency: batch, uniqueness: try self.unique()) })
            #expect(twice.map(\.id) == [first, first])
        }
    }

    @Test(arguments: [Job.Uniqueness.Conflict.returnExisting, .replace])
    func `of many that submit one key at once one holds it`(conflict: Job.Uniqueness.Conflict) async throws {
        try await withFixture(connectionsMax: 8) { store in
            for round in 0..<5 {
                let unique = try self.unique("k\(round % 2)", .waiting, conflict)
                let submitted = try await withThrowingTaskGroup(of: SubmittedJob.self) { group in
                    for _ in 0..<8 { group.addTask { try await store.submit([store.job(uniqueness: unique)])[0] } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let new = submitted.filter { $0.found == nil }
                var waiting: [Job.ID] = []
                for job in new where try await store.status(job.id) == .pending { waiting.append(job.id) }
                #expect(waiting.count == 1)
                if conflict == .returnExisting {
                    #expect(new.count == 1 && Set(submitted.map(\.id)).count == 1)
                } else {
                    // Each was new, and all but the last were replaced, each by one.
                    #expect(new.count == 8 && Set(new.compactMap(\.replaced)).count == 7)
                }
                #expect(try await store.lease(9).map(\.lease.job) == waiting)
            }
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a job is leased or replaced, never both`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            let unique = try self.unique("k", .waiting, .replace)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        for _ in 0..<15 {
                            let submitted = try await store.submit([store.job(uniqueness: unique)])[0]
                            #expect(submitted.found == nil)
                        }
                    }
                    group.addTask { for _ in 0..<15 { _ = try await store.lease(2) } }
                }
                try await group.waitForAll()
            }
            #expect(try await store.jobsAreInOnePlaceEach())
            let counts = try await store.run { try JobStore.counts(on: $0) }
            #expect(counts.ready + counts.scheduled <= 1)
        }
    }

    @Test func `a retry asks for the unique key again`() async throws {
        try await withFixture { store in
            let window = try self.unique("k", .window(seconds: 86_400))
            let failed = try await store.leased(store.job(uniqueness: window))
            _ = try await store.fail(failed, .business)
            let retried = try await store.run { try JobStore.retry(failed.lease.job, by: "bo", on: $0) }
            #expect(try await store.get(retried)?.uniqueKey == window.key)
            #expect(try await store.submit([store.job(uniqueness: window)])[0].id == retried)

            let other = try self.unique("other")
            let second = try await store.leased(store.job(priority: .high, uniqueness: other))
            _ = try await store.fail(second, .business)
            let holder = try await store.submit(store.job(uniqueness: other))
            await #expect(throws: StoreError.uniqueKeyHeld(key: "other", by: holder)) {
                try await store.run { try JobStore.retry(second.lease.job, by: "bo", on: $0) }
            }
            // It was refused whole: the letter waits for the next try.
            _ = try await store.run { try JobStore.cancel(holder, by: "ann", reason: nil, on: $0) }
            _ = try await store.run { try JobStore.retry(second.lease.job, by: "bo", on: $0) }
        }
    }
}
