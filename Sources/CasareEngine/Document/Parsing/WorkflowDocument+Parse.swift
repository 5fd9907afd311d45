package import CasareDomain

extension WorkflowDocument {
    /// Reads a document of any accepted shape.
    ///
    /// - Returns: The document, or `nil` when an issue is an error; and what there is to say about its shape. Whether
    ///   its nodes and connections make sense is what `validate(against:)` says.
    package static func parse(_ json: Value) -> (document: WorkflowDocument?, issues: [ValidationIssue]) {
        var parser = DocumentParser()
        let document = parser.parse(json)
        return (document, parser.issues)
    }

    /// Reads the text of a document; text that is not JSON is an `INVALID_JSON` error with its line and column.
    package static func parse(text: String) -> (document: WorkflowDocument?, issues: [ValidationIssue]) {
        let (json, issues) = Self.read(text: text)
        guard let json else { return (nil, issues) }
        let (document, found) = Self.parse(json)
        return (issues.contains(where: \.isError) ? nil : document, issues + found)
    }

    /// Reads the JSON of a document, and finds what the JSON value cannot show any more: keys that come twice.
    ///
    /// - Returns: `nil` for text that is not JSON.
    package static func read(text: String) -> (json: Value?, issues: [ValidationIssue]) {
        do throws(JSONError) {
            var duplicates: [JSONDuplicateKey] = []
            let json = try Value(parsingJSON: text, duplicateKeys: &duplicates)
            return (json, duplicates.map(Self.issue(of:)))
        } catch {
            return (nil, [.error("INVALID_JSON", "The workflow is not valid JSON: \(error)")])
        }
    }

    private static func issue(of duplicate: JSONDuplicateKey) -> ValidationIssue {
        let key = DocumentLimits.shortened(duplicate.path.last ?? "")
        // Of nodes with the same key all but the last are lost, also those of a bundled subflow.
        if duplicate.path.dropLast().last == "nodes", duplicate.path.count == 2 || duplicate.path.first == "subflows" {
            return .error(
                "DUPLICATE_NODE_ID", "Two nodes have the key '\(key)'; the second one is in line \(duplicate.line)",
                at: DocumentLimits.location(ofNode: key),
                suggestion: "Give each node a key of its own, and lead its connections there")
        }
        return .warning(
            "DUPLICATE_KEY",
            "'\(DocumentLimits.shortened(duplicate.path.joined(separator: ".")))' is there twice, "
                + "again in line \(duplicate.line); the last one counts",
            at: DocumentLimits.shortened(duplicate.path.joined(separator: ".")), suggestion: "Remove one of the two")
    }
}
