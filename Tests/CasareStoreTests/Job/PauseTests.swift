import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareStore

/// Jobs that people keep from going on.
struct PauseTests {
    @discardableResult
    private static func pause(
        _ id: Job.ID, in store: StoreFixture, reason: String? = "month end", now: Date? = nil
    ) async throws -> JobStore.PauseChange {
        try await store.run { try JobStore.pause(id, by: "bob", reason: reason, now: now, on: $0) }
    }

    @discardableResult
    private static func resume(
        _ id: Job.ID, in store: StoreFixture, now: Date? = nil
    ) async throws -> JobStore.PauseChange {
        try await store.run { try JobStore.resume(id, by: "cyd", reason: "done", now: now, on: $0) }
    }

    private static func kinds(_ id: Job.ID, in store: StoreFixture) async throws -> [String] {
        try await store.run { try JobStore.past(of: id, on: $0).events.map(\.kind) }
    }

    @Test func `a job that waits is paused at once, and goes on behind those that are there`() async throws {
        try await withFixture { store in
            let first = try await store.submit(store.job())
            let second = try await store.submit(store.job())
            let paused = try await Self.pause(first, in: store, now: noon)
            let pause = Job.Pause(by: "bob", reason: "month end", since: noon)
            #expect(paused.job.state == .paused(pause, dueAt: nil) && paused.session == nil)
            #expect(try await store.jobsAreInOnePlaceEach())
            // Whoever pauses it once more changes nothing.
            let again = try await Self.pause(first, in: store, reason: "other")
            #expect(again.job.state == .paused(pause, dueAt: nil))
            let resumed = try await Self.resume(first, in: store)
            #expect(resumed.job.state == .pending(dueAt: nil) && resumed.job.attempt == 0)
            #expect(try await store.lease(9).map(\.lease.job) == [second, first])
            #expect(try await Self.kinds(first, in: store) == ["submitted", "paused", "resumed", "leased"])
            let events = try await store.run { try JobStore.past(of: first, on: $0).events }
            #expect(events[2].detail["by"] == "cyd" && events[2].detail["reason"] == "done")
            let actions = try await store.run { try ControlLog.list(of: first.description, limit: 9, on: $0) }
            #expect(actions.map(\.action) == ["job.resume", "job.pause"] && actions[1].reason == "month end")
        }
    }

    @Test func `a job that waits for its time keeps it, and is ready when that has passed`() async throws {
        try await withFixture { store in
            let due = noon.addingTimeInterval(60)
            let id = try await store.submit(store.job(due: .at(due)), now: noon)
            guard case .paused(_, let kept) = try await Self.pause(id, in: store, now: noon).job.state else {
                Issue.record("It is not paused")
                return
            }
            #expect(kept == due)
            #expect(try await store.promote(now: due.addingTimeInterval(1)).promoted == 0)
            #expect(try await Self.resume(id, in: store, now: noon).job.state == .pending(dueAt: due))
            try await Self.pause(id, in: store, now: noon)
            let later = try await Self.resume(id, in: store, now: due.addingTimeInterval(1))
            #expect(later.job.state == .pending(dueAt: nil))
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a job with a key goes back to the lane of its key`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job(queueKey: "acme"))
            try await Self.pause(id, in: store)
            try await Self.resume(id, in: store)
            #expect(try await store.lease(9).map(\.lease.job) == [id])
        }
    }

    @Test func `a running job is paused when it is handed back, without using its attempt up`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            let asked = try await Self.pause(job.lease.job, in: store, now: noon)
            #expect(asked.session == store.session && asked.job.status == .running)
            let renewal = try await store.run { try LeaseStore.renew(store.session, held: [job.lease], on: $0) }
            #expect(renewal.paused == [job.lease.job] && renewal.lost.isEmpty)
            // It is told once: the robot knows, and its step may take long.
            let hasNews = try await store.run {
                try LeaseStore.hasNews(of: store.session, held: [job.lease], on: $0)
            }
            #expect(!hasNews)
            try await store.run {
                try LeaseStore.checkpoint(job.lease, entries: [.step(0, "effect")], on: $0)
                try LeaseStore.release(job.lease, reason: "asked to", on: $0)
            }
            let paused = try #require(try await store.get(job.lease.job))
            #expect(paused.status == .paused && paused.attempt == 0)
            #expect(try await store.lease(9).isEmpty)
            #expect(try await store.jobsAreInOnePlaceEach())
            #expect(try await Self.kinds(job.lease.job, in: store) == ["submitted", "leased", "paused"])
            try await Self.resume(job.lease.job, in: store)
            let next = try #require(try await store.lease().first)
            #expect(next.attempt == 1)
            #expect(try await store.run { try LeaseStore.journal(next.lease, on: $0) }.map(\.step) == [0])
        }
    }

    @Test func `a robot that dies or fails the job does not lose the pause`() async throws {
        try await withFixture { store in
            let failing = try await store.leased()
            try await Self.pause(failing.lease.job, in: store)
            guard case .retrying(let due) = try await store.fail(failing) else {
                Issue.record("It is not tried again")
                return
            }
            guard case .paused(_, let kept) = try await store.get(failing.lease.job)?.state else {
                Issue.record("It is not paused")
                return
            }
            #expect(kept == due)
            #expect(try await Self.kinds(failing.lease.job, in: store).suffix(2) == ["retrying", "paused"])

            let closing = try await store.leased()
            try await Self.pause(closing.lease.job, in: store)
            let other = try await store.leased()
            _ = try await store.run { try LeaseStore.closeSession(store.session, on: $0) }
            #expect(try await store.status(closing.lease.job) == .paused)
            #expect(try await store.status(other.lease.job) == .pending)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a robot that dies leaves a job paused, with its crash counted`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            try await Self.pause(job.lease.job, in: store)
            _ = try await store.sweep(now: Date().addingTimeInterval(3600))
            let paused = try #require(try await store.get(job.lease.job))
            #expect(paused.status == .paused && paused.attempt == 1)
            #expect(try await Self.kinds(job.lease.job, in: store).suffix(2) == ["lease_expired", "paused"])
        }
    }

