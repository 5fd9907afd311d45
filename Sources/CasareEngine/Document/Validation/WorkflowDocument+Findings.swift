package import CasareDomain

extension WorkflowDocument {
    /// Everything there is to say about a document, for somebody who mends it: its shape, and what `validate(against:)`
    /// says.
    ///
    /// A document in which nothing but connections is malformed is checked without these, so that all its mistakes are
    /// told at once.
    package static func findings(in json: Value, against catalogue: NodeCatalogue) -> [ValidationIssue] {
        self.findings(in: json) { $0.validate(against: catalogue) }
    }

    static func findings(in json: Value, _ validate: (WorkflowDocument) -> [ValidationIssue]) -> [ValidationIssue] {
        var parser = DocumentParser()
        if let document = parser.parse(json) { return parser.issues + validate(document) }
        guard let remainder = parser.remainder else { return parser.issues }
        return parser.issues + validate(remainder).filter { !Self.codesOfMissingConnections.contains($0.code) }
    }

    /// What may be said only because a malformed connection is left out: it would have led there.
    private static let codesOfMissingConnections: Set<String> = [
        "MISSING_PARAMETER", "NO_ENTRY_POINT", "NO_START_NODE", "ORPHAN_NODE", "UNPAIRED_NODE", "UNREACHABLE_NODES",
    ]
}
