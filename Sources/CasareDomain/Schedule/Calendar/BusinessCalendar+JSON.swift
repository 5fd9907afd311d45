/// What people write of a calendar, and what the API and the database hold.
extension BusinessCalendar {
    private static let names = [
        "name", "zone", "working_hours", "weekends", "holidays", "days", "blackouts", "preset",
    ]

    /// - Parameter name: its name where the JSON does not say it; where both do, they must be the same.
    /// - Throws: for the first member at fault. Zones are not looked up; `check(zones:)` does that.
    public init(json: Value, name outer: String? = nil) throws(CalendarError) {
        let members = try CalendarMembers(json, Self.names, [])
        let inner = try members.text("name", max: Self.nameCharactersMax)
        if let inner, let outer, inner != outer {
            throw members.fault("name", "it is \(inner), and the calendar's name is \(outer); leave it out")
        }
        let name = try members.required("name", inner ?? outer)
        let preset = try members.choice("preset", CalendarPreset.self)
        self.init(
            name: name, zone: try members.text("zone", max: Self.nameCharactersMax),
            workingHours: try members.value("working_hours").map { json throws(CalendarError) in
                try Self.workingHours(json, members.place("working_hours"))
            },
            weekends: try members.bool("weekends"),
            holidays: try members.list("holidays", max: Self.holidaysMax) { json, place throws(CalendarError) in
                try Holiday(json: json, at: place)
            } ?? [],
            days: try members.list("days", max: Self.daysMax) { json, place throws(CalendarError) in
                try SpecialDay(json: json, at: place)
            } ?? [],
            blackouts: try members.list("blackouts", max: Self.blackoutsMax) { json, place throws(CalendarError) in
                try Blackout(json: json, at: place)
            } ?? [],
            preset: preset)
        try self.check()
    }

    /// - Throws: where its parts contradict each other, or it could never be open.
    private func check() throws(CalendarError) {
        var seen: Set<CalendarDay> = []
        for (position, day) in self.days.enumerated() where !seen.insert(day.date).inserted {
            throw CalendarError(
                [.member("days"), .position(position), .member("date")], "\(day.date) is there twice; leave one out")
        }
        guard let workingHours else { return }
        if !self.weekends,
            let day = workingHours.keys.first(where: { $0.isWeekend && workingHours[$0]?.isEmpty == false })
        {
            throw CalendarError(
                [.member("working_hours"), .member(day.rawValue)],
                "\(day.displayName) has hours, and weekends are not worked on; set weekends to true, or leave it out")
        }
        guard workingHours.values.contains(where: { !$0.isEmpty }) else {
            throw CalendarError(
                [.member("working_hours")], "no day has hours, so it would never be open; leave it out for all hours")
        }
    }

    private static func workingHours(
        _ json: Value, _ path: [CalendarError.Step]
    ) throws(CalendarError) -> [Weekday: [DayHours]] {
        let members = try CalendarMembers(json, Weekday.allCases.map(\.rawValue), path)
        var hours: [Weekday: [DayHours]] = [:]
        for weekday in Weekday.allCases {
            hours[weekday] = try members.list(weekday.rawValue, max: Self.hoursMax) {
                json, place throws(CalendarError) in
                try DayHours(try CalendarMembers(json, ["from", "to"], place), at: place)
            }
        }
        return hours
    }

    public var json: Value {
        var object: Object = [
            "name": .string(self.name), "zone": .string(self.zone), "weekends": .bool(self.weekends),
        ]
        if let preset { object["preset"] = .string(preset.rawValue) }
        if let workingHours {
            // In the order of the week.
            let days: [(String, Value)] = Weekday.allCases.compactMap { weekday in
                workingHours[weekday].map { (weekday.rawValue, .list($0.map { .object($0.members) })) }
            }
            object["working_hours"] = .object(Object(days))
        }
        object["holidays"] = .list(self.holidays.map(\.json))
        object["days"] = .list(self.days.map(\.json))
        object["blackouts"] = .list(self.blackouts.map(\.json))
        return .object(object)
    }
}

extension BusinessCalendar.SpecialDay {
    init(json: Value, at path: [CalendarError.Step]) throws(CalendarError) {
        let members = try CalendarMembers(json, ["date", "is_working", "name"], path)
        self.init(
            try members.required("date", try members.day("date")),
            isWorking: try members.required("is_working", try members.bool("is_working")),
            name: try members.text("name", max: Holiday.nameCharactersMax))
    }

    var json: Value {
        var object: Object = ["date": .string(self.date.description), "is_working": .bool(self.isWorking)]
        if let name { object["name"] = .string(name) }
        return .object(object)
    }
}

/// As `json`, in every coder.
extension BusinessCalendar: Codable {
    public init(from decoder: any Decoder) throws {
        let json = try decoder.singleValueContainer().decode(Value.self)
        self = try CalendarError.decoding(decoder) { () throws(CalendarError) in try BusinessCalendar(json: json) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.json)
    }
}
