package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What performers do with items, and what people say of them.
extension WorkItemStore {
    /// Who takes an item.
    package struct Performer: Hashable, Sendable {
        /// Name of a token of access.
        package var name: String
        package var job: Job.ID?
        package var robot: String?

        package init(name: String, job: Job.ID? = nil, robot: String? = nil) {
            self.name = name
            self.job = job
            self.robot = robot
        }
    }

    /// Gives the first item that is ready: of the highest priority the oldest. It is the performer's for so long, and
    /// nobody else is given it meanwhile.
    ///
    /// - Returns: `nil`: none is ready.
    /// - Throws: `StoreError.notFound` for the queue.
    package static func take(
        from queue: String, for performer: Performer, seconds: Double = WorkItem.leaseSecondsDefault,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> WorkItem? {
        let stored = try ItemQueueStore.stored(queue, now: now, on: connection)
        // Nobody waits for the loop's next round.
        _ = try self.passTime(in: stored, given: now, on: connection)
        let rows = try connection.execute(
            WorkItemQueries.next, ["queue": .uuid(stored.id), "now": .timestamp(now)])
        guard let row = rows.first else { return nil }
        var change = try Change(row: row, stored)
        let token = try connection.execute(WorkItemQueries.token).only().int64("token")
        change.state.taken(
            WorkItem.Hold(
                token: token, by: performer.name, job: performer.job, robot: performer.robot, since: stored.now,
                until: stored.now.addingTimeInterval(seconds)))
        try self.save([change], now: now, on: connection)
        return try self.item(change.id, in: stored, on: connection)
    }

    /// What is said of an item.
    package enum Saying: Sendable {
        /// Its performer goes on, for so many seconds from now.
        case renew(token: Int64, seconds: Double)
        /// Without a token it is a person's word.
        case complete(token: Int64?, output: Object?)
        case fail(token: Int64?, WorkItem.Failure)
        case postpone(token: Int64?, Delay)
        /// One that has failed or was abandoned is tried again, from the beginning.
        case retry
        case delete
    }

    /// When a performer gives an item back for.
    package enum Delay: Hashable, Sendable {
        case until(Date)
        case seconds(Double)

        func end(from now: Date) -> Date {
            switch self {
            case .until(let date): date
            case .seconds(let seconds): now.addingTimeInterval(seconds)
            }
        }
    }

    /// Does what is said of an item.
    ///
    /// - Parameter reason: of a person, kept in the audit.
    /// - Throws: `StoreError.notFound` for queue and item; `.refused` where that cannot be, such as when the item is not
    ///   the performer's any more.
    package static func say(
        _ saying: Saying, of idOrReference: String, in queue: String, by person: String, reason: String? = nil,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> WorkItem {
        let stored = try ItemQueueStore.stored(queue, now: now, on: connection)
        let id = try self.id(of: idOrReference, in: stored, on: connection)
        let rows = try connection.execute(
            WorkItemQueries.hold, ["queue": .uuid(stored.id), "item": .uuid(id.rawValue)])
        guard let row = rows.first else { throw self.notFound(idOrReference, in: stored) }
        var change = try Change(row: row, stored)
        // A lease that has run out is nobody's, even before that was taken note of.
        _ = change.state.timePassed(at: stored.now)
        do throws(WorkItemState.Refusal) {
            try change.apply(saying, at: stored.now)
        } catch {
            throw StoreError.refused("work item \(change.name)", why: error.description)
        }
        try self.save([change], now: now, on: connection)
        if let action = saying.personsAction {
            try ControlLog.record(
                action, of: id.description, by: person, reason: reason,
                detail: Object([("queue", .string(stored.queue.name))]), now: now, on: connection)
        }
        return try self.item(id, in: stored, on: connection)
    }

    // MARK: - Time

    /// Items of one queue to which time does something in one transaction.
    package static let passedAtOnceMax = 200

    package struct Due: Hashable, Sendable {
        package let tenant: Tenant.ID
        let queue: UUID
    }

    /// Queues of all tenants with items whose lease, wait or deadline is over. Call within `Database.asSystem`.
    ///
    /// - Parameter limit: so many items are looked at; those of deleted queues do not count.
    package static func due(
        limit: Int = WorkItemStore.passedAtOnceMax, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Due] {
        try connection.execute(WorkItemQueries.due, ["limit": .int(limit), "now": .timestamp(now)]).map { row in
            Due(
                tenant: Tenant.ID(rawValue: try row.decode("tenant_id")), queue: try row.uuid("item_queue_id"))
        }
    }

    /// Does to a queue's items what time does.
    ///
    /// - Returns: whether there may be more to do at once.
    package static func passTime(
        in due: Due, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Bool {
        let rows = try connection.execute(
            WorkItemQueries.queue, ["queue": .uuid(due.queue), "now": .timestamp(now)])
        // The items of one that is deleted go by themselves.
        guard let row = rows.first else { return false }
        return try self.passTime(in: try StoredItemQueue(row: row), given: now, on: connection)
    }

    private static func passTime(
        in stored: StoredItemQueue, given: Date?, on connection: isolated PostgresConnection
    ) throws -> Bool {
        let rows = try connection.execute(
            WorkItemQueries.looked,
            ["queue": .uuid(stored.id), "at": .timestamp(stored.now), "limit": .int(self.passedAtOnceMax)])
        var changes: [Change] = []
        for row in rows {
            var change = try Change(row: row, stored)
            _ = change.state.timePassed(at: stored.now)
            changes.append(change)
        }
        try self.save(changes, now: given, on: connection)
        return rows.count >= self.passedAtOnceMax
    }

    // MARK: - Storing

    /// An item whose row is locked, and where it goes.
    struct Change {
        let id: WorkItem.ID
        /// By which people know it.
        let name: String
        var state: WorkItemState

        init(row: Row, _ stored: StoredItemQueue) throws {
            let item = try WorkItem(row: row, queue: stored.queue.name)
            self.id = item.id
            self.name = item.reference.map { "\($0) (\(item.id))" } ?? item.id.description
            self.state = WorkItemState(
                item, isReady: try row.bool("is_ready"), maxRetries: stored.queue.rules.maxRetries,
                retryDelaySeconds: stored.queue.rules.retryDelaySeconds)
        }

        mutating func apply(_ saying: Saying, at now: Date) throws(WorkItemState.Refusal) {
            switch saying {
            case .renew(let token, let seconds):
                try self.state.renewed(token: token, until: now.addingTimeInterval(seconds))
            case .complete(let token, let output):
                try self.state.completed(token: token, output: output, at: now)
            case .fail(let token, let failure): try self.state.failed(failure, token: token, at: now)
            case .postpone(let token, let delay):
                try self.state.postponed(until: delay.end(from: now), token: token, at: now)
            case .retry: try self.state.retried(at: now)
            case .delete: try self.state.deleted(at: now)
            }
        }
    }

    private static func save(
        _ changes: [Change], now: Date?, on connection: isolated PostgresConnection
    ) throws {
        guard !changes.isEmpty else { return }
        let states = changes.map(\.state)
        try connection.execute(
            WorkItemQueries.save,
            [
                "items": .uuidArray(changes.map(\.id.rawValue)),
                "statuses": .textArray(states.map(\.status.rawValue)),
                "retries": .int4Array(states.map { Int32(clamping: $0.retries) }),
                "deadlines": .timestampArray(states.map(\.deadline)),
                "postponed": .timestampArray(states.map(\.postponeUntil)),
                "error_types": .textArray(states.map { $0.failure?.type.rawValue }),
                "errors": .textArray(states.map { $0.failure?.message.storable }),
                "outputs": .textArray(states.map { $0.output.map(StoredJSON.text(of:)) }),
                "tokens": .int8Array(states.map { $0.hold?.token }),
                "takers": .textArray(states.map { $0.hold?.by.storable }),
                "jobs": .uuidArray(states.map { $0.hold?.job?.rawValue }),
                "robots": .textArray(states.map { $0.hold?.robot?.storable }),
                "taken_at": .timestampArray(states.map { $0.hold?.since }),
                "lease_until": .timestampArray(states.map { $0.hold?.until }),
                "ready": .boolArray(states.map(\.isReady)), "look_at": .timestampArray(states.map(\.lookAt)),
                "finished_at": .timestampArray(states.map(\.finishedAt)), "now": .timestamp(now),
            ])
    }
}

extension WorkItemStore.Saying {
    /// As the audit names what a person did; `nil` for what a performer says of its own item.
    fileprivate var personsAction: String? {
        switch self {
        case .renew: nil
        case .complete(let token, _): token == nil ? "item.complete" : nil
        case .fail(let token, _): token == nil ? "item.fail" : nil
        case .postpone(let token, _): token == nil ? "item.postpone" : nil
        case .retry: "item.retry"
        case .delete: "item.delete"
        }
    }
}
