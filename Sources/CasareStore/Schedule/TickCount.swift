package import CasareDomain

/// What became of ticks of one schedule, for whoever counts them after the commit.
package struct TickCount: Hashable, Sendable {
    package enum Result: String, Hashable, Sendable, CaseIterable {
        case fired
        /// On purpose: for a pause, an overlap, a calendar, a blackout, or because its runs are used up.
        case skipped
        /// It should have made a job and did not: it came to light too late, or the job was refused.
        case missed
    }

    package let schedule: String
    package let result: Result
    package let count: Int
    /// Of one that a timetable made and that fired: how many seconds after it was due.
    package let delay: Double?

    package init(schedule: String, result: Result, count: Int = 1, delay: Double? = nil) {
        self.schedule = schedule
        self.result = result
        self.count = count
        self.delay = delay
    }
}

/// What was done about ticks because somebody steered schedules, for whoever counts it after the commit: those that
/// were due have fired before, and those of a pause were passed over.
package struct TickTally: Hashable, Sendable {
    package private(set) var ticks: [TickCount] = []
    /// That they have made.
    package private(set) var jobs: [Job.ID] = []

    /// Jobs that had to make room for them.
    package private(set) var cancelled: [Job.ID] = []
    /// Those that the schedule dealt with by itself, one by one: not those of a pause.
    package private(set) var reports: [TickReport] = []

    package init(_ ticks: [TickCount] = [], jobs: [Job.ID] = [], reports: [TickReport] = []) {
        self.ticks = ticks
        self.jobs = jobs
        self.reports = reports
    }

    init(_ fired: ScheduleStore.Fired) {
        self.init(fired.ticks, jobs: fired.jobs, reports: fired.reports)
        self.cancelled = fired.cancelled
    }

    package mutating func add(_ other: TickTally) {
        self.ticks += other.ticks
        self.jobs += other.jobs
        self.cancelled += other.cancelled
        self.reports += other.reports
    }
}

extension SkipReason {
    /// As what a tick counts that made no job for this reason.
    var counted: TickCount.Result {
        switch self {
        case .paused, .overlap, .calendar, .blackout, .ended, .bufferFull: .skipped
        case .missed, .refused, .invalid, .restored: .missed
        }
    }
}

/// A promise that the job of a schedule did not keep.
package struct BrokenPromise: Hashable, Sendable {
    package let schedule: String
    package let promise: SLABreach

    package init(schedule: String, promise: SLABreach) {
        self.schedule = schedule
        self.promise = promise
    }
}
