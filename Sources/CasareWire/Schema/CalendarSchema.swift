import CasareDomain

/// Schemas of what has a JSON form of its own in the domain: calendars and blackouts.
enum CalendarSchema {
    private static let time: Value = ["type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"]
    private static let moment: Value = ["type": "string", "format": "date-time"]
    private static let day: Value = ["type": "string", "format": "date"]
    private static let weekday: Value = [
        "type": "string", "enum": .list(Weekday.allCases.map { .string($0.rawValue) }),
    ]

    private static func text(_ charactersMax: Int) -> Value {
        ["type": "string", "minLength": 1, "maxLength": .int(charactersMax)]
    }

    private static func list(_ items: Value, _ countMax: Int) -> Value {
        ["type": "array", "items": items, "maxItems": .int(countMax)]
    }

    private static func number(_ range: ClosedRange<Int>) -> Value {
        ["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)]
    }

    static let blackout: Value = [
        "type": "object",
        "description": "One of from and to; recurring; cron and seconds.",
        "properties": [
            "name": Self.text(Blackout.nameCharactersMax),
            "from": Self.moment,
            "to": Self.moment,
            "recurring": [
                "type": "object",
                "properties": [
                    "weekdays": Self.list(Self.weekday, Weekday.allCases.count), "from": Self.time, "to": Self.time,
                ],
                "required": ["from", "to"],
            ],
            "cron": Self.text(ScheduleSpec.Cron.expressionCharactersMax),
            "seconds": [
                "type": "number", "minimum": .double(Blackout.secondsRange.lowerBound),
                "maximum": .double(Blackout.secondsRange.upperBound),
            ],
            "workflows": Self.list(Self.text(ScheduleSpec.workflowCharactersMax), Blackout.workflowsMax),
            "zone": Self.text(BusinessCalendar.nameCharactersMax),
        ],
    ]

    private static let holiday: Value = [
        "type": "object",
        "description": "One of date; month and day; month, weekday and nth (-1 for the last); easter_offset.",
        "properties": [
            "name": Self.text(Holiday.nameCharactersMax),
            "date": Self.day,
            "month": Self.number(1...12),
            "day": Self.number(1...31),
            "observed": [
                "type": "string", "enum": .list(Holiday.Observance.allCases.map { .string($0.rawValue) }),
                "default": "none",
            ],
            "weekday": Self.weekday,
            "nth": Self.number(-1...Holiday.nthRange.upperBound),
            "easter_offset": Self.number(Holiday.easterOffsetRange),
            "since_year": Self.number(1...9999),
            "until_year": Self.number(1...9999),
        ],
        "required": ["name"],
    ]

    private static let workingHours: Value = [
        "type": "object",
        "description": "A weekday that is left out is closed.",
        "properties": .object(
            Object(
                Weekday.allCases.map { weekday in
                    (
                        weekday.rawValue,
                        Self.list(
                            [
                                "type": "object", "properties": ["from": Self.time, "to": Self.time],
                                "required": ["from", "to"],
                            ], BusinessCalendar.hoursMax)
                    )
                })),
    ]

    private static let members: Object = [
        "name": Self.text(BusinessCalendar.nameCharactersMax),
        "zone": ["type": "string", "description": "An IANA name; the preset's, else UTC."],
        "preset": ["type": "string", "enum": .list(CalendarPreset.allCases.map { .string($0.rawValue) })],
        "working_hours": Self.workingHours,
        "weekends": ["type": "boolean", "description": "Whether Saturday and Sunday are days like all others."],
        "holidays": Self.list(Self.holiday, BusinessCalendar.holidaysMax),
        "days": Self.list(
            [
                "type": "object",
                "properties": [
                    "date": Self.day, "is_working": ["type": "boolean"], "name": Self.text(Holiday.nameCharactersMax),
                ],
                "required": ["date", "is_working"],
            ], BusinessCalendar.daysMax),
        "blackouts": Self.list(Self.blackout, BusinessCalendar.blackoutsMax),
    ]

    static let calendar: Value = ["type": "object", "properties": .object(Self.members), "required": ["name"]]

    /// The name is a part of the path already.
    static let savedCalendar: Value = ["type": "object", "properties": .object(Self.members)]

    static let calendarSample: Value = ["name": "office"]
    static let blackoutSample: Value = ["from": "2026-01-02T03:04:05Z", "to": "2026-01-02T04:04:05Z"]
}
