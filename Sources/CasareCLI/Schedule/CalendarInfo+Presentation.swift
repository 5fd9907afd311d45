import CasareDomain
import CasareWire
import FoundationEssentials

extension CalendarInfo {
    static let columns: [Column<CalendarInfo>] = [
        Column("name", shrinks: true) { .text($0.name) },
        Column("zone") { .text($0.spec.zone) },
        Column("open", shrinks: true) { .text($0.spec.summary) },
        Column("updated_at") { .time($0.updatedAt) },
        Column("updated_by") { .text($0.updatedBy) },
        Column("preset", wide: true) { .text($0.spec.preset?.rawValue) },
        Column("holidays", wide: true) { .number($0.spec.holidays.count) },
        Column("days", wide: true) { .number($0.spec.days.count) },
        Column("blackouts", wide: true) { .number($0.spec.blackouts.count) },
        Column("created_at", wide: true) { .time($0.createdAt) },
        Column("created_by", wide: true) { .text($0.createdBy) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// - Parameters:
    ///   - sentence: what was done; `nil`: it is only shown, with everything in it.
    ///   - now: its year and the next are those of which holidays are listed.
    func presentation(saying sentence: String? = nil, now: Date) throws -> Presentation {
        var sheet = Sheet(sentence ?? "\(self.name): \(self.spec.summary)")
        if sentence == nil {
            sheet.add("zone", .text(self.spec.zone))
            sheet.add("preset", .text(self.spec.preset?.rawValue))
            sheet.add("updated", .time(self.updatedAt))
            sheet.add("updated by", .text(self.updatedBy))
            sheet.sections = self.spec.sections(now: now)
        }
        return Presentation(
            single: self, columns: Self.columns, name: self.name, json: try ValueEncoder.encode(self), sheet: sheet)
    }
}

extension BusinessCalendar {
    /// "Monday–Friday, with hours; us_federal; 3 holidays; 1 blackout".
    var summary: String {
        var parts: [String] = []
        if let workingHours {
            let days = Weekday.allCases.filter { workingHours[$0]?.isEmpty == false }
            parts.append("working hours on \(days.map(\.displayName).joined(separator: ", "))")
        } else {
            parts.append(self.weekends ? "all days" : "Monday to Friday")
        }
        if let preset, preset != .always { parts.append("holidays of \(preset.rawValue)") }
        if !self.holidays.isEmpty { parts.append(Count.text(self.holidays.count, "holiday")) }
        if !self.days.isEmpty { parts.append(Count.text(self.days.count, "special day")) }
        if !self.blackouts.isEmpty { parts.append(Count.text(self.blackouts.count, "blackout")) }
        return parts.joined(separator: "; ")
    }

    fileprivate func sections(now: Date) -> [Sheet.Section] {
        var sections: [Sheet.Section] = []
        if let workingHours {
            let fields = Weekday.allCases.map { weekday in
                let hours = (workingHours[weekday] ?? []).map(\.text).joined(separator: ", ")
                return Sheet.Field(label: weekday.displayName, cell: .text(hours.isEmpty ? "closed" : hours))
            }
            sections.append(.fields(title: "Working hours", fields))
        }
        let year = Self.year(of: now)
        let holidays = self.holidays(of: year) + self.holidays(of: year + 1)
        if !holidays.isEmpty {
            sections.append(
                .table(
                    title: "Holidays of \(year) and \(year + 1)",
                    ["date", "weekday", "name"].map { Heading(key: $0, isWide: false, canShrink: $0 == "name") },
                    holidays.map {
                        [.text($0.day.description), .text($0.day.weekday.displayName), .text($0.name)]
                    }))
        }
        if !self.days.isEmpty {
            let lines = self.days.sorted { $0.date < $1.date }.map { day in
                "\(day.date) \(day.isWorking ? "worked" : "closed")" + (day.name.map { ": \($0)" } ?? "")
            }
            sections.append(.lines(title: "Special days", lines))
        }
        if !self.blackouts.isEmpty {
            let lines = self.blackouts.map { blackout in
                blackout.text + (blackout.workflows.map { " (only \($0.joined(separator: ", ")))" } ?? "")
            }
            sections.append(.lines(title: "Blackouts", lines))
        }
        return sections
    }

    /// In UTC, which is near enough for what is listed.
    private static func year(of date: Date) -> Int {
        CivilTime(wallSeconds: Int(date.timeIntervalSince1970.rounded(.down))).year
    }
}

extension CalendarCheckInfo {
    static let columns: [Column<CalendarCheckInfo>] = [
        Column("calendar", shrinks: true) { .text($0.calendar) },
        Column("local_time") { .text($0.localTime) },
        Column("is_open") { .flag($0.isOpen) },
        Column("closed_by") { .text($0.closedBy?.rawValue) },
        Column("reason", shrinks: true) { .text($0.reason) },
        Column("opens_at") { .time($0.opensAt) },
        Column("at", wide: true) { .time($0.at) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    func presentation() throws -> Presentation {
        var sheet =
            self.isOpen
            ? Sheet("\(self.calendar) is open at \(self.localTime)", tone: .good)
            : Sheet("\(self.calendar) is closed at \(self.localTime): \(self.reason ?? "")", tone: .attention)
        if !self.isOpen {
            sheet.add("opens", self.opensAt.map { Cell.time($0) } ?? .text("not within \(Self.searchDays) days"))
        }
        return Presentation(
            single: self, columns: Self.columns, name: self.calendar, json: try ValueEncoder.encode(self), sheet: sheet)
    }

    private static let searchDays = BusinessCalendar.searchDaysMax
}
