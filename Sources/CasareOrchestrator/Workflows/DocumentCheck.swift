import CasareDomain
import CasareEngine
import CasareWire

/// A workflow document that may be stored.
struct CheckedDocument: Sendable {
    let name: String
    let json: Value
    /// The JSON text to store.
    let text: String
    /// What is doubtful in it.
    let warnings: [IssueInfo]

    private static let nameCharactersMax = 255

    /// - Parameter name: overrides the name in the document's metadata.
    /// - Throws: 422 with all issues when one of them is an error.
    init(_ json: Value, name: String?, catalogue: NodeCatalogue, field: String = "document") throws(APIProblem) {
        let (document, issues) = Self.issues(in: json, catalogue)
        guard let document, !issues.contains(where: { $0.severity == .error }) else {
            throw Self.refusal(issues, field: field)
        }
        let place = name == nil ? "\(field).metadata.name" : "name"
        let name = (name ?? document.name).trimmingSpaces
        do throws(WireDecodingError) {
            try ShortText.checkCharacters(name, place)
        } catch {
            throw .invalidInput(error.path, error.message)
        }
        guard (1...Self.nameCharactersMax).contains(name.unicodeScalars.count) else {
            throw .validation(
                WireDecodingError(
                    path: "name",
                    message: "expected 1 to \(Self.nameCharactersMax) characters, here or in metadata.name"))
        }
        guard !Workflow.isChildName(name) else {
            throw .validation(
                WireDecodingError(
                    path: place,
                    message: "holds \"\(Workflow.childSeparator)\", which only names of workflows that other workflows "
                        + "brought along do; write it without"))
        }
        self.name = name
        self.json = json
        self.text = json.jsonText(.compact)
        self.warnings = issues
    }

    static func issues(in json: Value, _ catalogue: NodeCatalogue) -> (document: WorkflowDocument?, issues: [IssueInfo])
    {
        let (document, parseIssues) = WorkflowDocument.parse(json)
        let issues = parseIssues + (document?.validate(against: catalogue) ?? [])
        return (document, issues.map(IssueInfo.init))
    }

    private static func refusal(_ issues: [IssueInfo], field: String) -> APIProblem {
        let errors = issues.filter { $0.severity == .error }
        let first = errors.first.map { issue in
            (issue.location.map { "\($0): " } ?? "") + issue.message
        }
        // Issues are plain texts; encoding them does not fail.
        let values = issues.map { (try? ValueEncoder.encode($0)) ?? .null }
        let more = errors.count > 1 ? " (and \(errors.count - 1) more errors)" : ""
        return APIProblem(
            .validation, "the workflow document is not valid: \(first ?? "it holds nothing to run")\(more)",
            field: field,
            details: ["issues": .list(values)])
    }
}

extension IssueInfo {
    init(_ issue: ValidationIssue) {
        self.init(
            severity: issue.isError ? .error : .warning, code: issue.code, message: issue.message,
            location: issue.location, suggestion: issue.suggestion)
    }
}

extension String {
    var trimmingSpaces: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true {
            rest.removeFirst()
        }
        while rest.last?.isWhitespace == true {
            rest.removeLast()
        }
        return String(rest)
    }
}
