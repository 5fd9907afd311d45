package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Queues of items as people see them. Call within `Database.asTenant`, where nothing else is said.
package enum ItemQueueStore {
    /// Items of one status are counted no further.
    package static let countedMax = 10_000

    /// - Throws: `StoreError.nameTaken`; `.refused` when there are as many as there may be; `.notFound` for a performer's
    ///   workflow that there is not.
    package static func create(
        _ name: String, _ rules: ItemQueue.Rules, by person: String, reason: String? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> ItemQueue {
        try self.check(rules, on: connection)
        try connection.execute(ItemQueueQueries.lock)
        let count = try connection.execute(
            ItemQueueQueries.count, ["limit": .int(ItemQueue.countMax)]
        ).only().int("queues")
        guard count < ItemQueue.countMax else {
            throw StoreError.refused(
                "item queue \(name)",
                why: "cannot be created: there are \(ItemQueue.countMax), and no more may be; delete one that nobody "
                    + "uses")
        }
        let created = try connection.execute(
            ItemQueueQueries.create,
            [
                "queue": .uuid(UUID()), "name": .text(name.storable),
                "max_retries": .int(rules.maxRetries), "retry_delay_seconds": .double(rules.retryDelaySeconds),
                "unique_reference": .bool(rules.uniqueReference), "description": .text(rules.description?.storable),
                "workflow": .text(rules.performer?.workflow.storable),
                "variables": .text(rules.performer.map { StoredJSON.text(of: $0.variables) }),
                "environment": .text(rules.performer?.environment.storable),
                "jobs_max": .int(rules.performer?.jobsMax), "by": .text(person.storable), "now": .timestamp(now),
            ])
        guard let row = created.first else { throw StoreError.nameTaken(.itemQueue, name) }
        try ControlLog.record("item_queue.create", of: name, by: person, reason: reason, now: now, on: connection)
        return try ItemQueue(row: row)
    }

    /// A performer's workflow must be there when it is named; one that goes later is told when a job is wanted.
    private static func check(_ rules: ItemQueue.Rules, on connection: isolated PostgresConnection) throws {
        guard let performer = rules.performer else { return }
        guard try WorkflowStore.get(idOrName: performer.workflow, on: connection) != nil else {
            throw StoreError.notFound(.workflow, performer.workflow)
        }
    }

    /// - Throws: `StoreError.notFound`.
    package static func get(_ name: String, on connection: isolated PostgresConnection) throws -> ItemQueue {
        try self.stored(name, now: nil, on: connection).queue
    }

    static func stored(
        _ name: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> StoredItemQueue {
        let rows = try connection.execute(
            ItemQueueQueries.named, ["name": .text(name.storable), "now": .timestamp(now)])
        guard let row = rows.first else { throw StoreError.notFound(.itemQueue, name) }
        return try StoredItemQueue(row: row)
    }

    /// By name, behind the cursor's.
    package static func list(
        after name: String = "", limit: Int, on connection: isolated PostgresConnection
    ) throws -> [ItemQueue] {
        try connection.execute(
            ItemQueueQueries.list, ["after": .text(name.storable), "limit": .int(limit)]
        ).map(ItemQueue.init(row:))
    }

    /// - Parameter change: makes the new rules of those that hold.
    /// - Throws: `StoreError.notFound`, also for a performer's workflow.
    package static func update(
        _ name: String, by person: String, reason: String? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection, change: (inout ItemQueue.Rules) throws -> Void
    ) throws -> ItemQueue {
        let stored = try self.held(name, now: now, on: connection)
        var rules = stored.queue.rules
        try change(&rules)
        guard rules != stored.queue.rules else { return stored.queue }
        try self.check(rules, on: connection)
        let row = try connection.execute(
            ItemQueueQueries.update,
            [
                "queue": .uuid(stored.id), "max_retries": .int(rules.maxRetries),
                "retry_delay_seconds": .double(rules.retryDelaySeconds),
                "unique_reference": .bool(rules.uniqueReference), "description": .text(rules.description?.storable),
                "workflow": .text(rules.performer?.workflow.storable),
                "variables": .text(rules.performer.map { StoredJSON.text(of: $0.variables) }),
                "environment": .text(rules.performer?.environment.storable),
                "jobs_max": .int(rules.performer?.jobsMax), "by": .text(person.storable), "now": .timestamp(now),
            ]
        ).only()
        try ControlLog.record("item_queue.update", of: name, by: person, reason: reason, now: now, on: connection)
        return try ItemQueue(row: row)
    }

    private static func held(
        _ name: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> StoredItemQueue {
        let rows = try connection.execute(
            ItemQueueQueries.hold, ["name": .text(name.storable), "now": .timestamp(now)])
        guard let row = rows.first else { throw StoreError.notFound(.itemQueue, name) }
        return try StoredItemQueue(row: row)
    }

    /// Its items go with it, in the background; jobs of its performer stay.
    ///
    /// - Parameter evenIfUsed: also with items that wait or are worked on.
    /// - Returns: what it was.
    /// - Throws: `StoreError.notFound`, and `.refused` for one with such items.
    package static func delete(
        _ name: String, evenIfUsed: Bool, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> ItemQueue {
        let stored = try self.held(name, now: now, on: connection)
        if !evenIfUsed {
            let statuses = WorkItem.Status.allCases.filter { !$0.isTerminal }
            let counts = try self.counts(of: stored.id, statuses, on: connection)
            let open = counts.values.reduce(0) { $0 + $1.value }
            guard open == 0 else {
                throw StoreError.refused(
                    "item queue \(name)",
                    why: "has items that wait or are worked on, \(open) or more; let them be done, or delete it with "
                        + "force and them with it")
            }
        }
        try connection.execute(
            ItemQueueQueries.delete,
            ["queue": .uuid(stored.id), "by": .text(person.storable), "now": .timestamp(now)])
        try ControlLog.record("item_queue.delete", of: name, by: person, reason: reason, now: now, on: connection)
        return stored.queue
    }

    /// - Throws: `StoreError.notFound`.
    package static func stats(
        _ name: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> ItemQueueStats {
        let stored = try self.stored(name, now: now, on: connection)
        let counts = try self.counts(of: stored.id, WorkItem.Status.allCases, on: connection)
        let row = try connection.execute(
            ItemQueueQueries.readiness, ["queue": .uuid(stored.id), "limit": .int(self.countedMax + 1)]
        ).only()
        return ItemQueueStats(
            queue: stored.queue, counts: counts, ready: BoundedCount(try row.int("items"), max: self.countedMax),
            oldestReadySince: try row.optionalDate("oldest"), nextReadyAt: try row.optionalDate("next_at"))
    }

    private static func counts(
        of queue: UUID, _ statuses: [WorkItem.Status], on connection: isolated PostgresConnection
    ) throws -> [WorkItem.Status: BoundedCount] {
        let rows = try connection.execute(
            ItemQueueQueries.counts,
            [
                "queue": .uuid(queue), "statuses": .textArray(statuses.map(\.rawValue)),
                "limit": .int(self.countedMax + 1),
            ])
        var counts: [WorkItem.Status: BoundedCount] = [:]
        for row in rows {
            guard let status = WorkItem.Status(rawValue: try row.string("status")) else { continue }
            let count = try row.int("items")
            if count > 0 { counts[status] = BoundedCount(count, max: self.countedMax) }
        }
        return counts
    }
}
