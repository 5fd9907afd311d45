package import FoundationEssentials

/// Decides what becomes of the ticks of one schedule: each of them fires, waits, or is skipped with a reason.
///
/// It has no clock and does no I/O: whoever holds the schedule's row tells it the time, does what it says, and writes
/// down where it stands then, all in one transaction. Ticks are taken in their order, so `nextTick` is all that has to
/// be remembered of them: what lies before has been dealt with.
package struct ScheduleState: Hashable, Sendable {
    /// So many ticks are looked at in one call; after an outage that had more, `isPartial` asks for another call.
    package static let stepsMax = 10_000

    package let id: Schedule.ID
    package internal(set) var spec: ScheduleSpec
    package internal(set) var pause: Schedule.Pause?
    /// The first tick that is not dealt with yet; `nil`: there is none.
    package internal(set) var nextTick: Date?
    /// When to ask again; `nil`: not by the time.
    package internal(set) var dueAt: Date?
    package internal(set) var remainingRuns: Int?
    package internal(set) var failuresInARow: Int
    /// Ticks of the time up to the last call are left, and it is due at once.
    package internal(set) var isPartial = false

    /// As it is stored.
    package init(_ schedule: Schedule) {
        self.id = schedule.id
        self.spec = schedule.spec
        self.pause = schedule.pause
        self.nextTick = schedule.nextTick
        self.dueAt = schedule.dueAt
        self.remainingRuns = schedule.remainingRuns
        self.failuresInARow = schedule.failuresInARow
    }

    /// A new one, whose first tick is later than `now`.
    ///
    /// - Parameter hours: `nil`: it may fire at any time.
    package init(id: Schedule.ID, spec: ScheduleSpec, at now: Date, timetable: Timetable, hours: ScheduleHours?) {
        self.id = id
        self.spec = spec
        self.remainingRuns = spec.runs
        self.failuresInARow = 0
        self.await(timetable.next(after: now), timetable, hours)
    }

    /// Its spec was changed. Where its times are the same it goes on as before, else with the first tick after `now`.
    ///
    /// Runs that are left are counted anew where their number was changed.
    package mutating func change(
        to spec: ScheduleSpec, at now: Date, timetable: Timetable, hours: ScheduleHours?
    ) {
        let old = self.spec
        self.spec = spec
        if spec.runs != old.runs { self.remainingRuns = spec.runs }
        let tick = spec.hasTicks(of: old) ? self.nextTick.map { timetable.tick(at: $0) ?? Tick(at: $0) } : nil
        self.await(tick ?? timetable.next(after: now), timetable, hours)
    }

    /// It fires nothing until it is resumed, or until `pause.until`.
    package mutating func pause(_ pause: Schedule.Pause) {
        self.pause = pause
        self.dueAt = pause.until
    }

    /// Goes on with the first tick after `now`. Those of the pause are skipped; failures are counted from 0 again.
    ///
    /// - Returns: what became of the ticks of the pause. When `isPartial` says that there are more of them, the pause
    ///   ends with a later call of `due`.
    package mutating func resume(at now: Date, timetable: Timetable, hours: ScheduleHours?) -> [TickAction] {
        guard let pause else { return [] }
        self.failuresInARow = 0
        self.pause = Schedule.Pause(
            at: pause.at, by: pause.by, reason: pause.reason, until: now, isByItself: pause.isByItself)
        return self.due(at: now, running: 0, buffered: 0, timetable: timetable, hours: hours)
    }

    /// A job of it has completed.
    package mutating func jobCompleted() { self.failuresInARow = 0 }

    /// A job of it has failed. A cancelled one counts for nothing, as a person wanted it.
    ///
    /// - Returns: whether it has paused itself now.
    package mutating func jobFailed(at now: Date) -> Bool {
        self.failuresInARow += 1
        guard let most = self.spec.pauseAfterFailures, self.failuresInARow >= most, self.pause == nil else {
            return false
        }
        let jobs = self.failuresInARow == 1 ? "a job" : "\(self.failuresInARow) jobs in a row"
        self.pause(
            Schedule.Pause(
                at: now, by: Schedule.ownName, reason: "\(jobs) of the schedule failed; look at why, then resume it",
                isByItself: true))
        return true
    }

    /// The next tick that is to be dealt with, and when.
    mutating func await(_ tick: Tick?, _ timetable: Timetable, _ hours: ScheduleHours?) {
        let tick = self.remainingRuns == 0 ? nil : tick
        self.nextTick = tick?.at
        if let pause {
            self.dueAt = pause.until
        } else {
            self.dueAt = tick.map { self.plan($0, before: timetable.next(after: $0.at), hours).due }
        }
    }
}

extension ScheduleSpec {
    /// Whether its ticks are those of another spec; they may be due at other moments.
    package func hasTicks(of other: ScheduleSpec) -> Bool {
        self.timing == other.timing && self.startsAt == other.startsAt && self.endsAt == other.endsAt
    }
}
