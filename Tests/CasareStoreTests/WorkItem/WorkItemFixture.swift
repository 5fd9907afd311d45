import CasareDomain
import CasarePostgres
import CasareStore
import FoundationEssentials

extension StoreFixture {
    @discardableResult
    func itemQueue(
        _ name: String = "q", uniqueReference: Bool = false, maxRetries: Int = 1,
        performer: ItemQueue.Performer? = nil, at now: Date = noon
    ) async throws -> ItemQueue {
        let rules = ItemQueue.Rules(
            maxRetries: maxRetries, retryDelaySeconds: 60, uniqueReference: uniqueReference, performer: performer)
        return try await self.run { try ItemQueueStore.create(name, rules, by: "ann", now: now, on: $0) }
    }

    @discardableResult
    func add(
        _ items: [WorkItemStore.New], to queue: String = "q", at now: Date = noon
    ) async throws -> [WorkItemStore.Added] {
        try await self.run { try WorkItemStore.add(items, to: queue, by: "ann", now: now, on: $0) }
    }

    /// - Parameter references: of the items, in their order.
    @discardableResult
    func add(references: [String], to queue: String = "q", at now: Date = noon) async throws -> [WorkItemStore.Added] {
        var items: [WorkItemStore.New] = []
        for (position, reference) in references.enumerated() {
            items.append(
                WorkItemStore.New(id: .new(at: now.addingTimeInterval(Double(position))), reference: reference))
        }
        return try await self.add(items, to: queue, at: now)
    }

    func take(
        _ queue: String = "q", by person: String = "robot", seconds: Double = 300, at now: Date = noon
    ) async throws -> WorkItem? {
        try await self.run {
            try WorkItemStore.take(from: queue, for: .init(name: person), seconds: seconds, now: now, on: $0)
        }
    }

    @discardableResult
    func say(
        _ saying: WorkItemStore.Saying, of item: String, in queue: String = "q", at now: Date = noon
    ) async throws -> WorkItem {
        try await self.run {
            try WorkItemStore.say(saying, of: item, in: queue, by: "ann", reason: "why", now: now, on: $0)
        }
    }

    func item(_ item: String, in queue: String = "q") async throws -> WorkItem {
        try await self.run { try WorkItemStore.get(item, in: queue, on: $0) }
    }

    /// What the loop does in one round.
    func passTime(at now: Date) async throws {
        for due in try await self.database.asSystem({ try WorkItemStore.due(now: now, on: $0) }) {
            _ = try await self.run { try WorkItemStore.passTime(in: due, now: now, on: $0) }
        }
    }

    /// The same for performers.
    @discardableResult
    func perform(at now: Date) async throws -> [WorkItemStore.Performed] {
        var performed: [WorkItemStore.Performed] = []
        for due in try await self.database.asSystem({ try WorkItemStore.performing(limit: 9, now: now, on: $0) }) {
            if let one = try await self.run({ try WorkItemStore.perform(due, now: now, on: $0) }) {
                performed.append(one)
            }
        }
        return performed
    }
}

extension WorkItem {
    /// The token of whoever has it.
    var token: Int64? { self.status == .inProgress ? self.hold?.token : nil }
}
