import CasareDomain
import CasareWire

extension Backfill.Status {
    var tone: Tone {
        switch self {
        case .running: .plain
        case .paused: .attention
        case .completed: .good
        case .cancelled: .faint
        }
    }
}

extension BackfillInfo {
    static let columns: [Column<BackfillInfo>] = [
        Column("id") { .text($0.id.description) },
        Column("schedule", shrinks: true) { .text($0.schedule) },
        Column("status") { .state($0.status.rawValue, $0.status.tone) },
        Column("from") { .time($0.from) },
        Column("to") { .time($0.to) },
        Column("fired") { .number($0.fired) },
        Column("skipped") { .number($0.skipped) },
        Column("failed") { .number($0.failed) },
        Column("position", wide: true) { .time($0.position) },
        Column("rate", wide: true) { .text(BulkWording.rate($0.ratePerSecond)) },
        Column("created_at", wide: true) { .time($0.createdAt) },
        Column("created_by", wide: true) { .text($0.createdBy) },
        Column("finished_at", wide: true) { .time($0.finishedAt) },
        Column("reason", shrinks: true) { .text($0.reason) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// - Parameter sentence: what was done; `nil`: it is only shown.
    func presentation(saying sentence: String? = nil) throws -> Presentation {
        var sheet = Sheet(sentence ?? "backfill of \(self.schedule) is \(self.status.rawValue)", tone: self.status.tone)
        sheet.add("from", .time(self.from))
        sheet.add("to", .time(self.to))
        sheet.add("got to", .time(self.position))
        sheet.add("fired", .number(self.fired))
        sheet.add("skipped", self.skipped > 0 ? .number(self.skipped) : .empty)
        sheet.add("refused", self.failed > 0 ? .number(self.failed) : .empty)
        sheet.add("the first because", .text(self.firstFailure))
        sheet.add("because", .text(self.statusReason))
        sheet.add("rate", .text(BulkWording.rate(self.ratePerSecond)))
        sheet.add("reason", .text(self.reason))
        sheet.add("created", .time(self.createdAt))
        sheet.add("created by", .text(self.createdBy))
        sheet.add("finished", .time(self.finishedAt))
        sheet.add("next", self.status.isTerminal ? .empty : .text("casarectl schedule backfill show \(self.id)"))
        return Presentation(
            single: self, columns: Self.columns, name: self.id.description, json: try ValueEncoder.encode(self),
            sheet: sheet)
    }
}

extension BackfillResponse {
    private static let columns: [Column<BackfillResponse>] = [
        Column("ticks") { .count($0.ticks, isExact: !$0.isInexact) },
        Column("already_run") { .number($0.alreadyRun) },
        Column("first") { .time($0.sample.first) },
    ]

    /// "12 ticks", "10000+ ticks".
    var countText: String {
        let count = self.ticks - self.alreadyRun
        return self.isInexact ? "\(count)+ ticks" : Count.text(count, "tick")
    }

    /// For the question.
    var shown: Selection {
        Selection(
            items: self.sample.map { Selection.Item(id: Timestamp.text($0), detail: "") }, noun: "tick",
            total: self.ticks - self.alreadyRun)
    }

    /// For a dry run.
    func presentation(of schedule: String) throws -> Presentation {
        var sheet = Sheet("would fire \(self.countText) of \(schedule)")
        sheet.add("ticks", .count(self.ticks, isExact: !self.isInexact))
        sheet.add("have run already", self.alreadyRun > 0 ? .number(self.alreadyRun) : .empty)
        sheet.sections.append(.lines(title: "The first", self.sample.map { Timestamp.text($0) }))
        return Presentation(
            single: self, columns: Self.columns, name: schedule, json: try ValueEncoder.encode(self), sheet: sheet)
    }
}
