public import FoundationEssentials

/// What a schedule is to do, and when: what a person writes of it.
///
/// In JSON an object with the members in snake case, and with one of `cron`, `interval`, `once`, `dependency` and
/// `event` for its timing. What has its default may be left out.
public struct ScheduleSpec: Hashable, Sendable {
    public static let descriptionCharactersMax = 1000
    public static let workflowCharactersMax = 255
    public static let environmentCharactersMax = 64
    public static let calendarCharactersMax = 255
    public static let blackoutsMax = 50
    public static let jitterSecondsMax = 3600.0
    public static let runsMax = 1_000_000_000
    public static let pauseAfterFailuresMax = 1000
    /// The years 2000 to 2099: a time beyond them is a slip.
    public static let timeRange =
        Date(timeIntervalSince1970: 946_684_800)..<Date(timeIntervalSince1970: 4_102_444_800)

    public var timing: Timing
    /// Name of a workflow.
    public var workflow: String
    /// `nil`: the newest one at each tick.
    public var workflowVersion: Int?
    public var variables: Object
    public var priority: Priority?
    public var environment: String?
    public var queueKey: String?
    /// A job's robot has all of them.
    public var requiredTags: [String]
    /// A job that no robot has begun so many seconds after it was made fails as `expired`.
    public var expiresInSeconds: Double?
    public var retry: RetryPolicy?
    public var overlap: Overlap
    public var catchUp: CatchUp
    /// Each tick fires so much later at the most, 0 to `jitterSecondsMax`, and never after the tick that follows.
    public var jitterSeconds: Double?
    /// There are no ticks before.
    public var startsAt: Date?
    /// There are no ticks after.
    public var endsAt: Date?
    /// How many jobs it makes in all, 1 to `runsMax`.
    public var runs: Int?
    /// It pauses itself when so many of its jobs failed in a row.
    public var pauseAfterFailures: Int?
    /// Name of a business calendar.
    public var calendar: String?
    /// What becomes of ticks while the calendar is closed or a blackout goes on.
    public var onClosed: OnClosed
    /// In the zone of the calendar; without one in the zone of the cron expression, or UTC.
    public var blackouts: [Blackout]
    public var sla: SLA?
    public var description: String?

    public init(
        timing: Timing, workflow: String, workflowVersion: Int? = nil, variables: Object = [:],
        priority: Priority? = nil, environment: String? = nil, queueKey: String? = nil, requiredTags: [String] = [],
        expiresInSeconds: Double? = nil, retry: RetryPolicy? = nil, overlap: Overlap = .skip,
        catchUp: CatchUp = CatchUp(), jitterSeconds: Double? = nil, startsAt: Date? = nil, endsAt: Date? = nil,
        runs: Int? = nil, pauseAfterFailures: Int? = nil, calendar: String? = nil, onClosed: OnClosed = .skip,
        blackouts: [Blackout] = [], sla: SLA? = nil, description: String? = nil
    ) {
        self.timing = timing
        self.workflow = workflow
        self.workflowVersion = workflowVersion
        self.variables = variables
        self.priority = priority
        self.environment = environment
        self.queueKey = queueKey
        self.requiredTags = requiredTags
        self.expiresInSeconds = expiresInSeconds
        self.retry = retry
        self.overlap = overlap
        self.catchUp = catchUp
        self.jitterSeconds = jitterSeconds
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.runs = runs
        self.pauseAfterFailures = pauseAfterFailures
        self.calendar = calendar
        self.onClosed = onClosed
        self.blackouts = blackouts
        self.sla = sla
        self.description = description
    }

    /// Why there can be no such schedule: a sentence about one member.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        /// The way to the member in JSON, such as `cron.zone`.
        public let member: String
        /// The sentence alone.
        public let reason: String

        public init(member: String, reason: String) {
            self.member = member
            self.reason = reason
        }

        public var description: String { self.member.isEmpty ? self.reason : "\(self.member): \(self.reason)" }
    }
}
