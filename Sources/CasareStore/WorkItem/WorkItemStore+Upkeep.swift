package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Jobs that are made for items, and items that go.
extension WorkItemStore {
    /// A performer's queue is looked at again after so many seconds.
    static let performerPause = 1.0
    /// The same after one of its jobs failed or was refused: one that fails at once is not begun again and again.
    static let performerFailurePause = 60.0

    /// What a look at a queue with a performer came to.
    package struct Performed: Sendable {
        /// Jobs that were made.
        package internal(set) var jobs: [Job.ID] = []
        /// Of the queue whose job was refused: its name and why.
        package internal(set) var refusal: (queue: String, why: String)?
    }

    /// Queues of all tenants whose performer is to be looked at. Call within `Database.asSystem`.
    package static func performing(
        limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Due] {
        try connection.execute(
            ItemQueueQueries.performing, ["limit": .int(limit), "now": .timestamp(now)]
        ).map { row in
            Due(
                tenant: Tenant.ID(rawValue: try row.decode("tenant_id")), queue: try row.uuid("item_queue_id"))
        }
    }

    /// As whom the jobs of a queue's performer are submitted.
    package static func submitter(of queue: ItemQueue) -> String { "item-queue/\(queue.name)" }

    /// Makes jobs while there are items and fewer jobs than may be: one for each item that is ready or worked on. Ring the
    /// ready bell after the commit.
    ///
    /// - Returns: `nil` when somebody else is at it.
    package static func perform(
        _ due: Due, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Performed? {
        let rows = try connection.execute(
            ItemQueueQueries.takePerformer, ["queue": .uuid(due.queue), "now": .timestamp(now)])
        guard let row = rows.first else { return nil }
        let stored = try StoredItemQueue(row: row)
        guard let performer = stored.queue.rules.performer else { return nil }
        var performed = Performed()
        let ended = try connection.execute(ItemQueueQueries.endedJobs, ["queue": .uuid(due.queue)]).only()
        var pause = try ended.int("failed") > 0 ? self.performerFailurePause : self.performerPause
        let load = try connection.execute(
            ItemQueueQueries.load, ["queue": .uuid(due.queue), "limit": .int(performer.jobsMax)]
        ).only()
        let ready = try load.int("ready")
        let wanted = try ready == 0 ? 0 : min(performer.jobsMax, ready + load.int("held")) - load.int("jobs")
        if wanted > 0, pause == self.performerPause {
            do {
                performed.jobs = try connection.savepoint { connection in
                    try self.submit(wanted, performer, of: stored, now: now, on: connection)
                }
            } catch let error as StoreError {
                performed.refusal = (stored.queue.name, error.description)
                pause = self.performerFailurePause
            }
        }
        try connection.execute(
            ItemQueueQueries.lookAgain,
            ["queue": .uuid(due.queue), "seconds": .double(pause), "now": .timestamp(now)])
        return performed
    }

    private static func submit(
        _ count: Int, _ performer: ItemQueue.Performer, of stored: StoredItemQueue, now: Date?,
        on connection: isolated PostgresConnection
    ) throws -> [Job.ID] {
        guard let workflow = try WorkflowStore.get(idOrName: performer.workflow, on: connection) else {
            throw StoreError.notFound(.workflow, performer.workflow)
        }
        let jobs = (0..<count).map { _ in
            NewJob(
                workflow: workflow.id, workflowVersion: workflow.latestVersion, variables: performer.variables,
                environment: performer.environment)
        }
        let submitted = try JobStore.submit(jobs, by: self.submitter(of: stored.queue), now: now, on: connection)
        try connection.execute(
            ItemQueueQueries.noteJobs,
            ["queue": .uuid(stored.id), "jobs": .uuidArray(submitted.map(\.id.rawValue))])
        return submitted.map(\.id)
    }

    // MARK: - What goes

    /// Items that have ended are kept for so many days.
    package static let daysKept = 90
    /// A round removes no more items.
    package static let removedAtOnceMax = 1000

    /// Removes items whose time is over, and those of queues that were deleted. Call within `Database.asSystem`.
    ///
    /// - Returns: whether there may be more to do at once.
    package static func keep(now: Date? = nil, on connection: isolated PostgresConnection) throws -> Bool {
        let finished = try connection.execute(
            WorkItemQueries.removeFinished,
            ["days": .int(self.daysKept), "limit": .int(self.removedAtOnceMax), "now": .timestamp(now)]
        ).count
        let deleted = try connection.execute(ItemQueueQueries.deleted, ["limit": 1]).first
        guard let deleted else { return finished >= self.removedAtOnceMax }
        let tenant = PostgresValue.int4(try deleted.decode("tenant_id", as: Int32.self))
        let queue = PostgresValue.uuid(try deleted.uuid("item_queue_id"))
        let removed = try connection.execute(
            WorkItemQueries.removeOf,
            ["tenant": tenant, "queue": queue, "limit": .int(self.removedAtOnceMax)]
        ).count
        // With no item left it goes itself; one that somebody has locked is left to the next round.
        if removed == 0 { try connection.execute(ItemQueueQueries.remove, ["tenant": tenant, "queue": queue]) }
        return removed > 0 || finished >= self.removedAtOnceMax
    }
}
