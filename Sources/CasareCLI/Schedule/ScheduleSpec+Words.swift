import CasareDomain
import CasareWire

extension ScheduleSpec {
    /// When it fires: "0 3 * * * in Europe/Berlin", "every 5 min", "after invoices and orders".
    var when: String {
        switch self.timing {
        case .cron(let cron):
            let rule = cron.dst == .automatic ? "" : " (\(cron.dst.rawValue))"
            return "\(cron.expression) in \(cron.zone)\(rule)"
        case .interval(let interval):
            return "every \(TimeSpan.text(seconds: Double(interval.seconds)))"
        case .once(let once):
            return "once at \(Timestamp.text(once.at))"
        case .dependency(let dependency):
            let ending = dependency.on == .success ? "" : "\(dependency.on.words) of "
            let workflows = dependency.after.joined(separator: dependency.waitFor == .all ? " and " : " or ")
            return "after \(ending)\(workflows)"
        case .event(let event):
            let kinds = event.kinds.map(\.rawValue).joined(separator: " or ")
            let filter = event.filter.isEmpty ? "" : " where \(Value.object(event.filter).jsonText(.compact))"
            guard event.kinds.allSatisfy({ $0.subject == .job }) else { return "on \(kinds)\(filter)" }
            return "when \(event.workflow ?? "a job") is \(kinds)\(filter)"
        }
    }

    /// What it starts: "invoices, version 3".
    var what: String {
        self.workflow + (self.workflowVersion.map { ", version \($0)" } ?? "")
    }

    /// "latest, up to 1 d old"; `nil` for what every schedule has that says nothing.
    var catchUpText: String? {
        guard self.catchUp != CatchUp() else { return nil }
        let window = TimeSpan.text(seconds: self.catchUp.windowSeconds)
        return switch self.catchUp.policy {
        case .none: "none"
        case .latest: "the latest one, up to \(window) old"
        case .all: "the last \(self.catchUp.max), up to \(window) old"
        }
    }

    var slaText: String? {
        guard let sla else { return nil }
        let parts = [
            sla.startDelaySeconds.map { "begins within \(TimeSpan.text(seconds: $0))" },
            sla.durationSeconds.map { "takes at most \(TimeSpan.text(seconds: $0))" },
            sla.successRate.map { "\(BulkWording.percent($0)) of the last \(sla.runs) complete" },
        ].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    var calendarText: String? {
        guard self.calendar != nil || !self.blackouts.isEmpty else { return nil }
        let parts = [
            self.calendar, self.blackouts.isEmpty ? nil : Count.text(self.blackouts.count, "blackout"),
        ].compactMap(\.self)
        let closed =
            switch self.onClosed {
            case .skip: "ticks while it is closed are skipped"
            case .postpone: "ticks while it is closed wait until it opens"
            }
        return "\(parts.joined(separator: ", ")): \(closed)"
    }
}

extension ScheduleSpec.Dependency.On {
    fileprivate var words: String {
        switch self {
        case .success: "success"
        case .failure: "failure"
        case .always: "any ending"
        }
    }
}
