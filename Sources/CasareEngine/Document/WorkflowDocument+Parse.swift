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
        do throws(JSONError) {
            return Self.parse(try Value(parsingJSON: text))
        } catch {
            return (nil, [.error("INVALID_JSON", "The workflow is not valid JSON: \(error)")])
        }
    }
}
