package import FoundationEssentials

/// When a schedule may fire: its business calendar with its own blackouts.
package struct ScheduleHours: Sendable {
    private let calendar: BusinessCalendar
    private let workflow: String
    private let zones: ZoneCatalogue

    /// `nil` for a schedule that may fire at any time.
    ///
    /// - Parameter calendar: the one that the spec names.
    package init?(_ spec: ScheduleSpec, calendar: BusinessCalendar?, zones: ZoneCatalogue) {
        guard calendar != nil || !spec.blackouts.isEmpty else { return nil }
        self.calendar =
            calendar?.adding(spec.blackouts) ?? .always(zone: spec.timing.zone, blackouts: spec.blackouts)
        self.workflow = spec.workflow
        self.zones = zones
    }

    /// Why nothing may fire then; `nil`: it may.
    package func closure(at moment: Date) -> BusinessCalendar.Closure? {
        switch self.calendar.verdict(at: moment, workflow: self.workflow, zones: self.zones) {
        case .open: nil
        case .closed(let closure): closure
        }
    }

    /// When it may fire again; `nil`: not for `BusinessCalendar.searchDaysMax` days.
    package func nextOpen(after moment: Date) -> Date? {
        self.calendar.nextOpen(after: moment, workflow: self.workflow, zones: self.zones)
    }
}

extension BusinessCalendar.Closure {
    /// As what a tick is recorded that it kept from firing.
    package var reason: SkipReason {
        switch self.rule {
        case .blackout: .blackout
        case .unknownZone: .invalid
        case .holiday, .day, .weekend, .hours: .calendar
        }
    }
}

extension ScheduleSpec.Timing {
    /// In which its blackouts repeat.
    var zone: String {
        switch self {
        case .cron(let cron): cron.zone
        case .interval, .once, .dependency, .event: ScheduleSpec.Cron.zoneDefault
        }
    }
}
