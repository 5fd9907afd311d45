import CasareDomain
import CasareWire
import FoundationEssentials

extension Robot.Status {
    var tone: Tone {
        switch self {
        case .live, .busy: .good
        case .cordoned, .draining: .attention
        case .wedged, .stale: .bad
        case .offline: .faint
        }
    }
}

extension RobotInfo {
    static let columns: [Column<RobotInfo>] = [
        Column("id") { .text($0.id.description) },
        Column("status") { .state($0.status.rawValue, $0.status.tone) },
        Column("slots_in_use") { .number($0.slotsInUse) },
        Column("slots") { .number($0.slots) },
        Column("environment") { .text($0.environment) },
        Column("last_seen_at") { .time($0.lastSeenAt) },
        Column("why", shrinks: true) { .text($0.why) },
        Column("sessions", wide: true) { .number($0.sessions) },
        Column("progress_at", wide: true) { .time($0.progressAt) },
        Column("tags", wide: true) { .text($0.tags.joined(separator: " ")) },
        Column("capabilities", wide: true) { .text($0.capabilities.joined(separator: " ")) },
        Column("registered_at", wide: true) { .time($0.registeredAt) },
    ]

    /// Who wants it so, or what is wrong with it; `nil` for a robot that just works.
    var why: String? {
        var parts: [String] = []
        if let wedge = self.wedge, self.status == .wedged {
            switch wedge.cause {
            case .jobOverdue:
                parts.append("job \(wedge.job.map(\.description) ?? "") has outlived its time limit")
            case .notAsking: parts.append("it has free slots and asks for no jobs")
            }
        }
        if let ending = self.ending {
            parts.append(
                "\(ending.order.rawValue) asked for by \(ending.askedBy)" + (ending.reason.map { ": \($0)" } ?? ""))
        }
        if self.cordonedAt != nil {
            parts.append(
                "cordoned" + (self.cordonedBy.map { " by \($0)" } ?? "") + (self.cordonReason.map { ": \($0)" } ?? ""))
        }
        if self.status == .stale { parts.append("it has missed renewals") }
        if let sessions = self.sessions, sessions > 1 {
            parts.append("\(sessions) processes run under its ID: give each a CASARE_ROBOT_ID of its own")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    func presentation(saying sentence: String?) throws -> Presentation {
        var sheet = Sheet(
            sentence ?? "\(self.id) is \(self.status.rawValue)", tone: sentence == nil ? self.status.tone : .plain)
        if sentence == nil {
            sheet.add("why", .text(self.why))
            sheet.add("slots", .text("\(self.slotsInUse) of \(self.slots) in use"))
            if let sessions = self.sessions, let each = self.slotsEach, sessions > 1 {
                sheet.add("sessions", .text("\(sessions), with \(Count.text(each, "slot")) each"))
            }
            sheet.add("environment", .text(self.environment))
            sheet.add("tags", .text(self.tags.isEmpty ? nil : self.tags.joined(separator: " ")))
            sheet.add(
                "capabilities", .text(self.capabilities.isEmpty ? nil : self.capabilities.joined(separator: " ")))
            sheet.add("last seen", .time(self.lastSeenAt))
            sheet.add("last progress", .time(self.progressAt))
            sheet.add("wedged since", .time(self.wedge?.since))
            sheet.add("asked to end", .time(self.ending?.askedAt))
            sheet.add("cordoned", .time(self.cordonedAt))
            sheet.add("registered", .time(self.registeredAt))
        }
        return Presentation(
            single: self, columns: Self.columns, name: self.id.description, json: try ValueEncoder.encode(self),
            sheet: sheet)
    }

    /// What a selection shows beside the ID.
    var detail: String {
        "\(self.status.rawValue), \(self.slotsInUse) of \(self.slots) slots in use" + (self.why.map { ", \($0)" } ?? "")
    }
}
