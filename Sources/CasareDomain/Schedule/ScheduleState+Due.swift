package import FoundationEssentials

extension ScheduleState {
    /// What is to be done about the ticks whose time has come, in their order. Every one of them is in it once.
    ///
    /// - Parameters:
    ///   - running: how many jobs of the schedule are under way.
    ///   - buffered: how many of its ticks wait for one of them.
    ///   - hours: `nil`: it may fire at any time.
    package mutating func due(
        at now: Date, running: Int, buffered: Int, timetable: Timetable, hours: ScheduleHours?
    ) -> [TickAction] {
        self.isPartial = false
        var log = TickLog()
        var stepsLeft = Self.stepsMax
        if let pause {
            let end = min(pause.until ?? now, now)
            self.pass(through: end, as: .paused, timetable, &stepsLeft, &log)
            if self.isPartial {
                self.dueAt = now
                return log.actions
            }
            guard let until = pause.until, until <= now else {
                self.dueAt = pause.until
                return log.actions
            }
            self.pause = nil
        }
        var taken = self.take(at: now, timetable, hours, stepsLeft)
        self.catchUp(&taken, hours)
        self.fire(taken, running, buffered, &log)
        if self.remainingRuns == 0 {
            self.nextTick = nil
            self.dueAt = nil
            self.isPartial = false
        } else if self.isPartial {
            self.dueAt = now
        }
        return log.actions
    }

    /// What becomes of ticks up to `now` that are not due yet, since jitter delays them or they wait for an opening, when
    /// the schedule gets other times: nothing. Where `isPartial` says that there are more of them, it is to be asked again.
    package mutating func leave(at now: Date, timetable: Timetable) -> [TickAction] {
        self.isPartial = false
        var log = TickLog()
        var stepsLeft = Self.stepsMax
        self.pass(through: now, as: .missed, timetable, &stepsLeft, &log)
        return log.actions
    }

    /// The ticks of a pause, or others that nothing comes of.
    private mutating func pass(
        through end: Date, as reason: SkipReason, _ timetable: Timetable, _ stepsLeft: inout Int,
        _ log: inout TickLog
    ) {
        while let at = self.nextTick, at <= end {
            guard stepsLeft > 0 else {
                self.isPartial = true
                return
            }
            stepsLeft -= 1
            log.skip(Tick(at: at), reason)
            self.nextTick = timetable.next(after: at)?.at
        }
    }

    /// A database keeps times to the microsecond: one that it says has come is not to be found a little short of it.
    private static let roundingSeconds = 0.000_01

    /// A tick whose time has come.
    private struct Taken {
        enum Fate: Hashable {
            case onTime
            /// Whether it fires, the catch-up policy says.
            case late
            case skip(SkipReason)
        }

        let tick: Tick
        var fate: Fate
        var isCatchUp = false
    }

    /// Takes the ticks whose time has come, and remembers the first that is left.
    private mutating func take(
        at now: Date, _ timetable: Timetable, _ hours: ScheduleHours?, _ stepsMax: Int
    ) -> [Taken] {
        var taken: [Taken] = []
        // Of a closed time the first tick is postponed to this end, and stands for the others. That is not remembered
        // from one call to the next: of a closed time with more than `stepsMax` ticks another one may fire.
        var opening: Date?
        var next = self.nextTick.map { timetable.tick(at: $0) ?? Tick(at: $0) }
        while let tick = next {
            guard taken.count < stepsMax else {
                self.isPartial = tick.at <= now
                break
            }
            next = timetable.next(after: tick.at)
            let plan = self.plan(tick, before: next, hours, opening)
            guard plan.due <= now.addingTimeInterval(Self.roundingSeconds) else {
                self.nextTick = tick.at
                self.dueAt = plan.due
                return taken
            }
            opening = plan.opening
            taken.append(Taken(tick: tick, fate: plan.skip.map(Taken.Fate.skip) ?? self.fate(due: plan.due, now)))
        }
        self.await(next, timetable, hours)
        return taken
    }

    private func fate(due: Date, _ now: Date) -> Taken.Fate {
        let lateness = now.timeIntervalSince(due)
        if lateness <= ScheduleSpec.CatchUp.graceSeconds { return .onTime }
        switch self.spec.catchUp.policy {
        case .none: return .skip(.missed)
        case .latest, .all: return lateness <= self.spec.catchUp.windowSeconds ? .late : .skip(.missed)
        }
    }

