import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// What an operation has done, taken back.
struct OperationUndoTests {
    private static func undoable(_ plan: inout Operation.Plan) { plan.undoWithin = .seconds(600) }

    @Test func `a cancellation holds its jobs, and cancels them when its time to undo is over`() async throws {
        try await withFixture { store in
            let running = try await store.leased().lease
            let ids = [running.job] + (try await store.waiting(2))
            let operation = try await store.operation(.cancel, .ids(ids), Self.undoable)
            let held = try await store.work(operation.id)
            #expect(held.status == .holding && held.progress.succeeded == 3)
            let until = try #require(held.undoUntil)
            #expect(try await store.statuses(ids) == [.running, .paused, .paused])
            #expect(try await store.get(ids[0])?.status == .running)
            // Somebody lets one of them go on.
            try await store.run { _ = try JobStore.resume(ids[2], by: "cyd", on: $0) }
            #expect(try await store.work(operation.id, now: until.addingTimeInterval(-1)).status == .holding)
            let ended = try await store.work(operation.id, now: until)
            #expect(ended.status == .completed && ended.progress == .init(done: 3, succeeded: 2, skipped: 1))
            #expect(try await store.statuses(ids) == [.cancelled, .cancelled, .pending])
            await #expect(throws: StoreError.self) { try await store.steer(operation.id, .undo) }
            #expect(try await store.items(operation.id).map(\.state) == [.done, .done, .skipped])
        }
    }

    @Test func `a held cancellation is undone`() async throws {
        try await withFixture { store in
            let ids = try await store.waiting(3)
            _ = try await store.run { try JobStore.pause(ids[2], by: "cyd", reason: "mine", on: $0) }
            let operation = try await store.operation(.cancel, .ids(ids), Self.undoable)
            try await store.work(operation.id)
            #expect(try await store.statuses(ids) == [.paused, .paused, .paused])
            #expect(try await store.steer(operation.id, .undo, reason: "wrong ones").status == .undoing)
            let undone = try await store.work(operation.id)
            #expect(undone.status == .undone && undone.progress.undone == 3 && undone.statusBy == "bob")
            #expect(try await store.statuses(ids) == [.pending, .pending, .paused], "cyd's pause is cyd's")
            #expect(try await store.actions(.operation).map(\.action) == ["operation.create", "operation.undo"])
            #expect(try await store.jobsAreInOnePlaceEach())
        }
    }

    @Test func `a pause is undone for those that it paused`() async throws {
        try await withFixture { store in
            let ids = try await store.waiting(3)
            _ = try await store.run { try JobStore.pause(ids[0], by: "cyd", reason: "mine", on: $0) }
            let operation = try await store.operation(.pause, .ids(ids), Self.undoable)
            let ended = try await store.work(operation.id)
            #expect(ended.status == .completed && ended.undoUntil != nil && ended.progress.skipped == 1)
            try await store.run { _ = try JobStore.cancel(ids[1], by: "cyd", reason: nil, on: $0) }
            try await store.steer(operation.id, .undo)
            let undone = try await store.work(operation.id)
            #expect(undone.status == .undone && undone.progress.undone == 1)
            #expect(try await store.statuses(ids) == [.paused, .cancelled, .pending])
            let items = try await store.items(operation.id)
            #expect(items.map(\.state) == [.skipped, .done, .undone] && items[1].error != nil)
        }
    }

    @Test func `a purge is undone until its time is over`() async throws {
        try await withFixture { store in
            let letters = [try await store.letter(), try await store.letter()]
            let operation = try await store.operation(.purge, .ids(letters), Self.undoable)
            let purged = try await store.work(operation.id)
            #expect(try await store.letters().isEmpty)
            let until = try #require(purged.undoUntil)
            // They are kept for at least as long as they can be had back.
            _ = try await store.keep(.init(), now: until)
            await #expect(throws: StoreError.self) { try await store.steer(operation.id, .undo, now: until) }
            try await store.steer(operation.id, .undo, now: until.addingTimeInterval(-1))
            let undone = try await store.work(operation.id, now: until)
            #expect(undone.status == .undone && undone.progress.undone == 2)
            #expect(Set(try await store.letters()) == Set(letters))
        }
    }

    @Test func `what is purged is kept for as long as it can be had back`() async throws {
        try await withFixture { store in
            let letters = [try await store.letter(), try await store.letter()]
            // Longer than a letter is kept that is purged alone.
            let operation = try await store.operation(.purge, .ids(letters)) { $0.undoWithin = .seconds(7200) }
            let until = try #require(try await store.work(operation.id).undoUntil)
            #expect(try await store.keep(.init(), now: until).gone == 0)
            try await store.steer(operation.id, .undo, now: until.addingTimeInterval(-1))
            #expect(try await store.work(operation.id, now: until).progress.undone == 2)
            #expect(Set(try await store.letters()) == Set(letters))
        }
    }

    @Test func `one without a time to undo stays as it is`() async throws {
        try await withFixture { store in
            let operation = try await store.operation(.pause, .ids(try await store.waiting(1)))
            try await store.work(operation.id)
            await #expect(throws: StoreError.self) { try await store.steer(operation.id, .undo) }
            #expect(try await store.operation(operation.id).status == .completed)
        }
    }
}
