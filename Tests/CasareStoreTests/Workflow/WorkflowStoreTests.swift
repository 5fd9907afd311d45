import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

struct WorkflowStoreTests {
    private func push(
        _ document: String, _ name: String = "orders", _ store: StoreFixture
    ) async throws
        -> WorkflowStore.Pushed
    {
        try await store.run { try WorkflowStore.push(name: name, document: document, by: "bob", now: noon, on: $0) }
    }

    @Test func `a document is kept byte for byte`() async throws {
        try await withFixture { store in
            let text = "{ \"z\" : 1.0,\n  \"a\": \"\\u0000\", \"a\": 2 }"
            let pushed = try await self.push(text, "exact", store)
            #expect(pushed.isNew && pushed.version.number == 1 && pushed.version.document == text)
            #expect(pushed.version.name == "exact" && pushed.version.createdBy == "bob")
            #expect(pushed.version.createdAt == noon && pushed.version.checksum.utf8.count == 64)
            let read = try await store.run {
                try WorkflowStore.version(1, of: pushed.version.workflow, on: $0)
            }
            #expect(read == pushed.version)
        }
    }

    @Test func `a change makes a version, the same text does not`() async throws {
        try await withFixture { store in
            let same = try await self.push(StoreFixture.document, store: store)
            #expect(!same.isNew && same.version.number == 1 && same.version.createdBy == "ann")
            let second = try await self.push("{}", store: store)
            #expect(second.isNew && second.version.number == 2 && second.version.workflow == store.workflow)
            // Back to an earlier text is a change too: the newest version is what counts.
            #expect(try await self.push(StoreFixture.document, store: store).version.number == 3)
            let summaries = try await store.run { try WorkflowStore.versions(of: store.workflow, limit: 2, on: $0) }
            #expect(summaries.map(\.number) == [3, 2])
            let older = try await store.run {
                try WorkflowStore.versions(of: store.workflow, before: 2, limit: 9, on: $0)
            }
            #expect(older.map(\.number) == [1] && older[0].createdBy == "ann")
        }
    }

    private func push(_ document: String, store: StoreFixture) async throws -> WorkflowStore.Pushed {
        try await self.push(document, "orders", store)
    }

    @Test func `concurrent pushes get numbers of their own`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<12 {
                    group.addTask { try await self.push("{\"n\": \(index)}", "new", store).version.number }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(numbers.sorted() == Array(1...12))
        }
    }

    @Test func `a workflow is found by its ID and by its name`() async throws {
        try await withFixture { store in
            let found = try await store.run { connection in
                try [store.workflow.description, "orders", "nothing", Workflow.ID.new(at: noon).description].map {
                    try WorkflowStore.get(idOrName: $0, on: connection)?.name
                }
            }
            #expect(found == ["orders", "orders", nil, nil])
            _ = try await self.push("{}", "abacus", store)
            let names = try await store.run { connection in
                [
                    try WorkflowStore.list(limit: 9, on: connection).map(\.name),
                    try WorkflowStore.list(after: "abacus", limit: 9, on: connection).map(\.name),
                    try WorkflowStore.list(limit: 1, on: connection).map(\.name),
                ]
            }
            #expect(names == [["abacus", "orders"], ["orders"], ["abacus"]])
        }
    }

    @Test func `the newest version is the default, and a missing one is not found`() async throws {
        try await withFixture { store in
            _ = try await self.push("{}", store: store)
            let latest = try await store.run { try WorkflowStore.version(nil, of: store.workflow, on: $0) }
            #expect(latest.number == 2)
            await #expect(throws: StoreError.notFound(.workflowVersion, "9 of \(store.workflow)")) {
                try await store.run { _ = try WorkflowStore.version(9, of: store.workflow, on: $0) }
            }
        }
    }

    @Test func `text that is not JSON is refused`() async throws {
        try await withFixture { store in
            let error = await #expect(throws: PostgresError.self) { try await self.push("{", store: store) }
            #expect(error?.sqlState == .invalidTextRepresentation)
            let latest = try await store.run { try WorkflowStore.get(store.workflow, on: $0)?.latestVersion }
            #expect(latest == 1)
        }
    }
}
