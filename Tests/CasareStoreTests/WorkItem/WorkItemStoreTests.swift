import CasareDomain
import CasarePostgres
import CasareStore
import CasareTestSupport
import FoundationEssentials
import Testing

/// Items of queues in the database, by a clock that tests state.
struct WorkItemStoreTests {
    private static func at(_ seconds: Double) -> Date { noon.addingTimeInterval(seconds) }

    @Test func `items come back as they were added, and are found by reference`() async throws {
        try await withFixture { store in
            try await store.itemQueue()
            let deadline = Self.at(3600)
            let added = try await store.add([
                .init(reference: "R-1", data: ["z": 1.0, "a": 2], priority: .high, deadline: deadline), .init(),
            ])
            #expect(added.map(\.isDuplicate) == [false, false])
            let item = try await store.item("R-1")
            #expect(item.id == added[0].id && item.status == .new && item.queue == "q" && item.deadline == deadline)
            #expect(Value.object(item.data).jsonText(.compact) == #"{"z":1.0,"a":2}"#)
            #expect(try await store.item(added[1].id.description).reference == nil)
            await #expect(throws: StoreError.notFound(.workItem, "R-2 in the item queue q")) {
                _ = try await store.item("R-2")
            }
            await #expect(throws: StoreError.notFound(.itemQueue, "p")) { _ = try await store.item("R-1", in: "p") }
        }
    }

    @Test func `a reference is unique among items that are not deleted`() async throws {
        try await withFixture { store in
            try await store.itemQueue(uniqueReference: true)
            let first = try await store.add(references: ["a", "b", "a"])
            #expect(first.map(\.isDuplicate) == [false, false, true] && first[2].id == first[0].id)
            let again = try await store.add(references: ["b", "c"])
            #expect(again.map(\.isDuplicate) == [true, false] && again[0].id == first[1].id)
            try await store.say(.delete, of: "b")
            let third = try await store.add(references: ["b"])
            #expect(third.map(\.isDuplicate) == [false])
            #expect(try await store.item("b").id == third[0].id, "the one that is not deleted")
            // What has ended holds its reference: a dispatcher that runs again adds nothing twice.
            try await store.say(.complete(token: nil, output: nil), of: "a")
            #expect(try await store.add(references: ["a"]).map(\.isDuplicate) == [true])
        }
    }

    @Test func `references may repeat where nobody asked for unique ones`() async throws {
        try await withFixture { store in
            try await store.itemQueue()
            #expect(try await store.add(references: ["a", "a"]).map(\.isDuplicate) == [false, false])
        }
    }

    @Test func `the highest priority is taken first, and of one priority the oldest`() async throws {
        try await withFixture { store in
            try await store.itemQueue()
            try await store.add([
                .init(id: .new(at: Self.at(0)), reference: "old"),
                .init(id: .new(at: Self.at(1)), reference: "urgent", priority: .high),
                .init(id: .new(at: Self.at(2)), reference: "young"),
                .init(id: .new(at: Self.at(3)), reference: "later", priority: .critical, postponeUntil: Self.at(60)),
            ])
            var taken: [String?] = []
            while let item = try await store.take() { taken.append(item.reference) }
            #expect(taken == ["urgent", "old", "young"])
            #expect(try await store.take(at: Self.at(59)) == nil)
            let later = try await store.take(at: Self.at(60))
            #expect(later?.reference == "later" && later?.hold?.until == Self.at(360))
        }
    }

    @Test func `many performers at once never get the same item`() async throws {
        try await withFixture(connectionsMax: 8) { store in
            try await store.itemQueue()
            try await store.add(references: (0..<40).map { "r\($0)" })
            let taken = try await withThrowingTaskGroup(of: [WorkItem].self) { group in
                for performer in 0..<8 {
                    group.addTask {
                        var mine: [WorkItem] = []
                        while let item = try await store.take(by: "p\(performer)") { mine.append(item) }
                        return mine
                    }
                }
                return try await group.reduce(into: [WorkItem]()) { $0 += $1 }
            }
            #expect(taken.count == 40 && Set(taken.map(\.id)).count == 40)
            #expect(Set(taken.compactMap(\.token)).count == 40)
        }
    }

    @Test func `a performer whose lease has run out can change nothing more`() async throws {
        try await withFixture { store in
            try await store.itemQueue()
            try await store.add(references: ["a"])
            let first = try #require(try await store.take(seconds: 10))
            #expect(try await store.take(at: Self.at(9)) == nil)
            // Nobody has taken note of the lease yet, and it is over all the same.
            await #expect(throws: StoreError.self) {
                try await store.say(.complete(token: first.token, output: nil), of: "a", at: Self.at(10))
            }
            try await store.passTime(at: Self.at(10))
            let waiting = try await store.item("a")
            #expect(waiting.status == .retry && waiting.retries == 1 && waiting.postponeUntil == Self.at(70))
            let second = try #require(try await store.take(at: Self.at(70)))
            #expect(second.token != first.token)
            await #expect(throws: StoreError.self) {
                try await store.say(.complete(token: first.token, output: nil), of: "a", at: Self.at(71))
            }
            let done = try await store.say(
                .complete(token: second.token, output: ["ok": true]), of: "a", at: Self.at(71))
            #expect(done.status == .completed && done.output == ["ok": true] && done.finishedAt == Self.at(71))
        }
    }

    @Test func `a renewed lease lasts, and one that is never answered is abandoned`() async throws {
        try await withFixture { store in
            try await store.itemQueue(maxRetries: 0)
            try await store.add(references: ["a"])
            let taken = try #require(try await store.take(seconds: 10))
            let token = try #require(taken.token)
            try await store.say(.renew(token: token, seconds: 100), of: "a", at: Self.at(5))
            try await store.passTime(at: Self.at(104))
            #expect(try await store.item("a").status == .inProgress)
            try await store.passTime(at: Self.at(105))
            let item = try await store.item("a")
            #expect(item.status == .abandoned && item.failure?.type == .application)
        }
    }

    @Test func `an application failure is tried again, and a business failure is not`() async throws {
        try await withFixture { store in
            try await store.itemQueue()
            try await store.add(references: ["a", "b"])
            let broken = WorkItem.Failure(type: .application, message: "down")
            for (second, status) in [(0.0, WorkItem.Status.retry), (60.0, .failed)] {
                let item = try #require(try await store.take(at: Self.at(second)))
                #expect(item.reference == "a" || second == 60)
                try await store.say(.fail(token: item.token, broken), of: "a", at: Self.at(second))
                #expect(try await store.item("a").status == status)
                guard second == 0 else { continue }
                let other = try #require(try await store.take())
                try await store.say(
                    .fail(token: other.token, WorkItem.Failure(type: .business, message: "no")), of: "b")
                #expect(try await store.item("b").status == .failed)
            }
            // By a person's word it begins anew, and the audit has it.
            try await store.say(.retry, of: "a", at: Self.at(100))
            #expect(try await store.take(at: Self.at(100))?.reference == "a")
            let actions = try await store.actions(.item)
            #expect(actions.map(\.action) == ["item.retry"] && actions.first?.detail["queue"] == "q")
            #expect(actions.first?.reason == "why")
        }
    }

    @Test func `an item that nobody took in time fails, and is not given to anybody`() async throws {
        try await withFixture { store in
            try await store.itemQueue()
            try await store.add([.init(reference: "a", deadline: Self.at(60))])
            #expect(try await store.take(at: Self.at(60)) == nil)
            let item = try await store.item("a")
            #expect(item.status == .failed && item.failure?.type == .business)
        }
    }

    @Test func `lists are filtered and go on where a page ends`() async throws {
        try await withFixture { store in
            try await store.itemQueue()
            let ids = try await store.add(references: ["a", "b", "a", "c"]).map(\.id)
            try await store.say(
                .fail(token: nil, WorkItem.Failure(type: .business, message: "no")), of: ids[1].description)
            func list(
                _ filter: WorkItemStore.Filter = .init(), before: WorkItem.ID? = nil, limit: Int = 9
            ) async throws -> [WorkItem.ID] {
                try await store.run {
                    try WorkItemStore.list(of: "q", filter, before: before, limit: limit, on: $0).map(\.id)
                }
            }
            #expect(try await list() == ids.reversed())
            #expect(try await list(limit: 2) == [ids[3], ids[2]])
            #expect(try await list(before: ids[2]) == [ids[1], ids[0]])
            #expect(try await list(.init(reference: "a")) == [ids[2], ids[0]])
            #expect(try await list(.init(status: .failed)) == [ids[1]])
            #expect(try await list(.init(status: .new, reference: "b")).isEmpty)
            #expect(try await list(.init(errorType: .business)) == [ids[1]])
            #expect(try await list(.init(errorType: .application)).isEmpty)
        }
    }

    @Test func `a queue says how many of its items stand how`() async throws {
        try await withFixture { store in
            try await store.itemQueue()
            try await store.add(references: ["a", "b", "c"])
            try await store.add([.init(reference: "d", postponeUntil: Self.at(600))])
            _ = try await store.take()
            let stats = try await store.run { try ItemQueueStore.stats("q", on: $0) }
            #expect(stats.counts == [.new: BoundedCount(3), .inProgress: BoundedCount(1)])
            #expect(stats.ready == BoundedCount(2) && stats.oldestReadySince == noon)
            #expect(stats.nextReadyAt == Self.at(600))
        }
    }

    @Test func `a queue in use is deleted by force only, and its items go with it`() async throws {
        try await withFixture { store in
            try await store.itemQueue()
            try await store.add(references: ["a"])
            func delete(_ isForced: Bool) async throws {
                _ = try await store.run {
                    try ItemQueueStore.delete("q", evenIfUsed: isForced, by: "ann", reason: nil, on: $0)
                }
            }
            await #expect(throws: StoreError.self) { try await delete(false) }
            try await delete(true)
            await #expect(throws: StoreError.notFound(.itemQueue, "q")) { _ = try await store.item("a") }
            // Its name is free at once; its items are not those of the new one.
            try await store.itemQueue()
            #expect(try await store.take() == nil)
            while try await store.database.asSystem({ try WorkItemStore.keep(on: $0) }) {}
            try await store.database.asSystem { connection in
                let row = try connection.execute(
                    "SELECT (SELECT count(*) FROM work_items) AS items, (SELECT count(*) FROM item_queues) AS queues"
                ).only()
                #expect(try row.int("items") == 0)
                #expect(try row.int("queues") == 1)
            }
        }
    }

    @Test func `due items of a deleted queue keep no other queue from its turn`() async throws {
        try await withFixture { store in
            for queue in ["gone", "q"] {
                try await store.itemQueue(queue)
                try await store.add(references: ["a"], to: queue)
            }
            _ = try await store.take("gone", seconds: 10)
            _ = try await store.take(seconds: 20)
            _ = try await store.run {
                try ItemQueueStore.delete("gone", evenIfUsed: true, by: "ann", reason: nil, on: $0)
            }
            let due = try await store.database.asSystem {
                try WorkItemStore.due(limit: 1, now: Self.at(20), on: $0)
            }
            for queue in due {
                _ = try await store.run { try WorkItemStore.passTime(in: queue, now: Self.at(20), on: $0) }
            }
            #expect(due.count == 1)
            #expect(try await store.item("a").status == .retry)
        }
    }

    @Test func `items that have ended go after 90 days, and others stay`() async throws {
        try await withFixture { store in
            try await store.itemQueue()
            try await store.add(references: ["a", "b"])
            try await store.say(.complete(token: nil, output: nil), of: "a")
            for (days, isThere) in [(89.9, true), (90.1, false)] {
                _ = try await store.database.asSystem {
                    try WorkItemStore.keep(now: Self.at(days * 86_400), on: $0)
                }
                let items = try await store.run { try WorkItemStore.list(of: "q", limit: 9, on: $0) }
                #expect(items.contains { $0.reference == "a" } == isThere)
                #expect(items.contains { $0.reference == "b" })
            }
        }
    }

    @Test func `what is changed of the rules holds for the items that are there`() async throws {
        try await withFixture { store in
            try await store.itemQueue(maxRetries: 0)
            try await store.add(references: ["a"])
            let item = try #require(try await store.take())
            _ = try await store.run {
                try ItemQueueStore.update("q", by: "ann", on: $0) { $0.maxRetries = 1 }
            }
            let failed = try await store.say(
                .fail(token: item.token, WorkItem.Failure(type: .application, message: "down")), of: "a")
            #expect(failed.status == .retry)
        }
    }
}
