public import FoundationEssentials

/// One thing that is done to many jobs: a selection that was frozen when somebody said yes, and how far it has got.
///
/// Its rules stand in `OperationState`.
public struct Operation: Identifiable, Hashable, Sendable {
    /// Time-ordered (UUID version 7), as a job's.
    public struct ID: UUIDIdentifier {
        public let rawValue: UUID
        public init(rawValue: UUID) { self.rawValue = rawValue }
    }

    /// What is done to each of the jobs.
    public enum Verb: String, Hashable, Sendable, Codable, CaseIterable {
        /// Jobs that have ended run again, dead letters and others.
        case retry
        /// Dead letters run again.
        case replay
        case acknowledge, purge, cancel, pause, resume, priority

        /// Whether it makes a new job of each.
        public var isRerun: Bool {
            switch self {
            case .retry, .replay: true
            case .acknowledge, .purge, .cancel, .pause, .resume, .priority: false
            }
        }

        /// Whether it may be given a time in which it can be taken back.
        public var isUndoable: Bool {
            switch self {
            case .cancel, .purge, .pause: true
            case .retry, .replay, .acknowledge, .resume, .priority: false
            }
        }

        /// Whether it is done to a dead letter, and not to the job.
        public var isOfLetters: Bool {
            switch self {
            case .replay, .acknowledge, .purge: true
            case .retry, .cancel, .pause, .resume, .priority: false
            }
        }
    }

    public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
        case running
        /// Of a cancellation that can be undone: all jobs are paused, and are cancelled when that time is over.
        case holding
        /// By a person, who may resume it.
        case paused
        /// By its canary or its error rate; a person may resume it.
        case stopped
        /// It cannot be taken back, and a second person must agree first.
        case awaitingApproval = "awaiting_approval"
        /// What it has done is taken back.
        case undoing
        /// Every item was tried.
        case completed
        /// A person ended it; what it had done until then stays.
        case cancelled
        /// What it had done was taken back.
        case undone

        /// Whether it does nothing more, unless somebody undoes it.
        public var isTerminal: Bool {
            switch self {
            case .running, .holding, .paused, .stopped, .undoing, .awaitingApproval: false
            case .completed, .cancelled, .undone: true
            }
        }
    }

    /// How far it has got.
    public struct Progress: Hashable, Sendable {
        /// Items that were tried: those that succeeded, failed or were skipped.
        public internal(set) var done: Int
        public internal(set) var succeeded: Int
        /// Refused, each with its error.
        public internal(set) var failed: Int
        /// The item was as wanted already, or has changed since it was selected.
        public internal(set) var skipped: Int
        /// Of the new jobs, those that have ended.
        public internal(set) var replaysEnded: Int
        public internal(set) var replaysCompleted: Int
        /// Items whose change was taken back.
        public internal(set) var undone: Int

        public init(
            done: Int = 0, succeeded: Int = 0, failed: Int = 0, skipped: Int = 0, replaysEnded: Int = 0,
            replaysCompleted: Int = 0, undone: Int = 0
        ) {
            self.done = done
            self.succeeded = succeeded
            self.failed = failed
            self.skipped = skipped
            self.replaysEnded = replaysEnded
            self.replaysCompleted = replaysCompleted
            self.undone = undone
        }
    }

    /// By which a selection is known again: how many jobs, and 128 bits of all their IDs, whatever their order, as 32
    /// hex digits.
    public struct Mark: Hashable, Sendable {
        public let count: Int
        public let hash: String

        public init(count: Int, hash: String) {
            self.count = count
            self.hash = hash
        }
    }

    /// What became of one of its jobs.
    public enum ItemState: String, Hashable, Sendable, Codable, CaseIterable {
        /// The verb was done.
        case done
        /// Paused, to be cancelled when the time to undo is over.
        case held
        case failed, skipped
        /// It was done, and taken back.
        case undone
    }

    /// A bound of one operation; more are refused, and the selection is to be narrowed.
    public static let jobsMax = 2_000_000
    /// How many operations of a tenant may be under way.
    public static let openMax = 100

    public let id: ID
    public let plan: Plan
    /// The selection as it was asked for, in the form of the wire: it was frozen when the operation was made, and is
    /// kept to be shown.
    public let selection: Object
    /// Of a saved selection that it was asked for by.
    public let selectionName: String?
    public let mark: Mark
    public let status: Status
    public let progress: Progress
    public let createdAt: Date
    /// Name of the token that made it.
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
    /// What the jobs that it creates belong to; `nil` for one from before there was any.
    public let trace: TraceCarrier?

    public init(
        id: ID, plan: Plan, selection: Object, selectionName: String?, mark: Mark, status: Status, progress: Progress,
        createdAt: Date, createdBy: String, startedAt: Date?, finishedAt: Date?, statusReason: String?,
        statusBy: String?, undoUntil: Date?, revision: Int64, trace: TraceCarrier? = nil
    ) {
        self.id = id
        self.plan = plan
        self.selection = selection
        self.selectionName = selectionName
        self.mark = mark
        self.status = status
        self.progress = progress
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.statusReason = statusReason
        self.statusBy = statusBy
        self.undoUntil = undoUntil
        self.revision = revision
        self.trace = trace
    }
}
