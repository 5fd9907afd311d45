public import FoundationEssentials

/// What makes jobs of a workflow by itself, as it is stored.
///
/// What it is to do stands in its `spec`; the rules for what is done when stand in `ScheduleState`.
public struct Schedule: Identifiable, Hashable, Sendable {
    /// Time-ordered (UUID version 7), as a job's.
    public struct ID: UUIDIdentifier {
        public let rawValue: UUID
        public init(rawValue: UUID) { self.rawValue = rawValue }
    }

    /// Who keeps it from firing, since when, and until when.
    public struct Pause: Hashable, Sendable {
        public let at: Date
        /// Name of a token; `casare` where it paused itself.
        public let by: String
        public let reason: String?
        /// The pause ends by itself then; `nil`: when somebody resumes the schedule.
        public let until: Date?
        /// After too many failures in a row.
        public let isByItself: Bool

        public init(at: Date, by: String, reason: String? = nil, until: Date? = nil, isByItself: Bool = false) {
            self.at = at
            self.by = by
            self.reason = reason
            self.until = until
            self.isByItself = isByItself
        }
    }

    public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
        case active, paused
        /// No tick will come any more.
        case ended
        /// It fires after other jobs or by an event, and so has no time.
        case waiting
    }

    /// As whom a schedule acts that pauses itself.
    public static let ownName = "casare"
    public static let nameCharactersMax = 255

    public let id: ID
    /// Unique in a tenant.
    public let name: String
    public let spec: ScheduleSpec
    /// Grows with every change of `spec`, from 1.
    public let revision: Int
    public let pause: Pause?
    /// The next moment by the timetable.
    public let nextTick: Date?
    /// When that fires, with jitter; while it is paused, when the pause ends.
    public let dueAt: Date?
    /// How many jobs it may still make; `nil`: any number.
    public let remainingRuns: Int?
    /// How many of its jobs failed since the last that completed.
    public let failuresInARow: Int
    /// The last one that fired.
    public let lastTick: Date?
    public let lastJob: Job.ID?
    /// The owner of the declarations that it was applied from.
    public let managedBy: String?
    public let createdAt: Date
    public let createdBy: String
    public let updatedAt: Date
    public let updatedBy: String

    public init(
        id: ID, name: String, spec: ScheduleSpec, revision: Int, pause: Pause?, nextTick: Date?, dueAt: Date?,
        remainingRuns: Int?, failuresInARow: Int, lastTick: Date?, lastJob: Job.ID?, managedBy: String?,
        createdAt: Date, createdBy: String, updatedAt: Date, updatedBy: String
    ) {
        self.id = id
        self.name = name
        self.spec = spec
        self.revision = revision
        self.pause = pause
        self.nextTick = nextTick
        self.dueAt = dueAt
        self.remainingRuns = remainingRuns
        self.failuresInARow = failuresInARow
        self.lastTick = lastTick
        self.lastJob = lastJob
        self.managedBy = managedBy
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
    }

    /// A pause that is over by its `until` does not count, even before that was taken note of.
    public func isPaused(at now: Date) -> Bool {
        guard let pause else { return false }
        return pause.until.map { now < $0 } ?? true
    }

    public var status: Status {
        if self.remainingRuns == 0 { return .ended }
        if self.pause != nil { return .paused }
        guard self.spec.timing.hasTimes else { return .waiting }
        return self.nextTick == nil ? .ended : .active
    }
}
