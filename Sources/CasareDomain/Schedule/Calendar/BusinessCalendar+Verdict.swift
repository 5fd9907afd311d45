package import FoundationEssentials

/// Whether work is done at a moment, and when it goes on.
///
/// The rules are asked in this order, and the first that closes is the answer: blackout, holiday, single day, weekend,
/// working hours. A day that is said to be worked on is neither a holiday nor of the weekend.
extension BusinessCalendar {
    /// So far ahead an open moment is looked for.
    package static let searchDaysMax = 370
    /// So often a search goes from one end of something closed to the next.
    private static let searchStepsMax = 20_000

    /// - Parameters:
    ///   - workflow: whose blackouts count; `nil`: those that hold for all workflows.
    ///   - zones: where the rules of time zones come from. One that it does not know closes the calendar.
    package func verdict(at moment: Date, workflow: String?, zones: ZoneCatalogue) -> Verdict {
        guard let closure = self.closure(at: moment, workflow: workflow, zones: zones) else { return .open }
        return .closed(closure.closure)
    }

    /// The first moment that is open, not before `moment`, which may be open itself.
    ///
    /// - Returns: `nil` where everything is closed for `searchDaysMax` days.
    package func nextOpen(after moment: Date, workflow: String?, zones: ZoneCatalogue) -> Date? {
        let limit = moment.addingTimeInterval(Double(Self.searchDaysMax) * 86_400)
        var candidate = moment
        for _ in 0..<Self.searchStepsMax {
            guard let closure = self.closure(at: candidate, workflow: workflow, zones: zones) else { return candidate }
            guard let end = closure.end, end > candidate, end <= limit else { return nil }
            candidate = end
        }
        return nil
    }

    /// - Throws: for the first zone that `zones` does not know: the calendar's, or one of a blackout.
    package func check(zones: ZoneCatalogue) throws(CalendarError) {
        try Self.check(self.zone, [.member("zone")], zones)
        for (position, blackout) in self.blackouts.enumerated() {
            guard let zone = blackout.zone else { continue }
            try Self.check(zone, [.member("blackouts"), .position(position), .member("zone")], zones)
        }
    }

    private static func check(
        _ zone: String, _ path: [CalendarError.Step], _ zones: ZoneCatalogue
    ) throws(CalendarError) {
        guard zones.rules(zone) == nil else { return }
        throw CalendarError(path, "there is no time zone \"\(zone)\"; give a name such as Europe/Berlin or UTC")
    }

    /// What closes it at a moment, and the moment up to which it surely does.
    private func closure(
        at moment: Date, workflow: String?, zones: ZoneCatalogue
    ) -> (closure: Closure, end: Date?)? {
        guard let rules = zones.rules(self.zone) else {
            return (Closure(.unknownZone, "the time zone \(self.zone) is not known here"), nil)
        }
        for blackout in self.blackouts where blackout.concerns(workflow) {
            guard let blackoutRules = blackout.zone.map(zones.rules) ?? rules else {
                return (Closure(.unknownZone, "the time zone \(blackout.zone ?? "") is not known here"), nil)
            }
            if let end = blackout.end(at: moment, rules: blackoutRules) {
                return (Closure(.blackout, blackout.text), end)
            }
        }
        let wall = WallMoment(moment, rules)
        if let closure = self.closure(ofDay: wall.dayNumber) { return (closure, wall.midnight(after: 1)) }
        return self.hoursClosure(at: wall).map { ($0, self.hoursBegin(after: wall)) }
    }

    private func closure(ofDay number: Int) -> Closure? {
        let day = CalendarDay(number: number)
        let special = self.days.first { $0.date == day }
        guard special?.isWorking != true else { return nil }
        if let holiday = self.allHolidays.observed(in: day.year)[number] {
            return Closure(.holiday, "holiday \(holiday)")
        }
        if let special {
            return Closure(.day, special.name.map { "closed on \(day): \($0)" } ?? "closed on \(day)")
        }
        let weekday = Weekday(dayNumber: number)
        return weekday.isWeekend && !self.weekends ? Closure(.weekend, "weekend, \(weekday.displayName)") : nil
    }

    // MARK: Working hours

