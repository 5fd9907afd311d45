public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/operations/preview`: what an operation would be done to.
public struct OperationPreview: Hashable, Sendable, Codable {
    /// So many of the jobs are shown.
    public static let sampleMax = 5

    public let count: Int
    /// For `expect`.
    public let hash: String
    /// The first ones.
    public let sample: [OperationSample]
    /// What was asked for, also where it was by name.
    public let selection: Operation.Selection

    public init(count: Int, hash: String, sample: [OperationSample], selection: Operation.Selection) {
        self.count = count
        self.hash = hash
        self.sample = sample
        self.selection = selection
    }
}

/// One of the jobs of a preview.
public struct OperationSample: Hashable, Sendable, Codable {
    public let job: Job.ID
    public let workflow: String
    public let workflowVersion: Int
    /// The job's, or the dead letter's where it is one that was selected.
    public let status: String
    /// Why it failed, or was cancelled.
    public let message: String?
    /// A server hides what the workflow declares sensitive.
    public let variables: Object
    /// The variables that it would run again with, where they are others.
    public let changed: Object?
    /// Why that could not be done to this job.
    public let problem: String?

    public init(
        job: Job.ID, workflow: String, workflowVersion: Int, status: String, message: String?, variables: Object,
        changed: Object?, problem: String? = nil
    ) {
        self.job = job
        self.workflow = workflow
        self.workflowVersion = workflowVersion
        self.status = status
        self.message = message
        self.variables = variables
        self.changed = changed
        self.problem = problem
    }
}

/// An operation as the API shows it.
public struct OperationInfo: Hashable, Sendable, Codable {
    /// How far it has got.
    public struct ProgressInfo: Hashable, Sendable, Codable {
        /// Items that were tried: those that succeeded, failed or were skipped.
        public let done: Int
        public let succeeded: Int
        public let failed: Int
        /// The item was as wanted already, or has changed since it was selected.
        public let skipped: Int
        /// Of the new jobs, those that have ended.
        public let replaysEnded: Int
        public let replaysCompleted: Int
        /// Items whose change was taken back.
        public let undone: Int

        public init(_ progress: Operation.Progress) {
            self.done = progress.done
            self.succeeded = progress.succeeded
            self.failed = progress.failed
            self.skipped = progress.skipped
            self.replaysEnded = progress.replaysEnded
            self.replaysCompleted = progress.replaysCompleted
            self.undone = progress.undone
        }
    }

    public let id: Operation.ID
    public let verb: Operation.Verb
    public let status: Operation.Status
    /// The saved selection that it was asked for by.
    public let selectionName: String?
    /// Of the frozen selection.
    public let count: Int
    public let hash: String
    public let reason: String?
    public let ratePerSecond: Double?
    public let canary: Int?
    public let stopOnErrorRate: Double?
    public let undoWithinSeconds: Double?
    public let priority: Priority?
    /// Whether nothing is left to do about the dead letters that it acknowledges; `nil`: there is.
    public let resolve: Bool?
    /// What is set in the variables of each job that runs again. A server hides the values, here and in the patch: some
    /// workflow of the selection may declare them sensitive.
    public let variables: Object?
    public let patch: JSONPatch?
    public let from: Job.ResumePoint?
    public let version: Job.VersionChoice?
    public let progress: ProgressInfo
    public let createdAt: Date
    public let createdBy: String
    public let startedAt: Date?
    public let finishedAt: Date?
    /// Why it is paused, stopped, cancelled or undone.
    public let statusReason: String?
    /// Who said so; `nil` for what it found itself.
    public let statusBy: String?
    /// Until when it can be undone, once that is known.
    public let undoUntil: Date?
    /// Grows with every change.
    public let revision: Int64
    /// What was asked for; of jobs by their IDs the first ones, up to `idsShown`.
    public let selection: Operation.Selection

    public static let idsShown = 20

    /// - Parameter changes: the plan's as anybody may see them, where somebody else is to see them.
    public init(_ operation: Operation, selection: Operation.Selection, changes: Job.RerunChoices? = nil) {
        let plan = operation.plan
        let changes = changes ?? plan.changes
        let isRerun = plan.verb.isRerun
        self.id = operation.id
        self.verb = plan.verb
        self.status = operation.status
        self.selectionName = operation.selectionName
        self.count = operation.mark.count
        self.hash = operation.mark.hash
        self.reason = plan.reason
        self.ratePerSecond = plan.ratePerSecond
        self.canary = plan.canary
        self.stopOnErrorRate = plan.stopOnErrorRate
        self.undoWithinSeconds = plan.undoWithin.map {
            Double($0.components.seconds) + Double($0.components.attoseconds) * 1e-18
        }
        self.priority = plan.priority
        self.resolve = plan.resolves ? true : nil
        self.variables = changes.set.isEmpty ? nil : changes.set
        self.patch = changes.patch
        self.from = isRerun ? changes.from : nil
        self.version = isRerun ? changes.version : nil
        self.progress = ProgressInfo(operation.progress)
        self.createdAt = operation.createdAt
        self.createdBy = operation.createdBy
        self.startedAt = operation.startedAt
        self.finishedAt = operation.finishedAt
        self.statusReason = operation.statusReason
        self.statusBy = operation.statusBy
        self.undoUntil = operation.undoUntil
        self.revision = operation.revision
        self.selection = selection
    }
}

public struct OperationPage: Hashable, Sendable, Codable {
    /// Newest first.
    public let operations: [OperationInfo]
    public let nextCursor: String?

    public init(operations: [OperationInfo], nextCursor: String?) {
        self.operations = operations
        self.nextCursor = nextCursor
    }
}

/// What became of one of an operation's jobs.
public struct OperationItemInfo: Hashable, Sendable, Codable {
    /// From 0.
    public let position: Int
    public let job: Job.ID
    public let state: Operation.ItemState
    /// The job that it runs again as.
    public let newJob: Job.ID?
    /// Where that stands; `nil` for one that is no longer kept.
    public let newJobStatus: Job.Status?
    /// Why it failed or was skipped, or could not be undone.
    public let error: String?

    public init(
        position: Int, job: Job.ID, state: Operation.ItemState, newJob: Job.ID?, newJobStatus: Job.Status?,
        error: String?
    ) {
        self.position = position
        self.job = job
        self.state = state
        self.newJob = newJob
        self.newJobStatus = newJobStatus
        self.error = error
    }
}

public struct OperationItemPage: Hashable, Sendable, Codable {
    /// In the order in which they were tried; those that were not are missing.
    public let items: [OperationItemInfo]
    public let nextCursor: String?

    public init(items: [OperationItemInfo], nextCursor: String?) {
        self.items = items
        self.nextCursor = nextCursor
    }
}

/// A selection that was saved under a name: the filter, not what it matches.
public struct SelectionInfo: Hashable, Sendable, Codable {
    public static let nameCharactersMax = 64

    public let name: String
    public let createdAt: Date
    /// The name of a token.
    public let createdBy: String
    public let updatedAt: Date
    public let updatedBy: String
    public let selection: Operation.Selection

    public init(
        name: String, selection: Operation.Selection, createdAt: Date, createdBy: String, updatedAt: Date,
        updatedBy: String
    ) {
        self.name = name
        self.selection = selection
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
    }

    static func check(_ name: String, _ path: [any CodingKey]) throws(WireDecodingError) {
        try ShortText.check(name, path, charactersMax: self.nameCharactersMax)
    }

    /// The rule for its name, for one that is a part of the path.
    public static func check(_ name: String, _ place: String) throws(WireDecodingError) {
        try ShortText.check(name, place, charactersMax: self.nameCharactersMax)
    }
}

public struct SelectionPage: Hashable, Sendable, Codable {
    /// By name.
    public let selections: [SelectionInfo]
    public let nextCursor: String?

    public init(selections: [SelectionInfo], nextCursor: String?) {
        self.selections = selections
        self.nextCursor = nextCursor
    }
}
