/// In JSON `name` with `date`, with `month` and `day` (and `observed`), with `month`, `weekday` and `nth`, or with
/// `easter_offset`; and `since_year` and `until_year` where it has not always been one.
extension Holiday {
    private static let names = [
        "name", "date", "month", "day", "observed", "weekday", "nth", "easter_offset", "since_year", "until_year",
    ]
    public static let nameCharactersMax = 120
    private static let yearRange = 1...9999

    /// - Parameter path: where it stands; faults are named from there.
    init(json: Value, at path: [CalendarError.Step]) throws(CalendarError) {
        let members = try CalendarMembers(json, Self.names, path)
        let name = try members.required("name", try members.text("name", max: Self.nameCharactersMax))
        let since = try members.number("since_year", in: Self.yearRange)
        let until = try members.number("until_year", in: Self.yearRange)
        if let since, let until, until < since {
            throw members.fault("until_year", "it is before since_year; no year would have the holiday")
        }
        self.init(name, try Self.rule(members, path), since: since, until: until)
    }

    private static func rule(_ members: CalendarMembers, _ path: [CalendarError.Step]) throws(CalendarError) -> Rule {
        func refuse(_ others: [String], beside name: String) throws(CalendarError) {
            guard let other = others.first(where: members.has) else { return }
            throw members.fault(other, "it does not go with \(name); leave one of the two out")
        }
        if let date = try members.day("date") {
            try refuse(
                ["month", "day", "observed", "weekday", "nth", "easter_offset", "since_year", "until_year"],
                beside: "date")
            return .date(date)
        }
        if let offset = try members.number("easter_offset", in: Self.easterOffsetRange) {
            try refuse(["month", "day", "observed", "weekday", "nth"], beside: "easter_offset")
            return .easter(offset: offset)
        }
        guard let month = try members.number("month", in: 1...12) else {
            throw CalendarError(
                path, "a holiday has one of: date; month and day; month, weekday and nth; easter_offset")
        }
        if let weekday = try members.choice("weekday", Weekday.self) {
            try refuse(["day", "observed"], beside: "weekday")
            let expected = "a whole number from \(Self.nthRange.lowerBound) to \(Self.nthRange.upperBound), or -1"
            let nth = try members.member("nth", expected) { value in
                value.int.flatMap { $0 == -1 || Self.nthRange.contains($0) ? $0 : nil }
            }
            return .weekday(weekday, nth: try members.required("nth", nth), month: month)
        }
        try refuse(["nth"], beside: "day")
        // 2000 was a leap year.
        let days = CivilTime.days(inMonth: month, of: 2000)
        let day = try members.required("day", try members.number("day", in: 1...days))
        return .yearly(month: month, day: day, observed: try members.choice("observed") ?? .none)
    }

    public var json: Value {
        var object: Object = ["name": .string(self.name)]
        switch self.rule {
        case .date(let day): object["date"] = .string(day.description)
        case .yearly(let month, let day, let observed):
            object["month"] = .int(month)
            object["day"] = .int(day)
            object["observed"] = .string(observed.rawValue)
        case .weekday(let weekday, let nth, let month):
            object["month"] = .int(month)
            object["weekday"] = .string(weekday.rawValue)
            object["nth"] = .int(nth)
        case .easter(let offset): object["easter_offset"] = .int(offset)
        }
        if let since { object["since_year"] = .int(since) }
        if let until { object["until_year"] = .int(until) }
        return .object(object)
    }
}
