import CasareDomain
import CasarePostgres
import CasareStore
import FoundationEssentials
import Testing

struct LetterChangeTests {
    private static func actions(_ store: StoreFixture) async throws -> [String] {
        try await store.run { try ControlLog.list(noun: .deadLetter, limit: 9, on: $0).reversed().map(\.action) }
    }

    private static func event(_ kind: String, of id: Job.ID, _ store: StoreFixture) async throws -> Value {
        let detail = try await store.run { connection in
            try connection.execute(
                "SELECT detail::text FROM events WHERE job_id = @job AND kind = @kind",
                ["job": .uuid(id.rawValue), "kind": .text(kind)]
            ).only().string("detail")
        }
        return try Value(parsingJSON: detail)
    }

    private static func acknowledge(
        _ id: Job.ID, resolves: Bool = false, _ store: StoreFixture
    ) async throws -> Bool {
        try await store.run {
            try DeadLetterStore.acknowledge(
                id, by: "ann", reason: "known", resolves: resolves, now: noon, on: $0)
        }
    }

    @Test func `who acknowledges a letter is kept with it, and saying it again changes nothing`() async throws {
        try await withFixture { store in
            let id = try await store.letter()
            #expect(try await Self.acknowledge(id, store))
            let letter = try #require(try await store.deadLetter(id))
            #expect(letter.status == .acknowledged)
            #expect(letter.acknowledgement == DeadLetter.Note(at: noon, by: "ann", reason: "known"))
            #expect(try await Self.event("acknowledged", of: id, store) == ["by": "ann", "reason": "known"])
            #expect(try await !Self.acknowledge(id, store))
            #expect(try await Self.actions(store) == ["dead_letter.acknowledge"])
            #expect(try await store.letters(DeadLetterFilter(statuses: [.open])).isEmpty)
            #expect(try await store.letters(DeadLetterFilter(statuses: [.acknowledged])) == [id])
            #expect(try await store.run { try JobStore.counts(on: $0) }.deadLettersOpen == 0)
        }
    }

    @Test func `a letter that is known of can be resolved, once`() async throws {
        try await withFixture { store in
            let id = try await store.letter()
            #expect(try await Self.acknowledge(id, store))
            #expect(try await Self.acknowledge(id, resolves: true, store))
            let letter = try #require(try await store.deadLetter(id))
            #expect(letter.status == .resolved && letter.acknowledgement != nil)
            #expect(letter.resolution == DeadLetter.Note(at: noon, by: "ann", reason: "known"))
            #expect(try await !Self.acknowledge(id, resolves: true, store))
            #expect(try await !Self.acknowledge(id, store))
            #expect(try await Self.actions(store) == ["dead_letter.acknowledge", "dead_letter.resolve"])
            #expect(try await store.letters(DeadLetterFilter(statuses: [.resolved])) == [id])
            await #expect(throws: StoreError.letterResolved(id)) {
                _ = try await store.run { try JobStore.replay(id, by: "bob", on: $0) }
            }
        }
    }

    @Test func `a letter that is replayed is known of, and may be resolved`() async throws {
        try await withFixture { store in
            let id = try await store.letter()
            let replay = try await store.run { try JobStore.replay(id, by: "bob", on: $0) }
            #expect(try await !Self.acknowledge(id, store))
            #expect(try await store.deadLetter(id)?.status == .replayed)
            #expect(try await Self.acknowledge(id, resolves: true, store))
            #expect(try await store.deadLetter(id)?.status == .resolved)
            // Its replay goes on, and who resolved the letter stays.
            try await store.end(replay, nil)
            #expect(try await store.settle() == 1)
            #expect(try await store.deadLetter(id)?.resolution?.by == "ann")
        }
    }

    @Test func `of an operation nothing is noted but the events, which name it`() async throws {
        try await withFixture { store in
            let (id, other) = (try await store.letter(), try await store.letter())
            let operation = Operation.ID.new(at: noon)
            try await store.run { connection in
                try DeadLetterStore.acknowledge(
                    id, by: "ann", reason: nil, account: .operation(operation), on: connection)
                try DeadLetterStore.purge(
                    other, by: "ann", reason: nil, account: .operation(operation), on: connection)
            }
            #expect(try await Self.actions(store).isEmpty)
            let named: Value = ["by": "ann", "operation": .string(operation.description)]
            #expect(try await Self.event("acknowledged", of: id, store) == named)
            #expect(try await Self.event("purged", of: other, store) == named)
            // Only the same operation brings it back.
            try await store.run { connection in
                let byHand = try DeadLetterStore.restore(other, by: "ann", reason: nil, on: connection)
                let byAnother = try DeadLetterStore.restore(
                    other, by: "ann", reason: nil, account: .operation(.new(at: noon)), on: connection)
                let bySame = try DeadLetterStore.restore(
                    other, by: "ann", reason: nil, account: .operation(operation), on: connection)
                #expect([byHand, byAnother, bySame] == [false, false, true])
            }
            #expect(try await store.deadLetter(other) != nil)
        }
    }

    @Test func `a purged letter is nowhere to be seen until it is restored`() async throws {
        try await withFixture { store in
            let id = try await store.letter()
            let before = try #require(try await store.deadLetter(id))
            try await store.run { try DeadLetterStore.purge(id, by: "ann", reason: "noise", now: noon, on: $0) }
            #expect(try await store.deadLetter(id) == nil)
            #expect(try await store.letters().isEmpty)
            #expect(try await store.letters(DeadLetterFilter(fingerprint: before.fingerprint)).isEmpty)
            #expect(try await store.run { try JobStore.counts(on: $0) }.deadLettersOpen == 0)
            #expect(try await store.run { try DeadLetterStore.groups(DeadLetterFilter(), limit: 9, on: $0) }.isEmpty)
            let refused = StoreError.notFound(.deadLetter, id.description)
            await #expect(throws: refused) { _ = try await Self.acknowledge(id, store) }
            await #expect(throws: refused) {
                try await store.run { try DeadLetterStore.purge(id, by: "ann", reason: nil, on: $0) }
            }
            await #expect(throws: refused) {
                _ = try await store.run { try JobStore.replay(id, by: "bob", on: $0) }
            }
            #expect(try await store.run { try DeadLetterStore.restore(id, by: "bob", reason: nil, on: $0) })
            #expect(try await store.deadLetter(id) == before)
            #expect(try await !store.run { try DeadLetterStore.restore(id, by: "bob", reason: nil, on: $0) })
            #expect(try await Self.actions(store) == ["dead_letter.purge", "dead_letter.restore"])
        }
    }

    @Test func `there is nothing to do about a letter that is not there`() async throws {
        try await withFixture { store in
            let id = Job.ID.new(at: noon)
            let refused = StoreError.notFound(.deadLetter, id.description)
            await #expect(throws: refused) { _ = try await Self.acknowledge(id, store) }
            await #expect(throws: refused) {
                try await store.run { try DeadLetterStore.purge(id, by: "ann", reason: nil, on: $0) }
            }
            let isRestored = try await store.run { try DeadLetterStore.restore(id, by: "ann", reason: nil, on: $0) }
            #expect(!isRestored)
        }
    }
}
