package import FoundationEssentials

/// Schedules without a timetable: what happened makes the tick.
extension ScheduleState {
    /// What it waited for has happened.
    ///
    /// - Parameters:
    ///   - tick: when; no other tick of the schedule has the same time.
    ///   - running: how many jobs of the schedule are under way.
    ///   - buffered: how many of its ticks wait for one of them.
    ///   - hours: `nil`: it may fire at any time.
    /// - Returns: `nil` for a tick that is postponed to the end of a closed time: it is `nextTick` now, and `due` says
    ///   when its time has come.
    package mutating func happened(
        _ tick: Tick, running: Int, buffered: Int, hours: ScheduleHours?
    ) -> TickAction? {
        if let pause, pause.until.map({ tick.at < $0 }) ?? true { return .skip(TickSpan(tick), .paused) }
        guard self.remainingRuns != 0, self.spec.hasTicks(at: tick.at) else { return .skip(TickSpan(tick), .ended) }
        let plan = self.plan(tick, before: nil, hours)
        if let reason = plan.skip { return .skip(TickSpan(tick), reason) }
        if plan.opening != nil {
            // One tick stands for all of the closed time.
            guard self.nextTick == nil else {
                return .skip(TickSpan(tick), hours?.closure(at: tick.at)?.reason ?? .calendar)
            }
            self.nextTick = tick.at
            self.dueAt = plan.due
            return nil
        }
        return self.fire(tick, running: running, buffered: buffered)
    }
}

extension ScheduleSpec {
    /// Whether a moment lies between the start and the end.
    package func hasTicks(at moment: Date) -> Bool {
        (self.startsAt.map { $0 <= moment } ?? true) && (self.endsAt.map { moment <= $0 } ?? true)
    }
}
