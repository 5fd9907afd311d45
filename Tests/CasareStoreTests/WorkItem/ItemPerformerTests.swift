import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Jobs that are made for the items of a queue.
struct ItemPerformerTests {
    private static func at(_ seconds: Double) -> Date { noon.addingTimeInterval(seconds) }
    private static let two = ItemQueue.Performer(workflow: "orders", variables: ["queue": "q"], jobsMax: 2)

    @Test func `jobs are made while there are items, and no more than may run at once`() async throws {
        try await withFixture { store in
            try await store.itemQueue(performer: Self.two)
            #expect(try await store.perform(at: noon).flatMap(\.jobs).isEmpty, "there is nothing to do")
            try await store.add(references: ["a"], at: Self.at(1))
            let first = try await store.perform(at: Self.at(2)).flatMap(\.jobs)
            #expect(first.count == 1)
            let job = try #require(try await store.get(first[0]))
            #expect(job.variables == ["queue": "q"] && job.createdBy == "item-queue/q")
            // The job has not begun: the item is its own.
            #expect(try await store.perform(at: Self.at(4)).flatMap(\.jobs).isEmpty)
            try await store.add(references: ["b", "c"], at: Self.at(5))
            #expect(try await store.perform(at: Self.at(6)).flatMap(\.jobs).count == 1)
            #expect(try await store.perform(at: Self.at(8)).flatMap(\.jobs).isEmpty)
            for leased in try await store.lease(9) {
                try await store.run { try LeaseStore.complete(leased.lease, result: .ok(), on: $0) }
            }
            #expect(try await store.perform(at: Self.at(10)).flatMap(\.jobs).count == 2, "three items are left")
        }
    }

    @Test func `an item that is worked on does not keep another job from being made`() async throws {
        try await withFixture { store in
            try await store.itemQueue(performer: Self.two)
            try await store.add(references: ["a"])
            #expect(try await store.perform(at: noon).flatMap(\.jobs).count == 1)
            _ = try await store.take(at: Self.at(1))
            try await store.add(references: ["b"], at: Self.at(1))
            #expect(try await store.perform(at: Self.at(2)).flatMap(\.jobs).count == 1)
        }
    }

    @Test func `after a failure the next job waits for a while`() async throws {
        try await withFixture { store in
            try await store.itemQueue(performer: Self.two)
            try await store.add(references: ["a"])
            #expect(try await store.perform(at: noon).flatMap(\.jobs).count == 1)
            _ = try await store.fail(try await store.lease()[0], .business)
            #expect(try await store.perform(at: Self.at(2)).flatMap(\.jobs).isEmpty)
            #expect(try await store.perform(at: Self.at(61)).isEmpty, "nobody looks yet")
            #expect(try await store.perform(at: Self.at(62)).flatMap(\.jobs).count == 1)
        }
    }

    @Test func `a workflow that is not there is told when it is named, and when a job is wanted`() async throws {
        try await withFixture { store in
            await #expect(throws: StoreError.notFound(.workflow, "nothing")) {
                try await store.itemQueue(performer: ItemQueue.Performer(workflow: "nothing"))
            }
            try await store.itemQueue(performer: Self.two)
            try await store.add(references: ["a"])
            try await store.asOwner("UPDATE workflows SET name = 'renamed'")
            let performed = try await store.perform(at: noon)
            #expect(performed.first?.refusal?.queue == "q" && performed.first?.jobs.isEmpty == true)
        }
    }
}
