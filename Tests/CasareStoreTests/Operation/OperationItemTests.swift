import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Jobs of an operation with which something is the matter when it comes to them, and who is told of the others.
struct OperationItemTests {
    @Test func `one that has changed since is passed over where a filter found it, and fails where it was named`()
        async throws
    {
        try await withFixture { store in
            let letter = try await store.letter()
            let job = try await store.submit(store.job())
            let found = [
                try await store.operation(.replay, .deadLetters(DeadLetterFilter(workflow: "orders"))),
                try await store.operation(.priority, .jobs(JobSelection(workflow: "orders"))) { $0.priority = .high },
            ]
            let named = [
                try await store.operation(.replay, .ids([letter])),
                try await store.operation(.priority, .ids([job])) { $0.priority = .high },
            ]
            try await store.run { connection in
                try DeadLetterStore.purge(letter, by: "cyd", reason: nil, on: connection)
                _ = try JobStore.cancel(job, by: "cyd", reason: nil, on: connection)
            }
            for operation in found {
                let ended = try await store.work(operation.id)
                #expect(ended.progress == .init(done: 1, skipped: 1), "\(operation.plan.verb)")
            }
            for operation in named {
                let ended = try await store.work(operation.id)
                #expect(ended.progress == .init(done: 1, failed: 1), "\(operation.plan.verb)")
            }
        }
    }

    @Test func `a round tells whose jobs and robots it has touched, and what became ready`() async throws {
        try await withFixture { store in
            let running = try await store.leased().lease.job
            let waiting = try await store.submit(store.job())
            let cancel = try await store.operation(.cancel, .ids([running, waiting]))
            let cancelled = try #require(try await store.round(cancel.id)).touched
            #expect(cancelled.jobs == [running, waiting] && cancelled.sessions == [store.session])
            #expect(cancelled.hasReady, "what ran has made room")

            let later = try await store.submit(store.job(due: .after(.seconds(600))))
            _ = try await store.run { try JobStore.pause(later, by: "cyd", reason: nil, on: $0) }
            let resume = try await store.operation(.resume, .ids([later]))
            let resumed = try #require(try await store.round(resume.id)).touched
            #expect(resumed.jobs == [later] && !resumed.hasReady && resumed.earliestDueAt != nil)
        }
    }

    @Test func `an item that stays locked fails in the end, and the others are done`() async throws {
        try await withFixture { store in
            let letters = [try await store.letter(), try await store.letter()]
            let operation = try await store.operation(.acknowledge, .ids(letters))
            let other = try await store.database.connect(as: store.tenant)
            try await other.script(
                "BEGIN; SELECT FROM dead_letters WHERE job_id = '\(letters[0])' FOR UPDATE")
            let start = Date()
            var last = operation
            for second in 1...30 where !last.status.isTerminal {
                let now = start.addingTimeInterval(Double(second))
                let round = try await store.database.asTenant(store.tenant, lockWaitMax: .milliseconds(20)) {
                    try OperationStore.work(on: operation.id, variables: { _, _, _ in nil }, now: now, on: $0)
                }
                last = round?.operation ?? last
            }
            try await other.script("ROLLBACK")
            await other.close()
            #expect(last.status == .completed && last.progress == .init(done: 2, succeeded: 1, failed: 1))
            let failed = try await store.items(operation.id, .failed)
            #expect(failed.map(\.job) == [letters[0]] && failed.first?.error?.isEmpty == false)
            #expect(try await store.deadLetter(letters[0])?.status == .open)
        }
    }

    @Test func `a new job that is no longer kept has ended, and has not completed`() async throws {
        try await withFixture { store in
            let operation = try await store.operation(.replay, .ids([try await store.letter()]))
            try await store.work(operation.id)
            let new = try #require(try await store.items(operation.id).first?.newJob)
            try await store.asOwner("DELETE FROM ready; DELETE FROM jobs WHERE job_id = '\(new)'")
            let counted = try await store.work(operation.id, now: Date().addingTimeInterval(60))
            #expect(counted.progress.replaysEnded == 1 && counted.progress.replaysCompleted == 0)
        }
    }
}
