import FoundationEssentials

/// In JSON `{"from", "to"}`, `{"recurring": {"weekdays", "from", "to"}}` or `{"cron", "seconds"}`, each with `name`,
/// `workflows` and `zone` where there is more to say.
extension Blackout {
    private static let names = ["name", "from", "to", "recurring", "cron", "seconds", "workflows", "zone"]
    private static let workflowCharactersMax = 255

    /// - Throws: for the first member at fault.
    public init(json: Value) throws(CalendarError) { try self.init(json: json, at: []) }

    /// - Parameter path: where it stands; faults are named from there.
    init(json: Value, at path: [CalendarError.Step]) throws(CalendarError) {
        let members = try CalendarMembers(json, Self.names, path)
        let name = try members.text("name", max: Self.nameCharactersMax)
        let workflows = try members.list("workflows", max: Self.workflowsMax) { value, place throws(CalendarError) in
            guard let text = value.string, !text.isEmpty, text.count <= Self.workflowCharactersMax else {
                throw CalendarError(place, "expected the name of a workflow")
            }
            return text
        }
        let zone = try members.text("zone", max: BusinessCalendar.nameCharactersMax)
        let period = try Self.period(members)
        do throws(CalendarError) {
            try self.init(name: name, period, workflows: workflows, zone: zone)
        } catch {
            throw error.inside(path)
        }
    }

    private static func period(_ members: CalendarMembers) throws(CalendarError) -> Period {
        let isOnce = members.has("from") || members.has("to")
        let forms = [isOnce, members.has("recurring"), members.has("cron") || members.has("seconds")]
        guard forms.filter({ $0 }).count == 1 else {
            throw CalendarError(
                Array(members.place("").dropLast()),
                "a blackout has one of: from and to; recurring; cron and seconds")
        }
        if let recurring = members.value("recurring") {
            return try Self.weekly(recurring, members.place("recurring"))
        }
        if isOnce {
            func time(_ name: String) throws(CalendarError) -> Date {
                try members.required(
                    name,
                    try members.member(name, "a time such as 2026-01-02T03:04:05Z") { value in
                        value.string.flatMap(InstantText.date)
                    })
            }
            return .once(from: try time("from"), to: try time("to"))
        }
        let cron = try members.required(
            "cron", try members.text("cron", max: ScheduleSpec.Cron.expressionCharactersMax))
        let seconds = try members.required(
            "seconds", try members.member("seconds", "a number of seconds") { $0.double })
        return .cron(cron, seconds: seconds)
    }

    private static func weekly(_ json: Value, _ path: [CalendarError.Step]) throws(CalendarError) -> Period {
        let members = try CalendarMembers(json, ["weekdays", "from", "to"], path)
        let weekdays =
            try members.list("weekdays", max: Weekday.allCases.count) { value, place throws(CalendarError) in
                guard let weekday = value.string.flatMap({ Weekday(rawValue: $0) }) else {
                    throw CalendarError(
                        place, "expected one of \(Weekday.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                return weekday
            } ?? Weekday.allCases
        return .weekly(weekdays, try DayHours(members, at: path))
    }

    public var json: Value {
        var object: Object = [:]
        if let name { object["name"] = .string(name) }
        switch self.period {
        case .once(let from, let to):
            object["from"] = .string(InstantText.text(from))
            object["to"] = .string(InstantText.text(to))
        case .weekly(let weekdays, let hours):
            var recurring: Object = ["weekdays": .list(weekdays.map { .string($0.rawValue) })]
            recurring = recurring.merging(hours.members)
            object["recurring"] = .object(recurring)
        case .cron(let text, let seconds):
            object["cron"] = .string(text)
            object["seconds"] = .number(seconds)
        }
        if let workflows { object["workflows"] = .list(workflows.map(Value.string)) }
        if let zone { object["zone"] = .string(zone) }
        return .object(object)
    }
}

extension DayHours {
    /// - Parameters:
    ///   - members: has `from` and `to`.
    ///   - path: where it stands.
    init(_ members: CalendarMembers, at path: [CalendarError.Step]) throws(CalendarError) {
        let from = try members.required("from", try members.timeOfDay("from"))
        let to = try members.required("to", try members.timeOfDay("to"))
        guard let hours = DayHours(from: from, to: to) else {
            throw CalendarError(
                path, "from \(Self.text(from)) to \(Self.text(to)) are no hours; for a whole day write 00:00 to 24:00")
        }
        self = hours
    }

    /// `{"from": "09:00", "to": "17:00"}`.
    var members: Object { ["from": .string(Self.text(self.from)), "to": .string(Self.text(self.to))] }
}

extension Value {
    /// A number without a fraction where it has none.
    fileprivate static func number(_ number: Double) -> Value { Int(exactly: number).map(Value.int) ?? .double(number) }
}

/// As `json`, in every coder.
extension Blackout: Codable {
    public init(from decoder: any Decoder) throws {
        let json = try decoder.singleValueContainer().decode(Value.self)
        self = try CalendarError.decoding(decoder) { () throws(CalendarError) in try Blackout(json: json) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.json)
    }
}

extension CalendarError {
    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int?

        init(_ step: Step) {
            switch step {
            case .member(let name): (self.stringValue, self.intValue) = (name, nil)
            case .position(let position): (self.stringValue, self.intValue) = (String(position), position)
            }
        }

        init(stringValue: String) { (self.stringValue, self.intValue) = (stringValue, nil) }
        init(intValue: Int) { (self.stringValue, self.intValue) = (String(intValue), intValue) }
    }

    /// Tells a decoder's caller what is at fault, and where.
    static func decoding<Read>(_ decoder: any Decoder, _ read: () throws(CalendarError) -> Read) throws -> Read {
        do throws(CalendarError) {
            return try read()
        } catch {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath + error.path.map(Key.init), debugDescription: error.reason,
                    underlyingError: error))
        }
    }
}
