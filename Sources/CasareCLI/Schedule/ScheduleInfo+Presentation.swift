import CasareDomain
import CasareWire
import FoundationEssentials

extension Schedule.Status {
    var tone: Tone {
        switch self {
        case .active, .waiting: .good
        case .paused: .attention
        case .ended: .faint
        }
    }
}

extension ScheduleTickInfo.Result {
    var tone: Tone {
        switch self {
        case .fired: .good
        case .buffered: .plain
        case .skipped: .faint
        }
    }
}

extension SchedulePauseInfo {
    /// "by ann until …: deploy".
    var text: String {
        "by \(self.by)" + (self.until.map { " until \(Timestamp.text($0))" } ?? "")
            + (self.reason.map { ": \($0)" } ?? "")
    }
}

extension ScheduleInfo {
    static let columns: [Column<ScheduleInfo>] = [
        Column("name", shrinks: true) { .text($0.name) },
        Column("status") { .state($0.status.rawValue, $0.status.tone) },
        Column("when", shrinks: true) { .text($0.spec.when) },
        Column("workflow", shrinks: true) { .text($0.spec.workflow) },
        Column("next_at") { .time($0.firesNextAt) },
        Column("last_tick_at") { .time($0.lastTickAt) },
        Column("failures") { $0.failuresInARow > 0 ? .number($0.failuresInARow) : .empty },
        Column("id", wide: true) { .text($0.id.description) },
        Column("kind", wide: true) { .text($0.spec.timing.kind.rawValue) },
        Column("revision", wide: true) { .number($0.revision) },
        Column("due_at", wide: true) { .time($0.dueAt) },
        Column("last_job", wide: true) { .text($0.lastJob?.description) },
        Column("remaining_runs", wide: true) { .number($0.remainingRuns) },
        Column("overlap", wide: true) { .text($0.spec.overlap.rawValue) },
        Column("calendar", wide: true) { .text($0.spec.calendar) },
        Column("paused", wide: true) { .text($0.pause?.text) },
        Column("managed_by", wide: true) { .text($0.managedBy) },
        Column("updated_at", wide: true) { .time($0.updatedAt) },
        Column("updated_by", wide: true) { .text($0.updatedBy) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// Of a paused one `nextAt` is the first tick that its history does not have yet, and it will not fire.
    private var firesNextAt: Date? { self.pause == nil ? self.nextAt : nil }

    /// What a question shows beside the name.
    var detail: String { "\(self.status.rawValue), \(self.spec.when), starts \(self.spec.what)" }

    private var sentence: String {
        switch self.status {
        case .active, .waiting: "\(self.name) starts \(self.spec.what): \(self.spec.when)"
        case .paused: "\(self.name) is paused"
        case .ended: "\(self.name) has ended: it will not fire any more"
        }
    }

    /// - Parameter sentence: what was done; `nil`: it is only shown.
    func presentation(saying sentence: String? = nil) throws -> Presentation {
        var sheet = Sheet(sentence ?? self.sentence, tone: sentence == nil ? self.status.tone : .plain)
        sheet.add("paused", .text(self.pause?.text))
        sheet.add("when", .text(self.spec.when))
        sheet.add("next", .time(self.firesNextAt))
        if let dueAt, self.pause == nil, dueAt != self.nextAt { sheet.add("fires", .time(dueAt)) }
        for field in self.spec.fields { sheet.add(field.label, field.cell) }
        sheet.add("runs left", .number(self.remainingRuns))
        sheet.add("last tick", .time(self.lastTickAt))
        sheet.add("last job", .text(self.lastJob?.description))
        sheet.add("failures in a row", self.failuresInARow > 0 ? .number(self.failuresInARow) : .empty)
        sheet.add("managed by", .text(self.managedBy))
        sheet.add("revision", .number(self.revision))
        sheet.add("updated", .time(self.updatedAt))
        sheet.add("updated by", .text(self.updatedBy))
        sheet.add("id", .text(self.id.description))
        return Presentation(
            single: self, columns: Self.columns, name: self.name, json: try ValueEncoder.encode(self), sheet: sheet)
    }
}

extension ScheduleSpec {
    /// What a person sees of it beside when it fires, without what is as in every schedule.
    var fields: [Sheet.Field] {
        var sheet = Sheet()
        sheet.add("starts", .text(self.what))
        if !self.variables.isEmpty {
            sheet.add("variables", .text(Value.object(self.variables).jsonText(.compact)))
        }
        sheet.add("priority", .number(self.priority?.rawValue))
        sheet.add("environment", .text(self.environment))
        sheet.add("queue key", .text(self.queueKey))
        if !self.requiredTags.isEmpty {
            sheet.add("robots with", .text(self.requiredTags.joined(separator: ", ")))
        }
        if let expiresInSeconds { sheet.add("expires after", .duration(seconds: expiresInSeconds)) }
        if self.overlap != .skip { sheet.add("overlap", .text(self.overlap.rawValue)) }
        sheet.add("catches up", .text(self.catchUpText))
        if let jitterSeconds { sheet.add("jitter", .text("up to \(TimeSpan.text(seconds: jitterSeconds))")) }
        sheet.add("not before", .time(self.startsAt))
        sheet.add("not after", .time(self.endsAt))
        if let pauseAfterFailures {
            sheet.add("pauses itself", .text("after \(Count.text(pauseAfterFailures, "failure")) in a row"))
        }
        sheet.add("calendar", .text(self.calendarText))
        sheet.add("expected", .text(self.slaText))
        sheet.add("for", .text(self.description))
        return sheet.fields
    }
}

extension CreateScheduleRequest {
    private static let columns: [Column<CreateScheduleRequest>] = [
        Column("name", shrinks: true) { .text($0.name) },
        Column("when", shrinks: true) { .text($0.spec.when) },
        Column("workflow", shrinks: true) { .text($0.spec.workflow) },
        Column("paused") { .flag($0.paused) },
    ]

    /// For a dry run.
    var presentation: Presentation {
        get throws {
            var sheet = Sheet("would create \(self.name)")
            sheet.add("when", .text(self.spec.when))
            for field in self.spec.fields { sheet.add(field.label, field.cell) }
            sheet.add("paused", self.paused ? .flag(true) : .empty)
            return Presentation(
                single: self, columns: Self.columns, name: self.name, json: try ValueEncoder.encode(self),
                sheet: sheet)
        }
    }
}

extension ScheduleTickInfo {
    static let columns: [Column<ScheduleTickInfo>] = [
        Column("at") { .time($0.at) },
        Column("result") { .state($0.result.rawValue, $0.result.tone) },
        Column("ticks") { $0.ticks > 1 ? .number($0.ticks) : .empty },
        Column("why", shrinks: true) { .text($0.why) },
        Column("job") { .text($0.job?.description) },
        Column("ended_as") { .text($0.endedAs) },
        Column("sla", shrinks: true) {
            .text($0.slaBreaches.isEmpty ? nil : $0.slaBreaches.joined(separator: ", "))
        },
        Column("last_at", wide: true) { .time($0.lastAt) },
        Column("due_at", wide: true) { .time($0.dueAt) },
        Column("fired_at", wide: true) { .time($0.firedAt) },
        Column("started_at", wide: true) { .time($0.startedAt) },
        Column("ended_at", wide: true) { .time($0.endedAt) },
        Column("origin", wide: true) { .text($0.origin.rawValue) },
        Column("by", wide: true) { .text($0.by) },
    ]

    /// "paused", "refused: there is no workflow invoices", "by hand, ann".
    private var why: String? {
        let origin: String? =
            switch self.origin {
            case .timetable: nil
            case .backfill: "backfill"
            case .manual: "by hand" + (self.by.map { ", \($0)" } ?? "")
            case .event: "event"
            }
        let parts = [
            origin, self.isCatchUp ? "caught up" : nil, self.reason?.rawValue, self.detail,
        ].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ": ")
    }
}