    private func hoursClosure(at wall: WallMoment) -> Closure? {
        guard self.workingHours != nil else { return nil }
        let isOpen =
            self.hours(of: wall.dayNumber).contains { $0.covers(sameDay: wall.minuteOfDay) }
            || self.hours(of: wall.dayNumber - 1).contains { $0.covers(dayAfter: wall.minuteOfDay) }
        guard !isOpen else { return nil }
        let weekday = Weekday(dayNumber: wall.dayNumber)
        let hours = self.hours(of: wall.dayNumber).map(\.text).joined(separator: ", ")
        return Closure(
            .hours,
            hours.isEmpty
                ? "no working hours on \(weekday.displayName)"
                : "outside of the working hours, \(weekday.displayName) \(hours)")
    }

    /// The hours that begin on a day, whether or not something closes it. A day that is said to be worked on has all
    /// hours where its weekday has none.
    private func hours(of number: Int) -> [DayHours] {
        guard let workingHours else { return [.wholeDay] }
        let hours = workingHours[Weekday(dayNumber: number)] ?? []
        guard hours.isEmpty, self.days.contains(where: { $0.isWorking && $0.date.number == number }) else {
            return hours
        }
        return [.wholeDay]
    }

    /// The next moment of the same day at which hours begin, else the next midnight.
    private func hoursBegin(after wall: WallMoment) -> Date {
        let starts = self.hours(of: wall.dayNumber).map(\.from).filter { Double($0) > wall.minuteOfDay }
        guard let start = starts.min() else { return wall.midnight(after: 1) }
        return wall.moment(ofDay: wall.dayNumber, minute: start)
    }
}

extension Blackout {
    /// Of a cron expression, the last of so many times that are in force at once ends it.
    private static let timesMax = 1000

    /// The moment up to which it surely holds, if it holds at `moment`.
    ///
    /// - Parameter rules: those of its zone.
    fileprivate func end(at moment: Date, rules: TimeZoneRules) -> Date? {
        switch self.period {
        case .once(let from, let to):
            return moment >= from && moment < to ? to : nil
        case .weekly(let weekdays, let hours):
            let wall = WallMoment(moment, rules)
            let today = Weekday(dayNumber: wall.dayNumber)
            if weekdays.contains(today), hours.covers(sameDay: wall.minuteOfDay) {
                return wall.moment(ofDay: wall.dayNumber + (hours.passesMidnight ? 1 : 0), minute: hours.to)
            }
            let yesterday = Weekday(dayNumber: wall.dayNumber - 1)
            if weekdays.contains(yesterday), hours.covers(dayAfter: wall.minuteOfDay) {
                return wall.moment(ofDay: wall.dayNumber, minute: hours.to)
            }
            return nil
        case .cron(_, let seconds):
            guard let expression else { return nil }
            let timetable = CronTimetable(expression, zone: rules, dst: .automatic)
            // In force are the times after `moment - seconds`, up to `moment`.
            var time = moment.addingTimeInterval(-seconds)
            var last: Date?
            for _ in 0..<Self.timesMax {
                guard let tick = timetable.next(after: time), tick.at <= moment else { break }
                last = tick.at
                time = tick.at
            }
            return last?.addingTimeInterval(seconds)
        }
    }
}

/// A moment, and what the clock on the wall shows at it.
private struct WallMoment {
    private let moment: Date
    private let rules: TimeZoneRules
    /// Days after 1970-01-01.
    let dayNumber: Int
    /// With the fraction of a minute.
    let minuteOfDay: Double

    init(_ moment: Date, _ rules: TimeZoneRules) {
        let seconds = moment.timeIntervalSince1970
        let whole = Int(seconds.rounded(.down))
        let civil = CivilTime(wallSeconds: whole + rules.offset(at: whole).seconds)
        self.moment = moment
        self.rules = rules
        self.dayNumber = civil.dayNumber
        let inDay = civil.wallSeconds - civil.dayNumber * 86_400
        self.minuteOfDay = (Double(inDay) + seconds - Double(whole)) / 60
    }

    func midnight(after days: Int) -> Date { self.moment(ofDay: self.dayNumber + days, minute: 0) }

    /// The first moment later than this one at which the clock shows a time, or goes past it where the time is left
    /// out.
    func moment(ofDay day: Int, minute: Int) -> Date {
        let wall = day * 86_400 + minute * 60
        let first = wall - self.rules.offset(ofWallSeconds: wall).seconds
        // Of a time that comes twice the first may be past.
        let second = wall - self.rules.offset(at: wall + 86_400).seconds
        for seconds in [first, second] where Double(seconds) > self.moment.timeIntervalSince1970 {
            return Date(timeIntervalSince1970: Double(seconds))
        }
        // A day that the zone left out: step over the change.
        return self.moment.addingTimeInterval(60)
    }
}
