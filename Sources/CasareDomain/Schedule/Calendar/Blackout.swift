public import FoundationEssentials

/// Times in which nothing is started: once, every week, or whenever a cron expression says.
public struct Blackout: Hashable, Sendable {
    /// When it begins and ends.
    public enum Period: Hashable, Sendable {
        /// Once, `to` not included.
        case once(from: Date, to: Date)
        /// On these days of the week, by the clock on the wall.
        case weekly([Weekday], DayHours)
        /// From each time of a cron expression on, for so long.
        case cron(String, seconds: Double)
    }

    public static let workflowsMax = 100
    public static let nameCharactersMax = 120
    /// No blackout that repeats is longer than a week.
    public static let secondsRange = 1.0...604_800

    public let name: String?
    public let period: Period
    /// It holds for these workflows only; `nil`: for all.
    public let workflows: [String]?
    /// The zone of what repeats; `nil`: that of the calendar, or of the schedule where it stands.
    public let zone: String?
    /// That of `Period.cron`, read.
    package let expression: CronExpression?

    /// - Throws: where it covers nothing, is out of bounds, or has a cron expression that cannot be read.
    public init(
        name: String? = nil, _ period: Period, workflows: [String]? = nil, zone: String? = nil
    ) throws(CalendarError) {
        self.name = name
        self.period = period
        self.workflows = workflows
        self.zone = zone
        switch period {
        case .once(let from, let to):
            guard from < to else {
                throw CalendarError([.member("to")], "it is not after from, so the blackout would cover nothing")
            }
            self.expression = nil
        case .weekly(let weekdays, _):
            guard !weekdays.isEmpty else {
                throw CalendarError(
                    [.member("recurring"), .member("weekdays")],
                    "it is empty, so the blackout would cover nothing; name one day or more")
            }
            self.expression = nil
        case .cron(let text, let seconds):
            guard Self.secondsRange.contains(seconds) else {
                throw CalendarError(
                    [.member("seconds")],
                    "it is \(seconds); it must be from \(Int(Self.secondsRange.lowerBound)) to "
                        + "\(Int(Self.secondsRange.upperBound)), a week")
            }
            do throws(CronError) {
                self.expression = try CronExpression(text)
            } catch {
                throw CalendarError([.member("cron")], "\(error)")
            }
        }
        if let name, name.isEmpty || name.count > Self.nameCharactersMax {
            throw CalendarError([.member("name")], "it must have 1 to \(Self.nameCharactersMax) characters")
        }
        if let workflows, workflows.isEmpty || workflows.count > Self.workflowsMax {
            throw CalendarError(
                [.member("workflows")],
                "it names \(workflows.count) workflows; name 1 to \(Self.workflowsMax), or leave it out for all")
        }
    }

    /// Whether it can hold for a workflow at all.
    public func concerns(_ workflow: String?) -> Bool {
        guard let workflows, let workflow else { return self.workflows == nil }
        return workflows.contains(workflow)
    }

    /// What people read: its name, or what it says.
    public var text: String {
        if let name { return "blackout \(name)" }
        switch self.period {
        case .once(let from, let to): return "blackout \(from.formatted(.iso8601)) to \(to.formatted(.iso8601))"
        case .weekly(let weekdays, let hours):
            return "blackout \(weekdays.map(\.displayName).joined(separator: ", ")) \(hours.text)"
        case .cron(let text, let seconds): return "blackout \(text) for \(Int(seconds)) s"
        }
    }
}
