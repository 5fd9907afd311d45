import CasareDomain
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What jobs say that ended without a robot's word.
struct EndedJobTests {
    @Test func `a cancelled job says its queue, its workflow, and how long it was there`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job(), now: noon)
            let other = try await store.submit(store.job(), now: noon)
            let ended = try await store.run { connection in
                try JobStore.cancel(id, by: "ann", reason: nil, now: noon.addingTimeInterval(90), on: connection)
                return try JobStore.ended([id, other, id], on: connection)
            }
            // The other one goes on, and nothing is said twice.
            let one = try #require(ended.first)
            #expect(ended.count == 1 && one.failure == nil && one.queue == "default")
            #expect(one.duration == .seconds(90))
            let job = try #require(try await store.run { try JobStore.get(id, on: $0) })
            #expect(one.workflow == job.workflowName)
            #expect(try await store.run { try JobStore.ended([Job.ID](), on: $0) }.isEmpty)
        }
    }

    @Test func `of a job that was to begin later its time begins then, and before that there is none`() async throws {
        try await withFixture { store in
            let later = NewJob.Due.after(.seconds(60))
            let plain = try await store.submit(store.job(due: later), now: noon)
            let keyed = try await store.submit(store.job(due: later, queueKey: "acme"), now: noon)
            let early = try await store.submit(store.job(due: later), now: noon)
            let ended = try await store.run { connection in
                for (job, seconds) in [(early, 30.0), (plain, 90), (keyed, 90)] {
                    try JobStore.cancel(
                        job, by: "ann", reason: nil, now: noon.addingTimeInterval(seconds), on: connection)
                }
                var ended: [EndedJob] = []
                for job in [early, plain, keyed] { ended += try JobStore.ended([job], on: connection) }
                return ended
            }
            #expect(ended.map(\.duration) == [.zero, .seconds(30), .seconds(30)])
        }
    }

    @Test func `a job that is given up after crashes has failed`() async throws {
        try await withFixture { store in
            let id = try await store.submit(store.job())
            for round in 1...LeaseStore.crashesMax {
                let at = noon.addingTimeInterval(Double(round) * 3600)
                let session = try await store.openSession(now: at)
                _ = try await store.lease(session: session, now: at)
                let ended = try await store.run { connection in
                    let report = try LeaseStore.takeUnclaimed(
                        of: session, held: [], now: at.addingTimeInterval(61), on: connection)
                    return try JobStore.ended(Array(report.taken), on: connection)
                }
                #expect(ended.map(\.failure) == (round < LeaseStore.crashesMax ? [] : [.crashLoop]))
            }
            let known = try await store.database.asSystem { connection in
                try JobStore.ended([TenantJob(tenant: .default, job: id)], on: connection)
            }
            #expect(known.map(\.failure) == [.crashLoop])
        }
    }
}
