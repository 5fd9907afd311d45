import CasareDomain
import CasareWire

extension DeadLetterGroupInfo {
    static let columns: [Column<DeadLetterGroupInfo>] = [
        Column("fingerprint") { .text($0.fingerprint) },
        Column("workflow", shrinks: true) { .text($0.workflow) },
        Column("count") { .number($0.count) },
        Column("open") { .number($0.openCount) },
        Column("first_at") { .time($0.firstOpenedAt) },
        Column("last_at") { .time($0.lastOpenedAt) },
        Column("kind", wide: true) { .text($0.failure.kind) },
        Column("type", wide: true) { .text($0.failure.type) },
        Column("sample", wide: true) { .text($0.sample.description) },
        Column("successes", wide: true) { .number($0.successCount) },
        Column("factor", wide: true) { .text($0.explanation?.factor.rawValue) },
        Column("error", shrinks: true) { .text($0.failure.message) },
        Column("explained_by", shrinks: true) { .text($0.explanation?.text) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    static func presentation(of groups: [DeadLetterGroupInfo]) throws -> Presentation {
        try Presentation(
            list: groups, columns: Self.columns, name: \.fingerprint)
    }

    /// One of them, with everything that was compared.
    func presentation() throws -> Presentation {
        var sheet = Sheet(
            "\(Count.text(self.count, "dead letter")) of \(self.workflow), \(self.openCount) open",
            tone: self.openCount > 0 ? .attention : .plain)
        sheet.add(self.failure)
        sheet.add("fingerprint", .text(self.fingerprint))
        sheet.add("first", .time(self.firstOpenedAt))
        sheet.add("last", .time(self.lastOpenedAt))
        sheet.add("example", .text(self.sample.description))
        sheet.add("explained by", .text(self.explanation?.text ?? self.unexplained))
        for (title, shares) in [
            ("Versions", self.versions), ("Robots", self.robots), ("Environments", self.environments),
            ("Hours", self.hours),
        ] where !shares.isEmpty {
            sheet.sections.append(
                .table(
                    title: title, Self.shareColumns.map(\.heading),
                    shares.map { share in Self.shareColumns.map { $0.cell(share) } }))
        }
        sheet.sections.append(.fields(title: "To go on", self.nextCommands))
        return Presentation(
            single: self, columns: Self.columns, name: self.fingerprint, json: try ValueEncoder.encode(self),
            sheet: sheet)
    }

    private var unexplained: String {
        self.successCount == 0
            ? "nothing: no job of the workflow completed in that time"
            : "nothing: no version, robot, environment or hour separates them from "
                + Count.text(self.successCount, "completed job")
    }

    private static let shareColumns: [Column<Share>] = [
        Column("value") { .text($0.value) },
        Column("failures") { .number($0.failures) },
        Column("successes") { .number($0.successes) },
    ]

    private var nextCommands: [Sheet.Field] {
        let workflow = CasareDomain.Explanation.Command.quoted(self.workflow)
        let filter = "--workflow=\(workflow) --fingerprint \(self.fingerprint)"
        return [
            ("look at one", "casarectl dlq show \(self.sample)"),
            ("list them", "casarectl dlq list \(filter)"),
            ("run them again", "casarectl dlq replay \(filter) --canary 3 --dry-run"),
            ("say that you know", "casarectl dlq ack \(filter) --reason TEXT"),
        ].map { Sheet.Field(label: $0.0, cell: .text($0.1)) }
    }
}
