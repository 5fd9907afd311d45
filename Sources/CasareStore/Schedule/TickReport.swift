package import CasareDomain
package import FoundationEssentials

/// What became of one tick, or of several that were skipped together, for whoever tells of it after the commit.
package struct TickReport: Hashable, Sendable {
    package let schedule: Schedule.ID
    /// The schedule's.
    package let name: String
    /// Its own time; of several that of the first.
    package let at: Date
    /// From 1.
    package let count: Int
    package let origin: ScheduleTick.Origin
    package let result: ScheduleTick.Result
    /// Of one that was skipped.
    package let reason: SkipReason?
    /// Of one that fired: a new one, or that of the same tick before.
    package let job: Job.ID?
    /// How many seconds after it was due this was.
    package let lateness: Double

    /// A tick that is written down.
    ///
    /// - Parameters:
    ///   - count: how many of them are new.
    ///   - launch: what became of its job, where it was to have one.
    init(_ tick: NewTick, named name: String, count: Int = 1, _ launch: ScheduleLaunch.Result? = nil, now: Date) {
        self.schedule = tick.schedule
        self.name = name
        self.at = tick.span.first
        self.count = count
        self.origin = tick.origin
        switch launch {
        case nil:
            self.result = tick.result
            self.reason = tick.reason
            self.job = tick.job
        case .job(let job, isNew: _)?:
            self.result = .fired
            self.reason = nil
            self.job = job
        case .refused?:
            self.result = .skipped
            self.reason = .refused
            self.job = nil
        }
        self.lateness = max(0, now.timeIntervalSince(tick.dueAt))
    }

    /// As what it counts; `nil`: it waits, and is counted when it fires.
    package var counted: TickCount.Result? {
        switch self.result {
        case .fired: .fired
        case .buffered: nil
        case .skipped: self.reason?.counted ?? .skipped
        }
    }
}
