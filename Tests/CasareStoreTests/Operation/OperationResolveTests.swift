import CasareDomain
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Letters that nothing is left to do about.
struct OperationResolveTests {
    private static let all = Operation.Selection.deadLetters(DeadLetterFilter(workflow: "orders"))

    @Test func `letters are resolved, also those that somebody knows of`() async throws {
        try await withFixture { store in
            let open = try await store.letter()
            let known = try await store.letter()
            let replayed = try await store.letter()
            try await store.run { connection in
                try DeadLetterStore.acknowledge(known, by: "ann", reason: nil, on: connection)
                _ = try JobStore.replay(replayed, by: "ann", on: connection)
            }
            let before = try await store.actions()
            let mark = try await store.run { connection in
                try OperationStore.mark(of: Self.all, for: .acknowledge, resolving: true, on: connection)
            }
            let first = try await store.run { connection in
                try OperationStore.first(9, of: Self.all, for: .acknowledge, resolving: true, on: connection)
            }
            #expect(first == [open, known])
            let operation = try await store.operation(.acknowledge, Self.all, expecting: mark) { plan in
                plan.resolves = true
                plan.reason = "entered by hand"
            }
            #expect(operation.plan.resolves && operation.mark.count == 2)
            #expect(try await store.work(operation.id).progress.succeeded == 2)
            for letter in [open, known] {
                let resolved = try #require(try await store.deadLetter(letter))
                #expect(resolved.status == .resolved && resolved.resolution?.reason == "entered by hand")
            }
            #expect(try await store.deadLetter(replayed)?.status == .replayed)
            let actions = try await store.actions().dropFirst(before.count)
            #expect(actions.map(\.action) == ["operation.create"] && actions.first?.detail["resolve"] == true)
        }
    }

    @Test func `to acknowledge resolves nothing unless somebody says so`() async throws {
        try await withFixture { store in
            let letter = try await store.letter()
            let operation = try await store.operation(.acknowledge, Self.all)
            #expect(!operation.plan.resolves)
            try await store.work(operation.id)
            #expect(try await store.deadLetter(letter)?.status == .acknowledged)
            #expect(try await store.actions(.operation).first?.detail["resolve"] == nil)
        }
    }

    @Test func `a letter that is resolved already is passed over`() async throws {
        try await withFixture { store in
            let letter = try await store.letter()
            let one = try await store.operation(.acknowledge, .ids([letter])) { $0.resolves = true }
            let other = try await store.operation(.acknowledge, .ids([letter])) { $0.resolves = true }
            #expect(try await store.work(one.id).progress.succeeded == 1)
            #expect(try await store.work(other.id).progress.skipped == 1)
        }
    }
}
