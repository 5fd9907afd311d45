package import FoundationEssentials

/// The ticks of a schedule that fires at times, all of them in whole seconds.
package struct Timetable: Sendable {
    private enum Rule: Sendable {
        case cron(CronTimetable)
        case interval(seconds: Int, from: Int?)
        case once(Int)
        /// Of dependencies and events.
        case never
    }

    private let rule: Rule
    /// No tick is earlier.
    private let startsAt: Date?
    /// No tick is later.
    private let endsAt: Date?

    /// - Parameters:
    ///   - name: the schedule's, of which `H` of a cron expression is computed.
    /// - Throws: for a cron expression that cannot be read, and for a zone that is not known.
    package init(_ spec: ScheduleSpec, zones: ZoneCatalogue, name: String) throws(ScheduleSpec.Invalid) {
        switch spec.timing {
        case .cron(let cron):
            let expression: CronExpression
            do throws(CronError) {
                expression = try CronExpression(cron.expression, seed: name)
            } catch {
                throw ScheduleSpec.Invalid(member: "cron.expression", reason: error.description)
            }
            guard let zone = zones.rules(cron.zone) else {
                throw ScheduleSpec.Invalid(
                    member: "cron.zone",
                    reason: "there is no time zone \"\(cron.zone)\"; give one by its IANA name, such as Europe/Berlin "
                        + "or UTC")
            }
            self.rule = .cron(CronTimetable(expression, zone: zone, dst: cron.dst))
        case .interval(let interval):
            self.rule = .interval(seconds: interval.seconds, from: interval.from.map(Self.wholeSeconds))
        case .once(let once): self.rule = .once(Self.wholeSeconds(once.at))
        case .dependency, .event: self.rule = .never
        }
        self.startsAt = spec.startsAt
        self.endsAt = spec.endsAt
    }

    /// The first tick that is strictly later than `moment`; `nil`: there is none.
    package func next(after moment: Date) -> Tick? {
        var moment = moment
        if let startsAt, moment < startsAt {
            // Ticks are whole seconds: the first that is later than this is not before the start.
            moment = Date(timeIntervalSince1970: startsAt.timeIntervalSince1970.rounded(.up) - 1)
        }
        guard let tick = self.unbounded(after: moment) else { return nil }
        if let endsAt, tick.at > endsAt { return nil }
        return tick
    }

    /// The tick of just this moment; `nil`: the moment is none.
    package func tick(at moment: Date) -> Tick? {
        guard let tick = self.next(after: moment.addingTimeInterval(-1)), tick.at == moment else { return nil }
        return tick
    }

    private func unbounded(after moment: Date) -> Tick? {
        switch self.rule {
        case .cron(let timetable):
            guard let tick = timetable.next(after: moment) else { return nil }
            return Tick(at: tick.at, oddity: tick.oddity)
        case .interval(let seconds, let from):
            let anchor = from ?? 0
            let elapsed = Self.wholeSeconds(moment) - anchor
            guard elapsed >= 0 || from == nil else { return Self.tick(anchor) }
            let (quotient, remainder) = elapsed.quotientAndRemainder(dividingBy: seconds)
            // Towards minus infinity: before 1970 the quotient is negative.
            let whole = remainder < 0 ? quotient - 1 : quotient
            return Self.tick(anchor + (whole + 1) * seconds)
        case .once(let at): return Date(timeIntervalSince1970: Double(at)) > moment ? Self.tick(at) : nil
        case .never: return nil
        }
    }

    private static func tick(_ seconds: Int) -> Tick { Tick(at: Date(timeIntervalSince1970: Double(seconds))) }

    /// The fraction of a second is left out.
    private static func wholeSeconds(_ date: Date) -> Int { Int(date.timeIntervalSince1970.rounded(.down)) }
}

extension ScheduleSpec {
    /// - Throws: as `Timetable.init` does.
    package func timetable(zones: ZoneCatalogue, name: String) throws(Invalid) -> Timetable {
        try Timetable(self, zones: zones, name: name)
    }
}
