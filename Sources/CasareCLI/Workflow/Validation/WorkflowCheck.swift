import CasareDomain
import CasareEngine
import CasareNodes
import CasareWire

/// What there is to say about one workflow file, with its subflow files.
enum WorkflowCheck {
    /// In the order of the file; what is about the whole comes first.
    ///
    /// - Throws: When the file cannot be read.
    static func findings(in input: TextInput) throws(CommandFailure) -> [Finding] {
        let text = try input.readWorkflow()
        let (json, textIssues) = WorkflowDocument.read(text: text)
        guard let root = json else {
            let place = Self.placeOfError(in: text)
            return textIssues.map { Finding(file: input.name, place: place, issue: IssueInfo($0)) }
        }
        // Of nodes with the same key only the last one is left: what would be said of the rest may be wrong.
        let isWhole = !textIssues.contains(where: \.isError)
        let issues = (isWhole ? Self.issues(in: root, textIssues, of: input) : textIssues).map(IssueInfo.init)
        guard !issues.isEmpty else { return [] }
        var locations = LocationPaths(root)
        let paths = issues.map { issue in issue.location.flatMap { locations.path(of: $0) } ?? [] }
        // Where a member is missing, the nearest thing around it that is there is shown.
        let prefixes = paths.flatMap { path in path.indices.map { Array(path[...$0]) } }
        let places = JSONPlaces.find(Set(prefixes), in: text)
        let findings = zip(issues, paths).map { issue, path in
            let place = path.indices.reversed().lazy.compactMap { places[Array(path[...$0])] }.first
            return Finding(file: input.name, place: place, issue: issue)
        }
        return findings.enumerated().sorted { left, right in
            let (a, b) = (left.element.place, right.element.place)
            return (a?.line ?? 0, a?.column ?? 0, left.offset) < (b?.line ?? 0, b?.column ?? 0, right.offset)
        }.map(\.element)
    }

    private static func placeOfError(in text: String) -> JSONPlaces.Place? {
        do {
            _ = try Value(parsingJSON: text)
            return nil
        } catch {
            return JSONPlaces.Place(line: error.line, column: error.column)
        }
    }

    private static func issues(
        in root: Value, _ textIssues: [ValidationIssue], of input: TextInput
    ) -> [ValidationIssue] {
        var document = root
        var found = textIssues
        do throws(CommandFailure) {
            let bundle = try WorkflowBundle.load(root, issues: textIssues, from: input)
            document = bundle.document
            found = bundle.issues
        } catch {
            found.append(.error("INVALID_SUBFLOW", error.message))
        }
        return WorkflowDocument.findings(in: document, against: StandardNodes.catalogue) + found
    }
}
