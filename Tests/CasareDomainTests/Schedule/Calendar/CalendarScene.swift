import CasareDomain
import FoundationEssentials

/// What the tests of calendars share.
enum CalendarScene {
    /// By their rules of today, which is enough for the years that are looked at.
    static let zones = ZoneCatalogue { name in
        let rule: String? =
            switch name {
            case "UTC": "UTC0"
            case "Europe/Berlin": "CET-1CEST,M3.5.0,M10.5.0/3"
            case "Europe/London": "GMT0BST,M3.5.0/1,M10.5.0"
            case "America/New_York": "EST5EDT,M3.2.0,M11.1.0"
            // The clock goes from 00:00 to 01:00, and from 24:00 back to 23:00.
            case "Asia/Beirut": "EET-2EEST,M3.5.0/0,M10.5.0/0"
            default: nil
            }
        guard let rule else { return nil }
        return PosixZone(rule).map { TimeZoneRules(posix: $0) }
    }

    /// Monday to Friday, 09:00 to 17:00.
    static let officeHours: [Weekday: [DayHours]] = {
        var hours: [Weekday: [DayHours]] = [:]
        for weekday in Weekday.allCases where !weekday.isWeekend {
            hours[weekday] = DayHours(from: 9 * 60, to: 17 * 60).map { [$0] }
        }
        return hours
    }()

    /// - Parameter text: `2026-01-02T03:04:05Z`.
    static func date(_ text: String) throws -> Date { try Date(text, strategy: .iso8601) }

    static func text(_ date: Date?) -> String { date.map { $0.formatted(.iso8601) } ?? "never" }

    /// `open`, or the name of the rule that closes.
    static func verdict(_ calendar: BusinessCalendar, _ text: String, workflow: String? = nil) throws -> String {
        switch calendar.verdict(at: try self.date(text), workflow: workflow, zones: self.zones) {
        case .open: "open"
        case .closed(let closure): closure.rule.rawValue
        }
    }

    static func opening(_ calendar: BusinessCalendar, _ text: String, workflow: String? = nil) throws -> String {
        self.text(calendar.nextOpen(after: try self.date(text), workflow: workflow, zones: self.zones))
    }
}
