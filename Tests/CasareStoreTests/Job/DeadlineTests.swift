import CasareDomain
import CasarePostgres
import FoundationEssentials
import Testing

@testable import CasareStore

/// Jobs that somebody must have begun by a moment, or they end unrun.
struct DeadlineTests {
    private func expire(_ store: StoreFixture, at seconds: Double) async throws -> ExpiryReport {
        try await store.database.asSystem {
            try LeaseStore.expireDue(now: noon.addingTimeInterval(seconds), on: $0)
        }
    }

    @Test func `a job that nobody began by its deadline fails as expired, with a dead letter`() async throws {
        try await withFixture { store in
            let ready = try await store.submit(store.job(deadline: .after(.seconds(60))), now: noon)
            let later = try await store.submit(
                store.job(due: .after(.seconds(30)), deadline: .at(noon.addingTimeInterval(60))), now: noon)
            #expect(try await self.expire(store, at: 59.999).due == 0)
            let report = try await self.expire(store, at: 60)
            #expect(Set(report.expired.map(\.job)) == [ready, later] && report.failures.isEmpty)
            for id in [ready, later] {
                let job = try #require(try await store.get(id))
                guard case .finished(let outcome) = job.state else {
                    Issue.record("job \(id) has not ended")
                    continue
                }
                #expect(outcome.kind == .failed(.expired) && outcome.failure == .expired && job.attempt == 0)
                let letter = try #require(try await store.run { try DeadLetterStore.get(id, on: $0) })
                #expect(letter.failure.kind == .expired && letter.attempts.isEmpty)
                #expect(letter.fingerprint == Failure.expired.fingerprint)
            }
            #expect(try await self.expire(store, at: 99).due == 0)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a job that was begun in time is out of the deadline's reach`() async throws {
        try await withFixture { store in
            let running = try await store.leased(store.job(deadline: .after(.seconds(60))), now: noon)
            let failing = try await store.leased(store.job(deadline: .after(.seconds(60))), now: noon)
            _ = try await store.fail(failing, now: noon.addingTimeInterval(50))
            let report = try await self.expire(store, at: 60)
            #expect(report.due == 2 && report.expired.isEmpty)
            #expect(try await store.status(running.lease.job) == .running)
            #expect(try await store.status(failing.lease.job) == .pending)
            _ = try await store.promote(now: noon.addingTimeInterval(100))
            #expect(try await store.lease(9, now: noon.addingTimeInterval(100)).map(\.attempt) == [2])
        }
    }

    @Test func `a job that is leased past its deadline is failed unrun`() async throws {
        try await withFixture { store in
            let late = try await store.submit(store.job(deadline: .after(.seconds(60))), now: noon)
            let fine = try await store.submit(store.job(deadline: .after(.seconds(61))), now: noon)
            let leased = try await store.lease(9, now: noon.addingTimeInterval(60))
            #expect(leased.map(\.lease.job) == [fine])
            #expect(try await store.get(late)?.attempt == 0)
            #expect(try await store.status(late) == .failed)
            #expect(try await store.run { try DeadLetterStore.get(late, on: $0) }?.failure == .expired)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a job that was handed back unbegun can still expire`() async throws {
        try await withFixture { store in
            let leased = try await store.leased(store.job(deadline: .after(.seconds(60))), now: noon)
            _ = try await self.expire(store, at: 61)
            try await store.run { try LeaseStore.release(leased.lease, reason: "stopping", on: $0) }
            #expect(try await store.lease(9, now: noon.addingTimeInterval(62)).isEmpty)
            #expect(try await store.status(leased.lease.job) == .failed)
        }
    }

    /// Jobs with a deadline at a minute past noon, each with what a robot recorded of it from noon on before it handed
    /// the job back.
    private func handedBack(_ recorded: [[JournalRow]], in store: StoreFixture) async throws -> [Job.ID] {
        try await store.submit(recorded.map { _ in store.job(deadline: .after(.seconds(60))) }, now: noon)
        let leases = try await store.lease(recorded.count, now: noon).map(\.lease)
        for (lease, entries) in zip(leases, recorded) {
            try await store.run { connection in
                if !entries.isEmpty { try LeaseStore.checkpoint(lease, entries: entries, on: connection) }
                try LeaseStore.release(lease, reason: "stopping", now: noon.addingTimeInterval(30), on: connection)
            }
        }
        return leases.map(\.job)
    }

    @Test func `a job that was handed back after a step goes on, however late, and one without a step expires`()
        async throws
    {
        try await withFixture { store in
            let jobs = try await self.handedBack([[], [.step(0, "effect")]], in: store)
            let (untouched, begun) = (jobs[0], jobs[1])
            let report = try await self.expire(store, at: 61)
            #expect(report.due == 2 && report.expired.map(\.job) == [untouched] && report.failures.isEmpty)
            #expect(try await store.count("SELECT count(*) FROM deadlines") == 0)
            let again = try await store.lease(9, now: noon.addingTimeInterval(62))
            #expect(again.map(\.lease.job) == [begun] && again.map(\.attempt) == [1])
            try await store.complete(again)
            #expect(try await store.status(begun) == .completed)
            #expect(try await store.status(untouched) == .failed)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    /// Nobody has looked at the deadlines before.
    @Test(arguments: [#"{"outputs": {}}"#, nil] as [String?])
    func `a job that was begun and handed back is leased past its deadline, beside one that expires`(
        result: String?
    ) async throws {
        try await withFixture { store in
            let jobs = try await self.handedBack([[.step(0, "effect", result)], []], in: store)
            let (begun, untouched) = (jobs[0], jobs[1])
            let again = try await store.lease(9, now: noon.addingTimeInterval(62))
            #expect(again.map(\.lease.job) == [begun])
            #expect(try await store.status(untouched) == .failed)
            // While it runs, too, the deadline is none of its business any more.
            #expect(try await self.expire(store, at: 63).expired.isEmpty)
            #expect(try await store.count("SELECT count(*) FROM deadlines") == 0)
            try await store.complete(again)
            #expect(try await store.status(begun) == .completed)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a job that was paused after a step goes on when it is resumed past its deadline`() async throws {
        try await withFixture { store in
            let leased = try await store.leased(store.job(deadline: .after(.seconds(60))), now: noon)
            let id = leased.lease.job
            try await store.run { connection in
                try LeaseStore.checkpoint(leased.lease, entries: [.step(0, "captured")], on: connection)
                _ = try JobStore.pause(id, by: "bob", reason: nil, now: noon, on: connection)
                try LeaseStore.release(leased.lease, reason: "pause", now: noon, on: connection)
            }
            #expect(try await store.status(id) == .paused)
            #expect(try await self.expire(store, at: 61).expired.isEmpty)
            #expect(try await store.count("SELECT count(*) FROM deadlines") == 0)
            _ = try await store.run {
                try JobStore.resume(id, by: "bob", reason: nil, now: noon.addingTimeInterval(70), on: $0).session
            }
            let again = try await store.lease(9, now: noon.addingTimeInterval(71))
            #expect(again.map(\.lease.job) == [id])
            try await store.complete(again)
            #expect(try await store.status(id) == .completed)
        }
    }

    /// As when a call is left that waits for another job: nothing is recorded of it.
    @Test(arguments: [false, true])
    func `a job that has submitted another one goes on, however late, though nothing is recorded of it`(
        isSwept: Bool
    ) async throws {
        try await withFixture { store in
            let lease = try await store.leased(store.job(deadline: .after(.seconds(60))), now: noon).lease
            try await store.run { connection in
                let child = ChildJob(source: .stored("orders"), variables: [:])
                _ = try ChildStore.submit(child, forStep: 0, under: lease, on: connection)
                try LeaseStore.release(lease, reason: "stopping", now: noon.addingTimeInterval(30), on: connection)
            }
            if isSwept { #expect(try await self.expire(store, at: 61).expired.isEmpty) }
            let again = try await store.lease(9, now: noon.addingTimeInterval(62))
            #expect(again.map(\.lease.job).contains(lease.job))
            #expect(try await store.status(lease.job) == .running)
        }
    }

    @Test func `a job that is handed back after its deadline expires within a minute, though nobody leases`()
        async throws
    {
        try await withFixture { store in
            let leased = try await store.leased(store.job(deadline: .after(.seconds(60))), now: noon)
            #expect(try await self.expire(store, at: 61).due == 1)
            #expect(try await self.expire(store, at: 62).due == 0, "it is looked at again in a minute")
            try await store.run { try LeaseStore.release(leased.lease, reason: "stopping", on: $0) }
            #expect(try await self.expire(store, at: 121).expired.map(\.job) == [leased.lease.job])
            #expect(try await store.status(leased.lease.job) == .failed)
            #expect(try await store.count("SELECT count(*) FROM deadlines") == 0)
        }
    }

    @Test func `a job that changes its place while deadlines are looked at expires a minute later`() async throws {
        try await withFixture { store in
            let jobs = try await store.submit(
                [
                    store.job(deadline: .after(.seconds(60))),
                    store.job(due: .after(.seconds(30)), deadline: .after(.seconds(60))),
                    store.job(deadline: .after(.seconds(60))),
                ], now: noon)
            let connection = try await store.database.connect()
            try await connection.script("BEGIN")
            try await connection.execute(SettingQueries.tenant, ["tenant": .text(store.tenant.description)])
            for job in jobs.prefix(2) {
                try await connection.execute(
                    JobQueries.changePriority, ["job": .uuid(job.id.rawValue), "priority": .int(7), "now": .null])
            }
            let report = try await self.expire(store, at: 60)
            #expect(report.expired.map(\.job) == [jobs[2].id] && report.failures.isEmpty, "nobody waits for the others")
            try await connection.script("COMMIT")
            await connection.close()
            #expect(Set(try await self.expire(store, at: 120).expired.map(\.job)) == Set(jobs.prefix(2).map(\.id)))
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `the deadline of a job that has ended or been begun is forgotten`() async throws {
        try await withFixture { store in
            let deadline = NewJob.Deadline.after(.seconds(60))
            let done = try await store.leased(store.job(deadline: deadline), now: noon)
            try await store.complete([done])
            _ = try await store.fail(try await store.leased(store.job(deadline: deadline), now: noon), now: noon)
            let gone = try await store.submit(store.job(deadline: deadline), now: noon)
            try await store.asOwner("DELETE FROM ready; DELETE FROM jobs WHERE job_id = '\(gone)'")
            #expect(try await self.expire(store, at: 60).due == 3)
            #expect(try await store.count("SELECT count(*) FROM deadlines") == 0)
        }
    }

    @Test func `leasing and expiring at once, each job goes one way`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            try await store.submit(
                (0..<60).map { _ in store.job(deadline: .at(noon.addingTimeInterval(60))) }, now: noon)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        for _ in 0..<10 { _ = try await store.lease(2, now: noon.addingTimeInterval(59)) }
                    }
                    group.addTask {
                        for _ in 0..<5 {
                            _ = try await store.database.asSystem {
                                try LeaseStore.expireDue(limit: 5, now: noon.addingTimeInterval(60), on: $0)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.jobsAreInOnePlaceEach())
            _ = try await self.expire(store, at: 60)
            #expect(try await store.run { try JobStore.counts(on: $0).ready } == 0)
        }
    }

    @Test func `a deadline before the job may begin is refused`() async throws {
        try await withFixture { store in
            let deadline = noon.addingTimeInterval(60)
            for due in [NewJob.Due.after(.seconds(60)), .at(deadline)] {
                let jobs = [store.job(due: due, deadline: .at(deadline))]
                await #expect(throws: StoreError.deadlineTooEarly(deadline, start: deadline)) {
                    try await store.submit(jobs, now: noon)
                }
            }
            let past = [store.job(deadline: .at(noon))]
            await #expect(throws: StoreError.deadlineTooEarly(noon, start: noon)) {
                try await store.submit(past, now: noon)
            }
        }
    }

    @Test func `a job that cannot be ended does not hold up the others`() async throws {
        try await withFixture { store in
            let jobs = try await store.submit(
                (0..<3).map { _ in store.job(deadline: .after(.seconds(1))) }, now: noon)
            // It cannot end twice.
            try await store.asOwner(
                "INSERT INTO outcomes (tenant_id, job_id, kind, attempt, finished_at)"
                    + " VALUES (1, '\(jobs[1].id)', 'completed', 1, now())")
            let report = try await self.expire(store, at: 2)
            #expect(Set(report.expired.map(\.job)) == [jobs[0].id, jobs[2].id])
            #expect(report.failures.map(\.job.job) == [jobs[1].id])
        }
    }
}
