import CasareDomain
import CasareWire

/// Something about a workflow file that a person should know.
struct Finding: Sendable {
    /// As it was named on the command line.
    let file: String
    /// Where in the file; `nil` when it is about the whole, or about something that the file does not have.
    let place: JSONPlaces.Place?
    let issue: IssueInfo

    var isError: Bool { self.issue.severity == .error }

    static let columns: [Column<Finding>] = [
        Column("file") { .text($0.file) },
        Column("line") { .number($0.place?.line) },
        Column("column") { .number($0.place?.column) },
        Column("severity") { .state($0.issue.severity.rawValue, $0.tone) },
        Column("code") { .text($0.issue.code) },
        Column("location") { .text($0.issue.location) },
        Column("message", shrinks: true) { .text($0.issue.message) },
        Column("suggestion", wide: true) { .text($0.issue.suggestion) },
    ]

    private var tone: Tone { self.isError ? .bad : .attention }

    /// The published JSON shape.
    func json() throws -> Value {
        let place: Object = [
            "file": .string(self.file), "line": self.place.map { .int($0.line) } ?? .null,
            "column": self.place.map { .int($0.column) } ?? .null,
        ]
        let issue: Object = [
            "severity": .string(self.issue.severity.rawValue), "code": .string(self.issue.code),
            "message": .string(self.issue.message), "location": self.issue.location.map(Value.string) ?? .null,
            "suggestion": self.issue.suggestion.map(Value.string) ?? .null,
        ]
        return .object(place.merging(issue))
    }

    /// As compilers put it, so that editors find the place: `file:line:column: error: message [CODE location]`.
    func text(usingColour: Bool) -> String {
        let place = self.place.map { ":\($0.line):\($0.column)" } ?? ""
        let severity = self.tone.applied(to: self.issue.severity.rawValue, usingColour: usingColour)
        let code = [self.issue.code, self.issue.location].compactMap(\.self).joined(separator: " ")
        let tag = Tone.faint.applied(to: TerminalText.line("[\(code)]"), usingColour: usingColour)
        let message = TerminalText.line(self.issue.message)
        let suggestion = self.issue.suggestion.map { "    \(TerminalText.line($0))\n" } ?? ""
        return "\(TerminalText.line(self.file))\(place): \(severity): \(message) \(tag)\n\(suggestion)"
    }
}
