import CasareDomain

extension WorkflowDocument {
    /// A workflow that a document brings along, as it came and parsed.
    struct Bundled {
        let path: String
        let json: Value
        let document: WorkflowDocument
    }

    /// Every workflow that a run of the document may call, each path once.
    ///
    /// - Throws: `ProgramError` for one that does not load.
    func bundled() throws(ProgramError) -> [Bundled] {
        var bundled: [Bundled] = []
        var paths: Set<String> = []
        var open = self.subflows.map { (path: WorkflowReference.normalized($0.path), json: $0.document) }
        while let (path, json) = open.popLast() {
            guard paths.insert(path).inserted else { continue }
            let (parsed, issues) = WorkflowDocument.parse(json)
            guard let child = parsed else { throw .invalid(issues.filter { $0.severity == .error }) }
            bundled.append(Bundled(path: path, json: json, document: child))
            // A bundle inside a bundle has paths of its own.
            let folder = WorkflowReference.folder(of: path)
            open += child.subflows.map {
                (WorkflowReference.normalized(WorkflowReference.joined(folder, $0.path)), $0.document)
            }
        }
        return bundled
    }
}
