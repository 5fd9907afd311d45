import CasareDomain
import FoundationEssentials

/// A schedule whose times are counted in seconds after 2026-01-01T00:00:00Z, a Thursday.
///
/// A reference, so that expectations can ask it what it does next.
final class ScheduleMachine {
    static let start = Date(timeIntervalSince1970: 1_767_225_600)
    static let zones = ZoneCatalogue { name in
        switch name {
        case "UTC": .utc
        case "Europe/Berlin": PosixZone("CET-1CEST,M3.5.0,M10.5.0/3").map { TimeZoneRules(posix: $0) }
        default: nil
        }
    }
    static let id = Schedule.ID("0197f3a0-0000-7000-8000-000000000001")!  // A UUID as it is written.

    static func at(_ seconds: Double) -> Date { self.start.addingTimeInterval(seconds) }

    var state: ScheduleState
    var timetable: Timetable
    let hours: ScheduleHours?

    /// Made at second 0, with a tick every 60 seconds where `change` does not say otherwise.
    init(
        _ timing: ScheduleSpec.Timing = .interval(ScheduleSpec.Interval(seconds: 60)),
        calendar: BusinessCalendar? = nil, _ change: (inout ScheduleSpec) -> Void = { _ in }
    ) throws {
        var spec = ScheduleSpec(timing: timing, workflow: "invoices")
        change(&spec)
        self.timetable = try spec.timetable(zones: Self.zones, name: "nightly")
        self.hours = ScheduleHours(spec, calendar: calendar, zones: Self.zones)
        self.state = ScheduleState(
            id: Self.id, spec: spec, at: Self.at(0), timetable: self.timetable, hours: self.hours)
    }

    func due(_ seconds: Double, running: Int = 0, buffered: Int = 0) -> [TickAction] {
        self.state.due(
            at: Self.at(seconds), running: running, buffered: buffered, timetable: self.timetable, hours: self.hours)
    }

    func resume(_ seconds: Double) -> [TickAction] {
        self.state.resume(at: Self.at(seconds), timetable: self.timetable, hours: self.hours)
    }

    /// - Returns: whether it has paused itself now.
    func jobFailed(_ seconds: Double) -> Bool { self.state.jobFailed(at: Self.at(seconds)) }

    /// As a short text: `fire 60`, `late 60`, `buffer 60`, `skip 60-120 (2) overlap`.
    static func text(_ actions: [TickAction]) -> [String] {
        func seconds(_ date: Date) -> String { String(Int(date.timeIntervalSince(self.start))) }
        return actions.map { action in
            switch action {
            case .fire(let tick, let isCatchUp): "\(isCatchUp ? "late" : "fire") \(seconds(tick.at))"
            case .buffer(let tick): "buffer \(seconds(tick.at))"
            case .skip(let span, let reason):
                "skip \(seconds(span.first))-\(seconds(span.last)) (\(span.count)) \(reason.rawValue)"
            }
        }
    }

    var nextSeconds: Double? { self.state.nextTick?.timeIntervalSince(Self.start) }
    var dueSeconds: Double? { self.state.dueAt?.timeIntervalSince(Self.start) }
}
