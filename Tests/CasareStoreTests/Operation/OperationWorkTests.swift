import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What an operation does to its jobs, and what becomes of it when it is broken off.
struct OperationWorkTests {
    @Test func `one operation is one action for the audit, and one event for each job`() async throws {
        try await withFixture { store in
            let ids = try await store.waiting(3)
            let operation = try await store.operation(.cancel, .ids(ids)) { $0.reason = "wrong month" }
            let ended = try await store.work(operation.id)
            #expect(ended.status == .completed && ended.revision > operation.revision && ended.finishedAt != nil)
            let actions = try await store.actions()
            #expect(actions.map(\.action) == ["operation.create"] && actions[0].subject == operation.id.description)
            #expect(actions[0].actor == "ann" && actions[0].reason == "wrong month")
            #expect(actions[0].detail["verb"] == "cancel" && actions[0].detail["count"] == 3)
            #expect(actions[0].detail["hash"] == .string(operation.mark.hash))
            for id in ids {
                let past = try await store.run { try JobStore.past(of: id, on: $0) }
                let events = past.events.filter { $0.kind == "cancelled" }
                #expect(events.count == 1)
                #expect(
                    events[0].detail
                        == ["by": "ann", "reason": "wrong month", "operation": .string(operation.id.description)])
            }
        }
    }

    @Test func `every verb does to each job what it says`() async throws {
        try await withFixture { store in
            let letters = [try await store.letter(["n": 1]), try await store.letter(["n": 2])]
            let replay = try await store.operation(.replay, .ids(letters)) { $0.changes.set = ["code": "new"] }
            #expect(try await store.work(replay.id).progress.succeeded == 2)
            let new = try await store.items(replay.id).compactMap(\.newJob)
            #expect(new.count == 2)
            #expect(try await store.get(new[1])?.variables == ["n": 2, "code": "new"])
            #expect(try await store.get(new[1])?.retryOf == letters[1])
            #expect(try await store.deadLetter(letters[0])?.status == .replayed)

            let pause = try await store.operation(.pause, .ids(new))
            #expect(try await store.work(pause.id).progress.succeeded == 2)
            #expect(try await store.statuses(new) == [.paused, .paused])
            #expect(try await store.work(store.operation(.resume, .ids(new)).id).progress.succeeded == 2)
            let urgent = try await store.operation(.priority, .ids(new)) { $0.priority = .critical }
            #expect(try await store.work(urgent.id).progress.succeeded == 2)
            #expect(try await store.get(new[0])?.priority == .critical)
            #expect(try await store.work(store.operation(.cancel, .ids(new)).id).progress.succeeded == 2)
            #expect(try await store.statuses(new) == [.cancelled, .cancelled])
            let again = try await store.operation(.retry, .ids(new))
            #expect(try await store.work(again.id).progress.succeeded == 2, "whatever has ended runs again")

            let others = [try await store.letter(), try await store.letter()]
            #expect(try await store.work(store.operation(.acknowledge, .ids(others)).id).progress.succeeded == 2)
            #expect(try await store.deadLetter(others[0])?.status == .acknowledged)
            #expect(try await store.work(store.operation(.purge, .ids(others)).id).progress.succeeded == 2)
            #expect(try await store.deadLetter(others[0]) == nil)
            #expect(Set(try await store.actions().map(\.action)) == ["operation.create"])
        }
    }

    @Test func `a job that is as wanted already is passed over`() async throws {
        try await withFixture { store in
            let ids = try await store.waiting(2)
            _ = try await store.run { try JobStore.pause(ids[0], by: "cyd", reason: "mine", on: $0) }
            let pause = try await store.work(store.operation(.pause, .ids(ids)).id)
            #expect(pause.progress == .init(done: 2, succeeded: 1, skipped: 1))
            #expect(try await store.get(ids[0])?.status == .paused)
            let priority = try await store.operation(.priority, .ids(try await store.waiting(1))) {
                $0.priority = .normal
            }
            #expect(try await store.work(priority.id).progress.skipped == 1)
            try await store.run { _ = try JobStore.cancel(ids[0], by: "cyd", reason: nil, on: $0) }
            #expect(try await store.work(store.operation(.cancel, .ids([ids[0]])).id).progress.skipped == 1)
        }
    }

    @Test func `a bad item fails alone, and says why`() async throws {
        try await withFixture { store in
            let first = try await store.letter(["n": 1])
            let bad = try await store.letter(["n": "text"])
            let last = try await store.letter(["n": 3])
            let patch = try JSONPatch(json: [["op": "test", "path": "/n", "value": "text"]])
            let operation = try await store.operation(.replay, .ids([first, bad, last])) { $0.changes.patch = patch }
            let ended = try await store.work(operation.id)
            #expect(ended.status == .completed && ended.progress == .init(done: 3, succeeded: 1, failed: 2))
            let failed = try await store.items(operation.id, .failed)
            #expect(failed.map(\.job) == [first, last] && failed.allSatisfy { $0.error?.isEmpty == false })
            #expect(try await store.deadLetter(first)?.status == .open, "nothing of it is left")
            #expect(try await store.items(operation.id, .done).map(\.position) == [1])
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `jobs that are not there are as those of another tenant`() async throws {
        try await withFixture { store in
            try await store.asOwner("INSERT INTO tenants (tenant_id, name) VALUES (2, 'other')")
            let other = try await StoreFixture(store.database, tenant: Tenant.ID(rawValue: 2))
            let mine = try await store.submit(store.job())
            let letter = try await other.letter()
            let theirs = try await other.submit(other.job())
            let nobodys = Job.ID.new(at: Date())
            for verb in Operation.Verb.allCases {
                let operation = try await store.operation(verb, .ids([theirs, letter, nobodys])) { plan in
                    if verb == .priority { plan.priority = .high }
                }
                let ended = try await store.work(operation.id)
                #expect(ended.progress == .init(done: 3, failed: 3), "\(verb)")
                let errors = try await store.items(operation.id).compactMap(\.error)
                let unnamed = errors.map { $0.split(separator: " ").dropLast().joined(separator: " ") }
                #expect(Set(unnamed).count == 1, "all three are told in the same words: \(errors)")
                await #expect(throws: StoreError.notFound(.operation, operation.id.description)) {
                    try await other.steer(operation.id, .cancel)
                }
                #expect(try await other.round(operation.id) == nil)
                #expect(try await other.run { try OperationStore.get(operation.id, on: $0) } == nil)
            }
            let all = try await store.mark(.cancel, .jobs(JobSelection(environment: "default")))
            #expect(all == (try await store.mark(.cancel, .ids([mine]))))
            #expect(try await other.statuses([theirs, letter]) == [.pending, .failed])
        }
    }

    @Test func `a batch that is broken off leaves nothing half done, and is done by the next`() async throws {
        struct Killed: Error {}
        try await withFixture { store in
            let letters = [try await store.letter(), try await store.letter()]
            let operation = try await store.operation(.replay, .ids(letters))
            await #expect(throws: Killed.self) {
                try await store.run { connection in
                    let round = try OperationStore.work(
                        on: operation.id, variables: { _, _, _ in nil }, on: connection)
                    #expect(round?.operation.progress.done == 2)
                    throw Killed()
                }
            }
            #expect(try await store.operation(operation.id).progress.done == 0)
            #expect(try await store.items(operation.id).isEmpty)
            #expect(try await store.deadLetter(letters[0])?.status == .open)
            #expect(try await store.work(operation.id).progress.succeeded == 2)
            #expect(try await store.items(operation.id).compactMap(\.newJob).count == 2)
            #expect(try await store.run { try JobStore.list(limit: 99, on: $0).count } == 4)
        }
    }

    @Test func `while one works on an operation, another one leaves it alone`() async throws {
        try await withFixture { store in
            let operation = try await store.operation(.cancel, .ids(try await store.waiting(3)))
            let database = store.database
            try await store.run { connection in
                _ = try OperationStore.work(on: operation.id, variables: { _, _, _ in nil }, on: connection)
            }
            #expect(try await store.operation(operation.id).status == .completed)
            let held = try await store.operation(.cancel, .ids(try await store.waiting(1)))
            let connection = try await database.connect(as: store.tenant)
            try await connection.script("BEGIN; SELECT FROM operations FOR UPDATE")
            #expect(try await store.round(held.id) == nil)
            try await connection.script("COMMIT")
            await connection.close()
            #expect(try await store.work(held.id).progress.succeeded == 1)
        }
    }

    @Test func `many who work at once do every item once`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            var letters: [Job.ID] = []
            for _ in 0..<40 { letters.append(try await store.letter()) }
            let operation = try await store.operation(.replay, .ids(letters)) { $0.ratePerSecond = 10_000 }
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        // One that finds it taken looks again; what goes wrong shows in what is done.
                        for _ in 0..<200 {
                            guard (try? await store.operation(operation.id).status) == .running else { return }
                            _ = try? await store.round(operation.id)
                        }
                    }
                }
            }
            let ended = try await store.work(operation.id)
            #expect(ended.status == .completed && ended.progress.succeeded == 40)
            let items = try await store.items(operation.id)
            #expect(items.map(\.position) == Array(0..<40) && Set(items.map(\.job)) == Set(letters))
            #expect(Set(items.compactMap(\.newJob)).count == 40)
            #expect(try await store.run { try JobStore.list(limit: 500, on: $0).count } == 80)
        }
    }

    @Test func `an item that somebody has locked waits, and the others of the batch are kept`() async throws {
        try await withFixture { store in
            let letters = [try await store.letter(), try await store.letter(), try await store.letter()]
            let operation = try await store.operation(.acknowledge, .ids(letters))
            let other = try await store.database.connect(as: store.tenant)
            try await other.script(
                "BEGIN; SELECT FROM dead_letters WHERE job_id = '\(letters[1])' FOR UPDATE")
            let round = try await store.database.asTenant(store.tenant, lockWaitMax: .milliseconds(50)) {
                try OperationStore.work(on: operation.id, variables: { _, _, _ in nil }, on: $0)
            }
            #expect(round?.operation.progress.done == 1 && round?.isDueAgain == false && round?.lookAt != nil)
            try await other.script("COMMIT")
            await other.close()
            let later = Date().addingTimeInterval(10)
            #expect(try await store.work(operation.id, now: later).progress.succeeded == 3)
        }
    }

    @Test func `a canary is waited for, and a failed one stops it`() async throws {
        try await withFixture { store in
            let letters = [try await store.letter(), try await store.letter(), try await store.letter()]
            let operation = try await store.operation(.replay, .ids(letters)) { $0.canary = 1 }
            #expect(try await store.work(operation.id).progress.done == 1)
            let canary = try #require(try await store.items(operation.id).first?.newJob)
            let later = Date().addingTimeInterval(5)
            #expect(try await store.work(operation.id, now: later).progress.done == 1, "it goes on")
            try await store.end(canary, .business)
            let stopped = try await store.work(operation.id, now: later.addingTimeInterval(5))
            #expect(stopped.status == .stopped && stopped.progress.replaysEnded == 1 && stopped.statusBy == nil)
            #expect(stopped.statusReason == "canary: job \(canary) failed: no such customer")
            try await store.steer(operation.id, .resume)
            let ended = try await store.work(operation.id, now: later.addingTimeInterval(10))
            #expect(ended.status == .completed && ended.progress.succeeded == 3)
            #expect(try await store.actions(.operation).map(\.action) == ["operation.create", "operation.resume"])
        }
    }

    @Test func `new jobs are counted after the operation has ended`() async throws {
        try await withFixture { store in
            let operation = try await store.operation(.replay, .ids([try await store.letter()]))
            let ended = try await store.work(operation.id)
            #expect(ended.status == .completed && ended.progress.replaysEnded == 0)
            let new = try #require(try await store.items(operation.id).first?.newJob)
            try await store.end(new, nil)
            let counted = try await store.work(operation.id, now: Date().addingTimeInterval(60))
            #expect(counted.progress.replaysCompleted == 1 && counted.revision > ended.revision)
            let due = try await store.database.asSystem {
                try OperationStore.due(limit: 9, now: Date().addingTimeInterval(3600), on: $0)
            }
            #expect(due.isEmpty, "nothing is left to look at")
        }
    }

    @Test func `a rate is kept from round to round`() async throws {
        try await withFixture { store in
            let operation = try await store.operation(.cancel, .ids(try await store.waiting(30))) {
                $0.ratePerSecond = 10
            }
            let start = Date().addingTimeInterval(5)
            #expect(try await store.work(operation.id, now: start).progress.done == 1)
            #expect(try await store.round(operation.id, now: start) == nil, "nobody looks before it is due")
            #expect(try await store.work(operation.id, now: start.addingTimeInterval(0.55)).progress.done == 6)
            #expect(try await store.work(operation.id, now: start.addingTimeInterval(60)).progress.done == 17)
        }
    }

    @Test func `a paused operation does nothing until it is resumed, and a cancelled one nothing more`() async throws {
        try await withFixture { store in
            let operation = try await store.operation(.cancel, .ids(try await store.waiting(5))) {
                $0.ratePerSecond = 1
            }
            let start = Date().addingTimeInterval(5)
            try await store.work(operation.id, now: start)
            let paused = try await store.steer(operation.id, .pause, reason: "lunch")
            #expect(paused.status == .paused && paused.statusReason == "lunch" && paused.statusBy == "bob")
            #expect(try await store.work(operation.id, now: start.addingTimeInterval(60)).progress.done == 1)
            try await store.steer(operation.id, .resume)
            #expect(try await store.work(operation.id, now: start.addingTimeInterval(61)).progress.done == 2)
            #expect(try await store.steer(operation.id, .cancel).status == .cancelled)
            #expect(try await store.work(operation.id, now: start.addingTimeInterval(90)).progress.done == 2)
            await #expect(throws: StoreError.self) { try await store.steer(operation.id, .resume) }
        }
    }

    @Test func `an operation that ended goes with all that it had when its days are over`() async throws {
        try await withFixture { store in
            let ids = try await store.waiting(2)
            let old = try await store.operation(.cancel, .ids(ids))
            try await store.work(old.id)
            let open = try await store.operation(.pause, .ids(ids)) { $0.ratePerSecond = 0.001 }
            func rows() async throws -> Int {
                try await store.database.asSystem { connection in
                    try connection.execute(
                        """
                        SELECT (SELECT count(*) FROM operations) + (SELECT count(*) FROM operation_chunks)
                            + (SELECT count(*) FROM operation_items) AS rows
                        """
                    ).only().int("rows")
                }
            }
            let all = try await rows()
            for days in [29.0, 31] {
                _ = try await store.database.asSystem { connection in
                    try QueueStore.purge(
                        days: 30, now: Date().addingTimeInterval(days * 86_400), on: connection)
                }
                #expect(try await rows() == (days < 30 ? all : 2))
            }
            #expect(try await store.operation(open.id).status == .running)
        }
    }
}
