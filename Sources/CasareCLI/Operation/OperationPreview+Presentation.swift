import CasareDomain
import CasareEngine
import CasareWire

/// One of the jobs of a preview, with what it would begin with other than before.
struct BulkSample: Sendable {
    let sample: OperationSample
    /// `nil`: nothing. The server has hidden what is sensitive.
    let changes: [VariableChange]?

    static let columns: [Column<BulkSample>] = [
        Column("job") { .text($0.sample.job.description) },
        Column("workflow", shrinks: true) { .text($0.sample.workflow) },
        Column("version") { .number($0.sample.workflowVersion) },
        Column("status") { .text($0.sample.status) },
        Column("changes", shrinks: true) { .text($0.changes?.map(\.text).joined(separator: "; ")) },
        Column("problem", shrinks: true) { .text($0.sample.problem) },
        Column("error", shrinks: true) { .text($0.sample.message) },
    ]

    static var headings: [Heading] { self.columns.map(\.heading) }

    /// - Parameter given: variables that are set in all jobs: one whose values are hidden counts as changed.
    init(_ sample: OperationSample, setting given: Object) {
        self.sample = sample
        self.changes = sample.changed.map { changed in
            let hidden = given.keys.filter { name in
                changed[name] == .string(Masking.mask) && sample.variables[name] == changed[name]
            }
            return VariableChange.changes(from: sample.variables, to: changed, hiding: [])
                + hidden.map { VariableChange(name: $0, old: sample.variables[$0], new: changed[$0]) }
        }
    }

    /// What a person knows it by, and why it could not be done to it.
    fileprivate var detail: String {
        "\(self.sample.workflow) v\(self.sample.workflowVersion), \(self.sample.status)"
            + (self.sample.message.map { ": \($0)" } ?? "")
            + (self.sample.problem.map { " (not possible: \($0))" } ?? "")
    }
}

extension BulkSample: Encodable {
    /// For programs it is what the server says.
    func encode(to encoder: any Encoder) throws { try self.sample.encode(to: encoder) }
}

extension OperationPreview {
    /// The first few, as people are shown them.
    ///
    /// - Parameter given: variables that are set in all jobs.
    func samples(setting given: Object?) -> [BulkSample] {
        self.sample.map { BulkSample($0, setting: given ?? [:]) }
    }

    /// What is shown before the question: the count, and the first few.
    func shown(_ samples: [BulkSample], noun: String) -> Selection {
        Selection(
            items: samples.map {
                Selection.Item(id: $0.sample.job.description, detail: $0.detail, changes: $0.changes)
            },
            noun: noun, total: self.count)
    }

    /// For `--dry-run`.
    func presentation(
        of samples: [BulkSample], saying wording: BulkWording, terms: OperationTerms, for output: OutputOptions
    ) throws -> Presentation {
        var sheet = Sheet("would \(wording.what)")
        sheet.fields = wording.fields(of: terms)
        sheet.add("hash", .text(self.hash))
        // Where nobody wants to change anything, and nothing is in the way, nothing is said of it.
        let unused = [
            samples.contains { $0.changes != nil } ? nil : "changes",
            samples.contains { $0.sample.problem != nil } ? nil : "problem",
        ]
        let columns = BulkSample.columns.filter { !unused.contains($0.key) }
        sheet.sections.append(
            .table(
                title: self.count > samples.count ? "The first \(samples.count)" : "All",
                columns.map(\.heading), samples.map { sample in columns.map { $0.cell(sample) } }))
        return try Presentation(
            report: self, sheet: sheet, parts: samples, columns: BulkSample.columns,
            name: \.sample.job.description, for: output)
    }
}
