import CasareDomain
import CasarePostgres
import FoundationEssentials

extension ItemQueue {
    /// Reads a row of the table `item_queues`.
    init(row: Row) throws {
        let name = try row.string("name")
        var performer: Performer?
        if let workflow = try row.optionalString("performer_workflow") {
            performer = Performer(
                workflow: workflow,
                variables: try StoredJSON.object(
                    try row.string("performer_variables"), in: "the performer of the item queue \(name)"),
                environment: try row.string("performer_environment"), jobsMax: try row.int("performer_jobs_max"))
        }
        self.init(
            name: name,
            rules: Rules(
                maxRetries: try row.int("max_retries"), retryDelaySeconds: try row.double("retry_delay_seconds"),
                uniqueReference: try row.bool("unique_reference"), performer: performer,
                description: try row.optionalString("description")),
            createdAt: try row.date("created_at"), createdBy: try row.string("created_by"),
            updatedAt: try row.date("updated_at"), updatedBy: try row.string("updated_by"))
    }
}

/// A queue with the number that its items know it by.
struct StoredItemQueue: Sendable {
    let id: UUID
    let queue: ItemQueue
    /// The time of the look at it.
    let now: Date

    /// Reads a row of the table `item_queues` with the time beside it.
    init(row: Row) throws {
        self.id = try row.uuid("item_queue_id")
        self.queue = try ItemQueue(row: row)
        self.now = try row.date("now")
    }
}

extension WorkItem {
    /// Reads a row of `WorkItemQueries`.
    init(row: Row, queue: String) throws {
        let id = ID(rawValue: try row.uuid("item_id"))
        let text = try row.string("status")
        guard let status = Status(rawValue: text) else {
            throw StoreError.unreadable("work item \(id) has the unknown status \"\(text)\"")
        }
        guard let priority = Priority(rawValue: try row.int("priority")) else {
            throw StoreError.unreadable("work item \(id) has an unknown priority")
        }
        let output = try row.optionalString("output")
        self.init(
            id: id, queue: queue, reference: try row.optionalString("reference"),
            data: try StoredJSON.object(try row.string("data"), in: "the data of work item \(id)"),
            output: try output.map { try StoredJSON.object($0, in: "the output of work item \(id)") }, status: status,
            priority: priority, retries: try row.int("retries"), deadline: try row.optionalDate("deadline"),
            postponeUntil: try row.optionalDate("postpone_until"), failure: try Failure(row: row, of: id),
            hold: try Hold(row: row), createdAt: try row.date("created_at"),
            createdBy: try row.string("created_by"), updatedAt: try row.date("updated_at"),
            finishedAt: try row.optionalDate("finished_at"))
    }
}

extension WorkItem.Failure {
    /// - Returns: `nil` for an item that has not failed.
    fileprivate init?(row: Row, of item: WorkItem.ID) throws {
        guard let text = try row.optionalString("error_type") else { return nil }
        guard let type = WorkItem.ErrorType(rawValue: text) else {
            throw StoreError.unreadable("work item \(item) failed with the unknown type \"\(text)\"")
        }
        self.init(type: type, message: try row.string("error"))
    }
}

extension WorkItem.Hold {
    /// - Returns: `nil` for an item that nobody has taken.
    fileprivate init?(row: Row) throws {
        guard let token = try row.optionalInt64("token") else { return nil }
        self.init(
            token: token, by: try row.string("taken_by"),
            job: try row.optionalUUID("job_id").map(Job.ID.init(rawValue:)), robot: try row.optionalString("robot"),
            since: try row.date("taken_at"), until: try row.date("lease_until"))
    }
}
