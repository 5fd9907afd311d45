import CasareDomain
import CasareWire

extension DeadLetterInfo {
    static let columns: [Column<DeadLetterInfo>] = [
        Column("id") { .text($0.id.description) },
        Column("workflow", shrinks: true) { .text($0.workflow) },
        Column("version", wide: true) { .number($0.workflowVersion) },
        Column("status") { .state($0.status.rawValue, $0.status == .open ? .attention : .faint) },
        Column("kind") { .text($0.failure.kind) },
        Column("type", wide: true) { .text($0.failure.type) },
        Column("node", wide: true) { .text($0.failure.node) },
        Column("attempts") { .number($0.attempts.count) },
        Column("opened_at") { .time($0.openedAt) },
        Column("replayed_as", wide: true) { .text($0.replayedAs?.description) },
        Column("fingerprint", wide: true) { .text($0.fingerprint) },
        Column("error", shrinks: true) { .text($0.failure.message) },
    ]

    static func presentation(of letters: [DeadLetterInfo]) throws -> Presentation {
        try Presentation(
            list: letters, columns: Self.columns, name: \.id.description, json: { try ValueEncoder.encode($0) })
    }

    func presentation() throws -> Presentation {
        var sheet = Sheet("\(self.id) is \(self.status.rawValue)", tone: self.status == .open ? .attention : .plain)
        sheet.add("workflow", .text("\(self.workflow) version \(self.workflowVersion)"))
        sheet.add(self.failure)
        sheet.add("fingerprint", .text(self.fingerprint))
        sheet.add("opened", .time(self.openedAt))
        sheet.add("replayed as", .text(self.replayedAs?.description))
        if !self.attempts.isEmpty {
            sheet.sections.append(
                .table(
                    title: "Attempts", Self.attemptColumns.map(\.heading),
                    self.attempts.map { attempt in Self.attemptColumns.map { $0.cell(attempt) } }))
        }
        sheet.add(self.variables, titled: "Variables")
        return Presentation(
            single: self, columns: Self.columns, name: self.id.description, json: try ValueEncoder.encode(self),
            sheet: sheet)
    }

    private static let attemptColumns: [Column<Attempt>] = [
        Column("attempt") { .number($0.number) },
        Column("robot") { .text($0.robot) },
        Column("finished_at") { .time($0.finishedAt) },
        Column("kind") { .text($0.failure.kind) },
        Column("error", shrinks: true) { .text($0.failure.message) },
    ]

    /// What a selection shows beside the ID.
    var detail: String { "\(self.workflow) v\(self.workflowVersion): \(self.failure.message)" }
}