    /// Decides about those that are late.
    ///
    /// When there are more ticks than one call looks at, those of the newer half that may still be among the last ones
    /// are left to the next call.
    private mutating func catchUp(_ taken: inout [Taken], _ hours: ScheduleHours?) {
        let late = taken.indices.filter { taken[$0].fate == .late }
        guard let newest = late.last else { return }
        // Ticks come due in their order: those on time are later than all late ones.
        let isFollowed = taken[newest...].contains { $0.fate == .onTime }
        let firing: ArraySlice<Int> =
            switch self.spec.catchUp.policy {
            case .none: []
            case .latest: isFollowed ? [] : late.suffix(1)
            case .all: late.suffix(self.spec.catchUp.max)
            }
        for index in late {
            taken[index].fate = .skip(.missed)
        }
        var end = taken.endIndex
        if self.isPartial, !isFollowed, let undecided = firing.first(where: { $0 >= taken.count / 2 }) {
            end = undecided
            self.nextTick = taken[undecided].tick.at
        }
        for index in firing where index < end {
            taken[index].fate = .onTime
            taken[index].isCatchUp = true
        }
        taken.removeSubrange(end...)
    }

    private mutating func fire(_ taken: [Taken], _ running: Int, _ buffered: Int, _ log: inout TickLog) {
        let overlap = self.spec.overlap
        var (running, buffered) = (running, buffered)
        // Of several that would end each other at once, only the last is begun.
        let newest = taken.lastIndex { $0.fate == .onTime }
        for (index, one) in taken.enumerated() {
            if case .skip(let reason) = one.fate {
                log.skip(one.tick, reason)
            } else if overlap.endsOthers && index != newest {
                log.skip(one.tick, .overlap)
            } else {
                let action = self.fire(
                    one.tick, isCatchUp: one.isCatchUp, running: running, buffered: buffered)
                switch action {
                case .fire:
                    running += 1
                    log.actions.append(action)
                case .buffer:
                    buffered += 1
                    log.actions.append(action)
                case .skip(_, let reason): log.skip(one.tick, reason)
                }
            }
        }
    }

    /// What the overlap policy makes of one tick that is to fire.
    mutating func fire(_ tick: Tick, isCatchUp: Bool = false, running: Int, buffered: Int) -> TickAction {
        if self.remainingRuns == 0 { return .skip(TickSpan(tick), .ended) }
        let isFree: Bool
        switch self.spec.overlap {
        case .allowAll, .cancelOther, .terminateOther: isFree = true
        case .skip, .bufferOne, .bufferAll: isFree = running + buffered == 0
        }
        let bufferMax = self.spec.overlap.bufferMax
        guard isFree || buffered < bufferMax else {
            return .skip(TickSpan(tick), bufferMax > 0 ? .bufferFull : .overlap)
        }
        // A tick that waits will fire.
        if let remainingRuns { self.remainingRuns = remainingRuns - 1 }
        return isFree ? .fire(tick, isCatchUp: isCatchUp) : .buffer(tick)
    }

    /// When a tick is dealt with, and why it does not fire then; `skip` is `nil` for one that does. `opening` is the end
    /// of the closed time that it stands for or lies in.
    func plan(
        _ tick: Tick, before next: Tick?, _ hours: ScheduleHours?, _ opening: Date? = nil
    ) -> (due: Date, skip: SkipReason?, opening: Date?) {
        // Never later than the tick that follows: so ticks come due in their order.
        let spacing = next.map { $0.at.timeIntervalSince(tick.at) } ?? .infinity
        let delay = self.id.jitter(ofTickAt: tick.at, within: min(self.spec.jitterSeconds ?? 0, spacing))
        let due = tick.at.addingTimeInterval(delay)
        if let opening, tick.at < opening {
            return (due, hours?.closure(at: tick.at)?.reason ?? .calendar, opening)
        }
        guard let hours, let closure = hours.closure(at: tick.at) else { return (due, nil, nil) }
        switch self.spec.onClosed {
        case .skip: return (due, closure.reason, nil)
        case .postpone:
            guard let end = hours.nextOpen(after: tick.at) else { return (due, closure.reason, nil) }
            return (end.addingTimeInterval(delay), nil, end)
        }
    }
}

/// Actions in the order of their ticks; skipped ticks that follow each other are one.
struct TickLog {
    var actions: [TickAction] = []

    mutating func skip(_ tick: Tick, _ reason: SkipReason) {
        if case .skip(let span, reason)? = self.actions.last {
            self.actions[self.actions.count - 1] = .skip(
                TickSpan(first: span.first, last: tick.at, count: span.count + 1), reason)
        } else {
            self.actions.append(.skip(TickSpan(tick), reason))
        }
    }
}
