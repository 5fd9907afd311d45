public import CasareDomain
public import FoundationEssentials

/// Who keeps a schedule from firing, and until when.
public struct SchedulePauseInfo: Hashable, Sendable, Codable {
    public let since: Date
    /// The name of a token; `casare` where its own rule did it.
    public let by: String
    public let reason: String?
    /// `nil`: until somebody resumes it.
    public let until: Date?
    /// After so many failures in a row as its spec says.
    public let isByItself: Bool

    public init(since: Date, by: String, reason: String?, until: Date?, isByItself: Bool) {
        self.since = since
        self.by = by
        self.reason = reason
        self.until = until
        self.isByItself = isByItself
    }

    public init(_ pause: Schedule.Pause) {
        self.init(
            since: pause.at, by: pause.by, reason: pause.reason, until: pause.until, isByItself: pause.isByItself)
    }
}

/// A schedule as the API shows it.
public struct ScheduleInfo: Hashable, Sendable, Codable {
    public let id: Schedule.ID
    public let name: String
    public let status: Schedule.Status
    /// Grows with every change of the spec.
    public let revision: Int
    public let pause: SchedulePauseInfo?
    /// The next tick by its timing; `nil`: there is none, or nobody can know it.
    public let nextAt: Date?
    /// When that fires, with its jitter.
    public let dueAt: Date?
    /// So often it fires yet; `nil`: without end.
    public let remainingRuns: Int?
    public let failuresInARow: Int
    public let lastTickAt: Date?
    public let lastJob: Job.ID?
    /// The mark of `casarectl apply`.
    public let managedBy: String?
    public let createdAt: Date
    /// The name of a token.
    public let createdBy: String
    public let updatedAt: Date
    public let updatedBy: String
    /// A server hides the values of variables that the workflow declares sensitive.
    public var spec: ScheduleSpec

    public init(_ schedule: Schedule) {
        self.id = schedule.id
        self.name = schedule.name
        self.status = schedule.status
        self.revision = schedule.revision
        self.pause = schedule.pause.map(SchedulePauseInfo.init)
        self.nextAt = schedule.nextTick
        self.dueAt = schedule.dueAt
        self.remainingRuns = schedule.remainingRuns
        self.failuresInARow = schedule.failuresInARow
        self.lastTickAt = schedule.lastTick
        self.lastJob = schedule.lastJob
        self.managedBy = schedule.managedBy
        self.createdAt = schedule.createdAt
        self.createdBy = schedule.createdBy
        self.updatedAt = schedule.updatedAt
        self.updatedBy = schedule.updatedBy
        self.spec = schedule.spec
    }
}

/// `GET /api/v1/schedules`.
public struct SchedulePage: Hashable, Sendable, Codable {
    /// By name.
    public let schedules: [ScheduleInfo]
    /// The names of those of this page that are stored in a form which this server cannot read; `nil`: none. They can be
    /// paused and deleted.
    public let unreadable: [String]?
    public let nextCursor: String?

    public init(schedules: [ScheduleInfo], unreadable: [String] = [], nextCursor: String?) {
        self.schedules = schedules
        self.unreadable = unreadable.isEmpty ? nil : unreadable
        self.nextCursor = nextCursor
    }
}

/// What was deleted.
public struct DeleteScheduleResponse: Hashable, Sendable, Codable {
    public let id: Schedule.ID
    public let name: String
    /// What it was; `nil`: the server could not read it.
    public let schedule: ScheduleInfo?

    public init(id: Schedule.ID, name: String, schedule: ScheduleInfo?) {
        self.id = id
        self.name = name
        self.schedule = schedule
    }
}

/// One tick of a schedule, or several of which nothing came.
public struct ScheduleTickInfo: Hashable, Sendable, Codable {
    public enum Result: String, Hashable, Sendable, Codable, CaseIterable {
        case fired
        /// Its job begins when the one before has ended.
        case buffered
        case skipped
    }

    /// What made it.
    public enum Origin: String, Hashable, Sendable, Codable, CaseIterable {
        /// The schedule's times.
        case timetable
        case backfill
        /// Somebody fired it by hand.
        case manual
        /// A job that ended, or something else that happened.
        case event
    }

    /// When it was to be.
    public let at: Date
    /// Of several that were skipped for one reason, the last one.
    public let lastAt: Date?
    /// How many it is.
    public let ticks: Int
    public let origin: Origin
    public let result: Result
    /// Why nothing came of it.
    public let reason: SkipReason?
    /// The same for people.
    public let detail: String?
    public let job: Job.ID?
    /// When it was due, with its jitter.
    public let dueAt: Date?
    public let firedAt: Date?
    /// It fired late, after an outage.
    public let isCatchUp: Bool
    /// Who fired it by hand: the name of a token.
    public let by: String?
    /// When its job began and ended, as far as that was seen.
    public let startedAt: Date?
    public let endedAt: Date?
    /// How its job ended: `completed`, `failed`, `cancelled`, or `gone` where it is kept no longer.
    public let endedAs: String?
    /// What of the SLA was not kept: `start_delay`, `duration`, `success_rate`.
    public let slaBreaches: [String]

    public init(
        at: Date, lastAt: Date?, ticks: Int, origin: Origin, result: Result, reason: SkipReason?, detail: String?,
        job: Job.ID?, dueAt: Date?, firedAt: Date?, isCatchUp: Bool, by: String?, startedAt: Date?, endedAt: Date?,
        endedAs: String?, slaBreaches: [String]
    ) {
        self.at = at
        self.lastAt = lastAt
        self.ticks = ticks
        self.origin = origin
        self.result = result
        self.reason = reason
        self.detail = detail
        self.job = job
        self.dueAt = dueAt
        self.firedAt = firedAt
        self.isCatchUp = isCatchUp
        self.by = by
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.endedAs = endedAs
        self.slaBreaches = slaBreaches
    }
}

/// `GET /api/v1/schedules/{name}/history`.
public struct ScheduleTickPage: Hashable, Sendable, Codable {
    /// Newest first.
    public let ticks: [ScheduleTickInfo]
    public let nextCursor: String?

    public init(ticks: [ScheduleTickInfo], nextCursor: String?) {
        self.ticks = ticks
        self.nextCursor = nextCursor
    }
}

/// What became of a schedule that was paused or resumed.
public struct SteerScheduleResponse: Hashable, Sendable, Codable {
    public let name: String
    /// `nil`: it is paused, and the server cannot read what it is.
    public let schedule: ScheduleInfo?
    /// It was paused before, too.
    public let wasPaused: Bool

    public init(name: String, schedule: ScheduleInfo?, wasPaused: Bool) {
        self.name = name
        self.schedule = schedule
        self.wasPaused = wasPaused
    }
}

/// What a schedule fired by hand.
public struct TriggerScheduleResponse: Hashable, Sendable, Codable {
    public let schedule: ScheduleInfo
    public let job: Job.ID

    public init(schedule: ScheduleInfo, job: Job.ID) {
        self.schedule = schedule
        self.job = job
    }
}