    @Test func `a pause that is withdrawn while the job runs leaves it running`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            try await Self.pause(job.lease.job, in: store)
            let resumed = try await Self.resume(job.lease.job, in: store)
            #expect(resumed.session == store.session)
            let renewal = try await store.run { try LeaseStore.renew(store.session, held: [job.lease], on: $0) }
            #expect(renewal.paused.isEmpty)
            try await store.run { try LeaseStore.release(job.lease, reason: "too late", on: $0) }
            #expect(try await store.status(job.lease.job) == .pending)
        }
    }

    @Test func `a job that completes after all is completed`() async throws {
        try await withFixture { store in
            let job = try await store.leased()
            try await Self.pause(job.lease.job, in: store)
            try await store.run { try LeaseStore.complete(job.lease, result: .ok(), on: $0) }
            #expect(try await store.status(job.lease.job) == .completed)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `only what waits or runs is paused, and only what was paused is resumed`() async throws {
        try await withFixture { store in
            let completed = try await store.leased()
            try await store.run { try LeaseStore.complete(completed.lease, result: .ok(), on: $0) }
            let blocked = try await store.leased()
            let question = Job.Question(step: 0, node: "n", nodeType: "T", text: "Done?")
            try await store.run { try LeaseStore.block(blocked.lease, question: question, on: $0) }
            for id in [completed.lease.job, blocked.lease.job] {
                await #expect(throws: StoreError.self) { try await Self.pause(id, in: store) }
                await #expect(throws: StoreError.self) { try await Self.resume(id, in: store) }
            }
            let unknown = Job.ID(rawValue: UUID())
            await #expect(throws: StoreError.notFound(.job, unknown.description)) {
                try await Self.pause(unknown, in: store)
            }
            let waiting = try await store.submit(store.job())
            await #expect(throws: StoreError.self) { try await Self.resume(waiting, in: store) }
        }
    }

    @Test func `a paused job is cancelled`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job())
            try await Self.pause(id, in: store)
            let from = try await store.run { try JobStore.cancel(id, by: "bob", reason: nil, on: $0).from }
            #expect(from == .paused)
            #expect(try await store.status(id) == .cancelled)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `the deadline of a paused job goes on`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job(deadline: .at(noon.addingTimeInterval(60))), now: noon)
            try await Self.pause(id, in: store, now: noon)
            _ = try await store.database.asSystem {
                try LeaseStore.expireDue(now: noon.addingTimeInterval(61), on: $0)
            }
            #expect(try await store.status(id) == .failed)
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a paused job is explained by who paused it, and by what lets it go on`() async throws {
        try await withFixture { store in
            let waiting = try await store.submit(store.job())
            try await Self.pause(waiting, in: store)
            let reason = try await store.firstReason(waiting)
            #expect(reason.code == .paused && reason.clears == "casarectl job resume \(waiting)")
            #expect(reason.message.hasPrefix("It is paused by bob: month end; since "))
            let running = try await store.leased()
            try await Self.pause(running.lease.job, in: store)
            let asked = try await store.reasons(running.lease.job)
            #expect(asked.map(\.code) == [.running, .pausing])
            #expect(asked[1].clears == "casarectl job resume \(running.lease.job)")
        }
    }
}
