import CasareDomain
import CasareWire
import FoundationEssentials

extension OperationInfo {
    static let columns: [Column<OperationInfo>] = [
        Column("id") { .text($0.id.description) },
        Column("verb") { .text($0.verb.rawValue) },
        Column("status") { .state($0.status.rawValue, $0.status.tone) },
        Column("count") { .number($0.count) },
        Column("done") { .number($0.progress.done) },
        Column("failed") { .number($0.progress.failed) },
        Column("skipped") { .number($0.progress.skipped) },
        Column("replays_ended", wide: true) { $0.verb.isRerun ? .number($0.progress.replaysEnded) : .empty },
        Column("replays_completed", wide: true) { $0.verb.isRerun ? .number($0.progress.replaysCompleted) : .empty },
        Column("created_at") { .time($0.createdAt) },
        Column("created_by") { .text($0.createdBy) },
        Column("finished_at", wide: true) { .time($0.finishedAt) },
        Column("undo_until", wide: true) { .time($0.undoUntil) },
        Column("selection", wide: true) { .text($0.selected) },
        Column("hash", wide: true) { .text($0.hash) },
        Column("reason", shrinks: true) { .text($0.reason) },
        Column("status_reason", wide: true) { .text($0.statusReason) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// "replay 12 dead letters", "acknowledge 12 dead letters as settled".
    var what: String {
        let what = self.verb.sentence(
            Count.text(self.count, self.verb.noun(for: self.selection)), priority: self.priority)
        return self.resolve == true ? "\(what) as settled" : what
    }

    /// "selection stuck, jobs: pending, of workflow invoices".
    var selected: String {
        let name = self.selectionName.map { "selection \($0), " } ?? ""
        switch self.selection {
        case .deadLetters, .jobs: return name + self.selection.description
        // The server gives the first few only.
        case .ids: return name + "\(Count.text(self.count, "job")) by ID"
        }
    }

    /// What a question shows beside the ID.
    var detail: String { "\(self.what), \(self.status.rawValue), \(self.progress.done) done" }

    /// Where it stands, behind its ID.
    private var sentence: String {
        let person = self.statusBy.map { " by \($0)" } ?? ""
        return switch self.status {
        case .running: "is \(self.verb.gerund)"
        case .holding: "holds its jobs, which are cancelled when it can no longer be undone"
        case .paused: "is paused\(person)"
        case .stopped: "was stopped\(person)"
        case .awaitingApproval: "waits for a second person to agree"
        case .undoing: "is being undone\(person)"
        case .completed: "has done all"
        case .cancelled: "was cancelled\(person)"
        case .undone: "was undone\(person)"
        }
    }

    func presentation() throws -> Presentation {
        var sheet = Sheet("\(self.id) \(self.sentence)", tone: self.status.tone)
        sheet.add("because", .text(self.statusReason))
        sheet.add("to do", .text(self.what))
        sheet.add("selected", .text(self.selected))
        sheet.add("reason", .text(self.reason))
        sheet.add("done", .text("\(self.progress.done) of \(self.count)" + self.counts))
        if self.verb.isRerun, self.progress.succeeded > 0 {
            sheet.add(
                "new jobs",
                .text(
                    "\(self.progress.replaysEnded) of \(self.progress.succeeded) ended, "
                        + "\(self.progress.replaysCompleted) completed"))
        }
        sheet.add("rate", .text(self.ratePerSecond.map(BulkWording.rate)))
        sheet.add("canary", .text(self.canary.map { "the first \($0)" }))
        sheet.add("stops above", .text(self.stopOnErrorRate.map { "\(BulkWording.percent($0)) failed" }))
        sheet.add("created", .time(self.createdAt))
        sheet.add("created by", .text(self.createdBy))
        sheet.add("finished", .time(self.finishedAt))
        sheet.add("can be undone until", .time(self.undoUntil))
        sheet.add("next", .text(self.next))
        return Presentation(
            single: self, columns: Self.columns, name: self.id.description, json: try ValueEncoder.encode(self),
            sheet: sheet)
    }

    /// ": 3 failed, 12 skipped".
    private var counts: String {
        let counts = [
            self.progress.failed > 0 ? "\(self.progress.failed) failed" : nil,
            self.progress.skipped > 0 ? "\(self.progress.skipped) skipped" : nil,
        ].compactMap(\.self)
        return counts.isEmpty ? "" : ": " + counts.joined(separator: ", ")
    }

    /// What one may want to do with it now.
    private var next: String? {
        switch self.status {
        case .running: "casarectl op watch \(self.id)"
        case .paused, .stopped: "casarectl op resume \(self.id), or casarectl op cancel \(self.id)"
        case .awaitingApproval: "casarectl op approve \(self.id), by another person"
        case .holding: "casarectl op undo \(self.id) lets the jobs go on"
        case .completed where self.progress.failed > 0: "casarectl op items \(self.id) --state failed"
        case .completed where self.undoUntil != nil: "casarectl op undo \(self.id) takes it back"
        case .completed, .undoing, .cancelled, .undone: nil
        }
    }
}

extension OperationItemInfo {
    static let columns: [Column<OperationItemInfo>] = [
        Column("position") { .number($0.position) },
        Column("job") { .text($0.job.description) },
        Column("state") { .state($0.state.rawValue, $0.state.tone) },
        Column("new_job") { .text($0.newJob?.description) },
        Column("new_job_status") { item in
            item.newJobStatus.map { .state($0.rawValue, $0.tone) } ?? .empty
        },
        Column("error", shrinks: true) { .text($0.error) },
    ]
}
