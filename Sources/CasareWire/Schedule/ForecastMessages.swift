public import CasareDomain
public import FoundationEssentials

/// One of the next ticks of a schedule.
public struct PreviewTickInfo: Hashable, Sendable, Codable {
    public let at: Date
    /// The same by the clock on the wall of the schedule's zone: ISO 8601 with the offset.
    public let localTime: String
    /// When it fires, with jitter, and after a closed time that it waits for; `nil`: it does not fire.
    public let dueAt: Date?
    /// What the clocks of the zone do then.
    public let oddity: ClockOddity?
    /// What keeps it from firing at its time.
    public let closedBy: BusinessCalendar.Rule?
    /// The same for people.
    public let closedReason: String?
    /// It waits until this time, because it is closed before.
    public let postponedTo: Date?
    /// The job of the tick before is expected to be under way still.
    public let overlapsPrevious: Bool

    public init(
        at: Date, localTime: String, dueAt: Date?, oddity: ClockOddity?, closedBy: BusinessCalendar.Rule?,
        closedReason: String?, postponedTo: Date?, overlapsPrevious: Bool
    ) {
        self.at = at
        self.localTime = localTime
        self.dueAt = dueAt
        self.oddity = oddity
        self.closedBy = closedBy
        self.closedReason = closedReason
        self.postponedTo = postponedTo
        self.overlapsPrevious = overlapsPrevious
    }
}

/// `GET /api/v1/schedules/{name}/preview`.
public struct SchedulePreviewInfo: Hashable, Sendable, Codable {
    public static let countDefault = 10
    public static let countRange = 1...SchedulePreview.countMax

    public let schedule: String
    public let status: Schedule.Status
    /// That of `localTime`.
    public let zone: String
    public let overlap: ScheduleSpec.Overlap
    /// While it is paused nothing fires; the preview shows what it would be without.
    public let pause: SchedulePauseInfo?
    /// The median of its last jobs that completed; `nil`: none has yet, and no overlap can be told.
    public let expectedSeconds: Double?
    public let ticks: [PreviewTickInfo]
    /// There are more in the span than were asked for.
    public let hasMore: Bool

    public init(
        schedule: String, status: Schedule.Status, zone: String, overlap: ScheduleSpec.Overlap,
        pause: SchedulePauseInfo?, expectedSeconds: Double?, ticks: [PreviewTickInfo], hasMore: Bool
    ) {
        self.schedule = schedule
        self.status = status
        self.zone = zone
        self.overlap = overlap
        self.pause = pause
        self.expectedSeconds = expectedSeconds
        self.ticks = ticks
        self.hasMore = hasMore
    }
}

/// `POST /api/v1/schedules/simulate`. It changes nothing.
public struct SimulateSchedulesRequest: Hashable, Sendable, Codable {
    public static let forSecondsDefault = 86_400.0
    public static let forSecondsRange = 60.0...ScheduleSimulation.spanSecondsMax
    public static let slotsRange = 0...1_000_000
    public static let assumedSecondsDefault = 60.0
    public static let assumedSecondsMax = 604_800.0

    /// The beginning; `nil`: now.
    public var from: Date?
    /// How much is looked at; a day where it is left out.
    public var forSeconds: Double?
    /// How many jobs robots can run at once; `nil`: as many as those have that are there now.
    public var slots: Int?
    /// Of a schedule of which no job has completed yet, how long one takes; a minute where it is left out.
    public var assumedSeconds: Double?
    /// Only schedules that start this workflow.
    public var workflow: String?

    public init(
        from: Date? = nil, forSeconds: Double? = nil, slots: Int? = nil, assumedSeconds: Double? = nil,
        workflow: String? = nil
    ) {
        self.from = from
        self.forSeconds = forSeconds
        self.slots = slots
        self.assumedSeconds = assumedSeconds
        self.workflow = workflow
    }

