package import CasareDomain
import CasarePostgres
package import FoundationEssentials

/// Something that happened to a job.
package struct StoredEvent: Hashable, Sendable {
    package let cursor: EventCursor
    package let at: Date
    package let kind: String
    package let job: Job.ID
    package let workflow: String
    package let workflowVersion: Int
    /// The environment that the job is for.
    package let environment: String
    package let detail: Object
    /// How much room it takes, more or less.
    package let bytes: Int

    /// Its numbers, times and names, about.
    private static let bytesWithoutDetail = 256

    package init(
        cursor: EventCursor, at: Date, kind: String, job: Job.ID, workflow: String, workflowVersion: Int,
        environment: String, detail: Object, detailBytes: Int
    ) {
        self.cursor = cursor
        self.at = at
        self.kind = kind
        self.job = job
        self.workflow = workflow
        self.workflowVersion = workflowVersion
        self.environment = environment
        self.detail = detail
        self.bytes = Self.bytesWithoutDetail + detailBytes
    }

    /// - Returns: `nil` for an event of a job that is not kept any more.
    init?(row: Row) throws {
        guard let workflow = try row.optionalString("workflow"),
            let environment = try row.optionalString("environment")
        else { return nil }
        let job = Job.ID(rawValue: try row.uuid("job_id"))
        let detail = try row.optionalString("detail")
        self.init(
            cursor: EventCursor(number: try row.int64("event_id")), at: try row.date("at"),
            kind: try row.string("kind"), job: job, workflow: workflow,
            workflowVersion: try row.int("workflow_version"), environment: environment,
            detail: try detail.map { try StoredJSON.object($0, in: "an event of job \(job)") } ?? [:],
            detailBytes: detail?.utf8.count ?? 0)
    }
}

/// Which events somebody wants.
package struct EventFilter: Hashable, Sendable {
    /// Empty: all.
    package var kinds: Set<String>
    /// By name.
    package var workflow: String?
    package var job: Job.ID?
    package var environment: String?

    package init(
        kinds: Set<String> = [], workflow: String? = nil, job: Job.ID? = nil, environment: String? = nil
    ) {
        self.kinds = kinds
        self.workflow = workflow
        self.job = job
        self.environment = environment
    }

    package func includes(_ event: StoredEvent) -> Bool {
        (self.kinds.isEmpty || self.kinds.contains(event.kind)) && (self.workflow ?? event.workflow) == event.workflow
            && (self.job ?? event.job) == event.job && (self.environment ?? event.environment) == event.environment
    }
}
