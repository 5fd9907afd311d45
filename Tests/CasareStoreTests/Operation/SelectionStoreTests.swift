import CasareDomain
import CasareStore
import CasareTestSupport
import Testing

struct SelectionStoreTests {
    @Test func `a selection is saved, found, changed and deleted under its name`() async throws {
        try await withFixture { store in
            try await store.run { connection in
                let first = try SelectionStore.save(["jobs": ["workflow": "a"]], as: "mine", by: "ann", on: connection)
                #expect(first.createdBy == "ann" && first.selection == ["jobs": ["workflow": "a"]])
                let second = try SelectionStore.save(["jobs": ["workflow": "b"]], as: "mine", by: "bob", on: connection)
                #expect(second.createdBy == "ann" && second.updatedBy == "bob")
                #expect(second.selection == ["jobs": ["workflow": "b"]])
                #expect(try SelectionStore.get("mine", on: connection) == second)
                _ = try SelectionStore.save([:], as: "a", by: "ann", on: connection)
                #expect(try SelectionStore.list(limit: 9, on: connection).map(\.name) == ["a", "mine"])
                #expect(try SelectionStore.list(after: "a", limit: 9, on: connection).map(\.name) == ["mine"])
                #expect(try SelectionStore.delete("mine", by: "ann", on: connection) == second)
                #expect(throws: StoreError.notFound(.selection, "mine")) {
                    try SelectionStore.get("mine", on: connection)
                }
                #expect(throws: StoreError.notFound(.selection, "mine")) {
                    try SelectionStore.delete("mine", by: "ann", on: connection)
                }
            }
            #expect(
                try await store.actions(.selection).map(\.action)
                    == ["selection.save", "selection.save", "selection.save", "selection.delete"])
        }
    }

    @Test func `a tenant saves a bounded number of selections`() async throws {
        try await withFixture { store in
            try await store.asOwner(
                """
                INSERT INTO selections (tenant_id, name, selection, created_at, created_by, updated_at, updated_by)
                SELECT 1, 's' || n, '{}', now(), 'ann', now(), 'ann'
                FROM generate_series(1, \(SelectionStore.selectionsMax)) AS n
                """)
            await #expect(throws: StoreError.tooManySelections(max: SelectionStore.selectionsMax)) {
                try await store.run { _ = try SelectionStore.save([:], as: "new", by: "ann", on: $0) }
            }
            try await store.run { _ = try SelectionStore.save(["ids": []], as: "s1", by: "ann", on: $0) }
        }
    }
}
