import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct SchedulePreviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview", abstract: "Show the next ticks of a schedule, and what is odd about them.",
        discussion: """
            Said of a tick: where the clock of its zone is put forward or back, what closes the calendar or blacks it \
            out, and whether the job before is expected to run still (the median of the last 20 that completed). For an \
            expression alone: casarectl schedule next.

              casarectl schedule preview nightly --count 20
              casarectl schedule preview nightly --from 2026-03-28T00:00:00Z --to 2026-03-30T00:00:00Z
            """)

    @Argument(help: "Its name or ID.", transform: Text.notEmpty) var name: String
    @Option(
        help: ArgumentHelp(
            "At most this many ticks, 1–\(SchedulePreviewInfo.countRange.upperBound).", valueName: "n"),
        transform: Text.number(in: SchedulePreviewInfo.countRange))
    var count = SchedulePreviewInfo.countDefault
    @Option(
        help: ArgumentHelp("From this moment on; now where it is left out.", valueName: "time"), transform: Moment.parse
    )
    var from: Moment?
    @Option(help: ArgumentHelp("Up to this moment.", valueName: "time"), transform: Moment.parse) var to: Moment?
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func validate() throws {
        if let from, let to, to.date < from.date {
            throw ValidationError("--to is before --from: give a later time.")
        }
    }

    func run() async throws {
        try self.output.check(PreviewTickInfo.headings)
        try await self.connection.withClient { client, _ in
            let preview = try await client.previewSchedule(
                self.name, count: self.count, from: self.from?.date, to: self.to?.date)
            try self.output.print(try preview.presentation(for: self.output))
            if preview.hasMore, self.to != nil {
                StandardStreams.report("casarectl: there are more; --count shows more of them")
            }
        }
    }
}

extension PreviewTickInfo {
    static let columns: [Column<PreviewTickInfo>] = [
        Column("local_time") { .text($0.localTime) },
        Column("due_at") { .time($0.dueAt) },
        Column("notes", shrinks: true) { .text($0.notes.isEmpty ? nil : $0.notes.joined(separator: "; ")) },
        Column("at", wide: true) { .time($0.at) },
        Column("oddity", wide: true) { .text($0.oddity?.rawValue) },
        Column("closed_by", wide: true) { .text($0.closedBy?.rawValue) },
        Column("postponed_to", wide: true) { .time($0.postponedTo) },
        Column("overlaps_previous", wide: true) { .flag($0.overlapsPrevious) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// What is to be known about it.
    var notes: [String] {
        var notes: [String] = []
        switch self.oddity {
        case nil: break
        case .gapMoved: notes.append("the clock was put forward over its time: it fires right after")
        case .repeatSkipped: notes.append("the clock shows this time twice: it fires the first time")
        }
        if let closedReason {
            notes.append(
                self.postponedTo.map { "closed (\(closedReason)): waits until \(Timestamp.text($0))" }
                    ?? "does not fire: closed (\(closedReason))")
        }
        if self.overlapsPrevious { notes.append("the job before is expected to run still") }
        return notes
    }
}

extension SchedulePreviewInfo {
    func presentation(for output: OutputOptions) throws -> Presentation {
        try Presentation(
            report: self, sheet: self.sheet, parts: self.ticks, columns: PreviewTickInfo.columns,
            name: { Timestamp.text($0.at) }, for: output)
    }

    private var sheet: Sheet {
        let odd = self.ticks.count { !$0.notes.isEmpty }
        let count = Count.text(self.ticks.count, "tick")
        var sheet = Sheet(
            self.ticks.isEmpty
                ? "\(self.schedule) has no tick in that time"
                : "\(self.schedule): \(count) in \(self.zone)" + (odd > 0 ? ", \(odd) with something to note" : ""),
            tone: odd > 0 ? .attention : .plain)
        if let pause {
            sheet.add("paused", .text("\(pause.text); nothing fires until it is resumed"))
        }
        sheet.add("expected", self.expectedSeconds.map { Cell.duration(seconds: $0) } ?? .text("not known yet"))
        sheet.add("overlap", .text(self.overlap.rawValue))
        if !self.ticks.isEmpty {
            let columns = PreviewTickInfo.columns.filter { !$0.isWide }
            sheet.sections.append(
                .table(
                    title: "Ticks", columns.map(\.heading),
                    self.ticks.map { tick in columns.map { $0.cell(tick) } }))
        }
        return sheet
    }
}
