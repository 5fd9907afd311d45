import CasareDomain
import CasareWire

/// What people are told about an operation before it is made.
struct BulkWording: Sendable {
    private let request: CreateOperationRequest
    private let selection: Operation.Selection
    private let count: Int

    init(_ request: CreateOperationRequest, _ preview: OperationPreview) {
        self.request = request
        self.selection = preview.selection
        self.count = preview.count
    }

    /// "dead letter", "job".
    var noun: String { self.request.verb.noun(for: self.selection) }

    /// "replay 12 dead letters", "acknowledge 12 dead letters as settled".
    var what: String {
        let what = self.request.verb.sentence(Count.text(self.count, self.noun), priority: self.request.priority)
        return self.request.resolve ? "\(what) as settled" : what
    }

    var nothing: String { "nothing to do: no \(self.noun) is selected (\(self.selected))" }

    /// What it is done to: "dead letters: open, of workflow invoices".
    var selected: String {
        (self.request.selectionName.map { "selection \($0), " } ?? "") + self.selection.description
    }

    /// How it is done, one thing each: what it is called, and what was asked for.
    func fields(of terms: OperationTerms) -> [Sheet.Field] {
        let reruns = self.request.verb.isRerun
        let fields: [(String, String?)] = [
            ("selected", self.selected), ("reason", terms.reason),
            ("rate", terms.ratePerSecond.map(Self.rate)), ("canary", terms.canary.map { "the first \($0)" }),
            ("stops above", terms.stopOnErrorRate.map { "\(Self.percent($0)) failed" }),
            ("can be undone", terms.undoWithinSeconds.map { "for \(TimeSpan.text(seconds: $0))" }),
            ("begins", reruns ? self.request.from.map(\.sentence) : nil),
            ("version", reruns ? self.request.version.map(\.rawValue) : nil),
        ]
        return fields.compactMap { label, text in text.map { Sheet.Field(label: label, cell: .text($0)) } }
    }

    /// The same as lines, said before the question.
    func lines(of terms: OperationTerms) -> [String] {
        self.fields(of: terms).map { TerminalText.line("\($0.label): \($0.cell.plain)") }
    }

    /// - Parameter count: how many there are now, where the server has said it.
    func changed(to count: Int?) -> String {
        let now = count.map { "\(Count.text(self.count, self.noun)) then, \($0) now" } ?? "it has others now"
        return "the selection changed between the question and the yes: \(now); nothing was done, look again"
    }

    /// "10/s", "1 every 30 s".
    static func rate(_ perSecond: Double) -> String {
        perSecond >= 1
            ? "\(Value.double((perSecond * 1000).rounded() / 1000).displayText)/s"
            : "1 every \(TimeSpan.text(seconds: 1 / perSecond))"
    }

    /// "5 %", "0.5 %".
    static func percent(_ share: Double) -> String {
        "\(Value.double((share * 10_000).rounded() / 100).displayText) %"
    }
}
