package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Items of queues: added by dispatchers, taken and ended by performers, looked at by people. Call within
/// `Database.asTenant`, where nothing else is said.
///
/// What becomes of an item `WorkItemState` says, with the item's row locked.
package enum WorkItemStore {
    /// An item to add.
    package struct New: Hashable, Sendable {
        package var id: WorkItem.ID
        package var reference: String?
        package var data: Object
        package var priority: Priority
        package var deadline: Date?
        package var postponeUntil: Date?

        package init(
            id: WorkItem.ID = .new(at: Date()), reference: String? = nil, data: Object = [:],
            priority: Priority = .normal, deadline: Date? = nil, postponeUntil: Date? = nil
        ) {
            self.id = id
            self.reference = reference
            self.data = data
            self.priority = priority
            self.deadline = deadline
            self.postponeUntil = postponeUntil
        }
    }

    /// What became of a `New`.
    package struct Added: Hashable, Sendable {
        /// The new item's ID, or that of the item which was there already.
        package let id: WorkItem.ID
        package let isDuplicate: Bool
    }

    /// Adds all of the items or none; one whose reference is there already is left out, where references are unique.
    ///
    /// - Returns: one entry for each, in the same order.
    /// - Throws: `StoreError.notFound` for the queue; `.contended` when an item of the same reference is deleted at the
    ///   same time.
    package static func add(
        _ items: [New], to queue: String, by person: String, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> [Added] {
        precondition(items.count <= WorkItem.batchMax, "The route lets no more through")
        let stored = try ItemQueueStore.stored(queue, now: now, on: connection)
        let rows = try connection.execute(
            WorkItemQueries.add,
            [
                "queue": .uuid(stored.id), "is_unique": .bool(stored.queue.rules.uniqueReference),
                "items": .uuidArray(items.map(\.id.rawValue)),
                "references": .textArray(items.map { $0.reference?.storable }),
                "data": .textArray(items.map { StoredJSON.text(of: $0.data) }),
                "priorities": .int2Array(items.map { Int16($0.priority.rawValue) }),
                "deadlines": .timestampArray(items.map(\.deadline)),
                "postponed": .timestampArray(items.map(\.postponeUntil)), "by": .text(person.storable),
                "now": .timestamp(now),
            ])
        let added = Set(try rows.map { WorkItem.ID(rawValue: try $0.uuid("item_id")) })
        let known = try self.holders(
            of: items.filter { !added.contains($0.id) }.compactMap(\.reference), in: stored.id, on: connection)
        return try items.map { item in
            if added.contains(item.id) { return Added(id: item.id, isDuplicate: false) }
            guard let reference = item.reference, let holder = known[reference.storable] else {
                throw StoreError.contended("item queue \(queue)")
            }
            return Added(id: holder, isDuplicate: true)
        }
    }

    private static func holders(
        of references: [String], in queue: UUID, on connection: isolated PostgresConnection
    ) throws -> [String: WorkItem.ID] {
        guard !references.isEmpty else { return [:] }
        let rows = try connection.execute(
            WorkItemQueries.holders,
            ["queue": .uuid(queue), "references": .textArray(references.map(\.storable))])
        var holders: [String: WorkItem.ID] = [:]
        for row in rows { holders[try row.string("reference")] = WorkItem.ID(rawValue: try row.uuid("item_id")) }
        return holders
    }

    // MARK: - Looking

    /// Finds an item by its ID, or else by its reference: the newest one that is not deleted.
    ///
    /// - Throws: `StoreError.notFound` for the queue and for the item.
    package static func get(
        _ idOrReference: String, in queue: String, on connection: isolated PostgresConnection
    ) throws -> WorkItem {
        let stored = try ItemQueueStore.stored(queue, now: nil, on: connection)
        let id = try self.id(of: idOrReference, in: stored, on: connection)
        return try self.item(id, in: stored, on: connection)
    }

    static func item(
        _ id: WorkItem.ID, in stored: StoredItemQueue, on connection: isolated PostgresConnection
    ) throws -> WorkItem {
        let rows = try connection.execute(
            WorkItemQueries.get, ["queue": .uuid(stored.id), "item": .uuid(id.rawValue)])
        guard let row = rows.first else { throw Self.notFound(id.description, in: stored) }
        return try WorkItem(row: row, queue: stored.queue.name)
    }

    /// So many items of one reference are looked at for one that is not deleted.
    private static let sameReferenceMax = 100

    static func id(
        of idOrReference: String, in stored: StoredItemQueue, on connection: isolated PostgresConnection
    ) throws -> WorkItem.ID {
        if let id = WorkItem.ID(idOrReference) { return id }
        let rows = try connection.execute(
            WorkItemQueries.ofReference,
            [
                "queue": .uuid(stored.id), "reference": .text(idOrReference.storable),
                "limit": .int(self.sameReferenceMax),
            ])
        guard let row = rows.first else { throw Self.notFound(idOrReference, in: stored) }
        return WorkItem.ID(rawValue: try row.uuid("item_id"))
    }

    static func notFound(_ text: String, in stored: StoredItemQueue) -> StoreError {
        .notFound(.workItem, "\(text) in the item queue \(stored.queue.name)")
    }

    /// All that is given must be true of an item.
    package struct Filter: Hashable, Sendable {
        package var status: WorkItem.Status?
        package var reference: String?
        /// Of the last failure.
        package var errorType: WorkItem.ErrorType?

        package init(
            status: WorkItem.Status? = nil, reference: String? = nil, errorType: WorkItem.ErrorType? = nil
        ) {
            self.status = status
            self.reference = reference
            self.errorType = errorType
        }
    }

    /// Newest first, below the cursor's.
    ///
    /// - Throws: `StoreError.notFound` for the queue.
    package static func list(
        of queue: String, _ filter: Filter = Filter(), before cursor: WorkItem.ID? = nil, limit: Int,
        on connection: isolated PostgresConnection
    ) throws -> [WorkItem] {
        let stored = try ItemQueueStore.stored(queue, now: nil, on: connection)
        let before = PostgresValue.uuid(cursor?.rawValue ?? Job.ID.last.rawValue)
        let errorType = PostgresValue.text(filter.errorType?.rawValue)
        let rows: Rows
        if let reference = filter.reference {
            rows = try connection.execute(
                WorkItemQueries.listOfReference,
                [
                    "queue": .uuid(stored.id), "reference": .text(reference.storable),
                    "status": .text(filter.status?.rawValue), "error_type": errorType, "before": before,
                    "limit": .int(limit),
                ])
        } else if let status = filter.status {
            rows = try connection.execute(
                WorkItemQueries.listOfStatus,
                [
                    "queue": .uuid(stored.id), "status": .text(status.rawValue), "error_type": errorType,
                    "before": before, "limit": .int(limit),
                ])
        } else {
            rows = try connection.execute(
                WorkItemQueries.list,
                ["queue": .uuid(stored.id), "error_type": errorType, "before": before, "limit": .int(limit)])
        }
        return try rows.map { try WorkItem(row: $0, queue: queue) }
    }
}