    private enum CodingKeys: String, CodingKey {
        case from, forSeconds, slots, assumedSeconds, workflow
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            from: try container.decodeIfPresent(Date.self, forKey: .from),
            forSeconds: try container.decodeIfPresent(Double.self, forKey: .forSeconds),
            slots: try container.decodeIfPresent(Int.self, forKey: .slots),
            assumedSeconds: try container.decodeIfPresent(Double.self, forKey: .assumedSeconds),
            workflow: try container.decodeIfPresent(String.self, forKey: .workflow))
        let path = decoder.codingPath
        if let forSeconds, !Self.forSecondsRange.contains(forSeconds) {
            throw WireDecodingError(
                path + [CodingKeys.forSeconds],
                "expected a number from \(Int(Self.forSecondsRange.lowerBound)) to "
                    + "\(Int(Self.forSecondsRange.upperBound))")
        }
        if let slots, !Self.slotsRange.contains(slots) {
            throw WireDecodingError(
                path + [CodingKeys.slots], "expected a number from 0 to \(Self.slotsRange.upperBound)")
        }
        try NumberBounds.check(
            self.assumedSeconds, above0UpTo: Self.assumedSecondsMax, path + [CodingKeys.assumedSeconds])
        if let workflow {
            try ShortText.check(
                workflow, path + [CodingKeys.workflow], charactersMax: ScheduleSpec.workflowCharactersMax)
        }
    }
}

/// What the schedules will do together.
public struct ScheduleSimulationInfo: Hashable, Sendable, Codable {
    /// A minute in which several jobs begin.
    public struct Collision: Hashable, Sendable, Codable {
        /// Its beginning.
        public let minute: Date
        public let starts: Int
        /// The first ten by name.
        public let schedules: [String]

        public init(minute: Date, starts: Int, schedules: [String]) {
            self.minute = minute
            self.starts = starts
            self.schedules = schedules
        }
    }

    /// How many jobs run at once.
    public struct Load: Hashable, Sendable, Codable {
        public let peak: Int
        /// When it is reached first; `nil`: nothing runs.
        public let peakAt: Date?
        /// Minutes in which there are more jobs than slots, for a moment at least.
        public let minutesOver: Int

        public init(peak: Int, peakAt: Date?, minutesOver: Int) {
            self.peak = peak
            self.peakAt = peakAt
            self.minutesOver = minutesOver
        }
    }

    public struct Suggestion: Hashable, Sendable, Codable {
        public let schedule: String
        public let jitterSeconds: Double

        public init(schedule: String, jitterSeconds: Double) {
            self.schedule = schedule
            self.jitterSeconds = jitterSeconds
        }
    }

    public let from: Date
    /// The end of what was looked at.
    public let to: Date
    /// There were too many starts, or too many schedules, to look at all.
    public let isPartial: Bool
    public let schedules: Int
    public let starts: Int
    /// `nil`: no robot is there, and none were said.
    public let slots: Int?
    /// Of so many schedules it is not known how long a job takes: it was assumed.
    public let assumedSchedules: Int
    public let collidingMinutes: Int
    /// Those with most starts first, 20 at most.
    public let collisions: [Collision]
    public let load: Load
    /// Jitters that bring the peak down to the slots, 200 at most; none where nothing is over, or none would do.
    public let suggestions: [Suggestion]
    /// The load with those; `nil`: there are none.
    public let suggestedLoad: Load?

    public init(
        from: Date, to: Date, isPartial: Bool, schedules: Int, starts: Int, slots: Int?, assumedSchedules: Int,
        collidingMinutes: Int, collisions: [Collision], load: Load, suggestions: [Suggestion], suggestedLoad: Load?
    ) {
        self.from = from
        self.to = to
        self.isPartial = isPartial
        self.schedules = schedules
        self.starts = starts
        self.slots = slots
        self.assumedSchedules = assumedSchedules
        self.collidingMinutes = collidingMinutes
        self.collisions = collisions
        self.load = load
        self.suggestions = suggestions
        self.suggestedLoad = suggestedLoad
    }

    /// - Parameter isCut: there are more schedules than were looked at.
    public init(_ simulation: ScheduleSimulation, isCut: Bool, assumedSchedules: Int) {
        self.init(
            from: simulation.from, to: simulation.to, isPartial: simulation.isPartial || isCut,
            schedules: simulation.schedules, starts: simulation.starts, slots: simulation.slots,
            assumedSchedules: assumedSchedules, collidingMinutes: simulation.collidingMinutes,
            collisions: simulation.collisions.map {
                Collision(minute: $0.minute, starts: $0.starts, schedules: $0.schedules)
            },
            load: Load(simulation.load),
            suggestions: simulation.suggestions.map {
                Suggestion(schedule: $0.schedule, jitterSeconds: $0.jitterSeconds)
            },
            suggestedLoad: simulation.suggestedLoad.map(Load.init))
    }
}

extension ScheduleSimulationInfo.Load {
    fileprivate init(_ load: ScheduleSimulation.Load) {
        self.init(peak: load.peak, peakAt: load.peakAt, minutesOver: load.minutesOver)
    }
}
