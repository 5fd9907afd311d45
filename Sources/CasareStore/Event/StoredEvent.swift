package import CasareDomain
import CasarePostgres
package import FoundationEssentials

/// Something that happened to a job, a secret, or the keys of the installation.
package struct StoredEvent: Hashable, Sendable {
    /// What is known of the job that it happened to.
    package struct JobPlace: Hashable, Sendable {
        package let id: Job.ID
        package let workflow: String
        package let workflowVersion: Int
        /// The environment that the job is for.
        package let environment: String

        package init(id: Job.ID, workflow: String, workflowVersion: Int, environment: String) {
            self.id = id
            self.workflow = workflow
            self.workflowVersion = workflowVersion
            self.environment = environment
        }
    }

    /// What it happened to.
    package enum Subject: Hashable, Sendable {
        case job(JobPlace)
        /// By its name.
        case secret(String)
        case vault
    }

    package let cursor: EventCursor
    package let at: Date
    package let kind: String
    /// The job's; of what happened to no job one of its own.
    package let id: UUID
    package let subject: Subject
    package let detail: Object
    /// How much room it takes, more or less.
    package let bytes: Int

    /// Its numbers, times and names, about.
    private static let bytesWithoutDetail = 256

    package init(
        cursor: EventCursor, at: Date, kind: String, id: UUID, subject: Subject, detail: Object, detailBytes: Int
    ) {
        self.cursor = cursor
        self.at = at
        self.kind = kind
        self.id = id
        self.subject = subject
        self.detail = detail
        self.bytes = Self.bytesWithoutDetail + detailBytes
    }

    /// - Returns: `nil` for an event of a job that is not kept any more.
    init?(row: Row) throws {
        let (id, kind) = (try row.uuid("job_id"), try row.string("kind"))
        let text = try row.optionalString("detail")
        let detail = try text.map { try StoredJSON.object($0, in: "an event of \(id)") } ?? [:]
        let subject: Subject
        switch EventKind(rawValue: kind)?.subject {
        case .secret?:
            guard let name = detail["secret"]?.string else { return nil }
            subject = .secret(name)
        case .vault?: subject = .vault
        case .job?, nil:
            guard let workflow = try row.optionalString("workflow"),
                let environment = try row.optionalString("environment")
            else { return nil }
            subject = .job(
                JobPlace(
                    id: Job.ID(rawValue: id), workflow: workflow, workflowVersion: try row.int("workflow_version"),
                    environment: environment))
        }
        self.init(
            cursor: EventCursor(number: try row.int64("event_id")), at: try row.date("at"), kind: kind, id: id,
            subject: subject, detail: detail, detailBytes: text?.utf8.count ?? 0)
    }

    /// `nil`: it happened to no job.
    package var job: JobPlace? {
        switch self.subject {
        case .job(let job): job
        case .secret, .vault: nil
        }
    }

    /// The name of the secret that it happened to.
    package var secret: String? {
        switch self.subject {
        case .secret(let name): name
        case .job, .vault: nil
        }
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
    /// By name.
    package var secret: String?
    /// Nothing of secrets and keys: it is for somebody who may not see which there are.
    package var hidesSecrets: Bool

    package init(
        kinds: Set<String> = [], workflow: String? = nil, job: Job.ID? = nil, environment: String? = nil,
        secret: String? = nil, hidesSecrets: Bool = false
    ) {
        self.kinds = kinds
        self.workflow = workflow
        self.job = job
        self.environment = environment
        self.secret = secret
        self.hidesSecrets = hidesSecrets
    }

    package func includes(_ event: StoredEvent) -> Bool {
        guard self.kinds.isEmpty || self.kinds.contains(event.kind) else { return false }
        switch event.subject {
        case .job(let job):
            return self.secret == nil && (self.workflow ?? job.workflow) == job.workflow
                && (self.job ?? job.id) == job.id && (self.environment ?? job.environment) == job.environment
        case .secret(let name): return !self.hidesSecrets && self.isOfNoJob && (self.secret ?? name) == name
        case .vault: return !self.hidesSecrets && self.isOfNoJob && self.secret == nil
        }
    }

    /// It asks for nothing that only events of jobs have.
    private var isOfNoJob: Bool { self.workflow == nil && self.job == nil && self.environment == nil }
}
