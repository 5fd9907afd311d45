import CasareDomain

extension WorkflowDocument {
    /// A workflow that a document brings along, as it came and parsed.
    struct Bundled {
        let path: String
        let json: Value
        let document: WorkflowDocument
        /// What the documents around it say that words for secrets stand for.
        let outerBindings: [String: String]
    }

    /// - Parameter outer: of the documents around it; its own count before those.
    func credentialBindings(within outer: [String: String] = [:]) -> [String: String] {
        SecretReference.bindings(of: self.members, within: outer)
    }

    /// Every workflow that a run of the document may call, each path once.
    ///
    /// - Throws: `ProgramError` for one that does not load.
    func bundled() throws(ProgramError) -> [Bundled] {
        var bundled: [Bundled] = []
        var paths: Set<String> = []
        let own = self.credentialBindings()
        var open = self.subflows.map {
            (path: WorkflowReference.normalized($0.path), json: $0.document, bindings: own)
        }
        while let (path, json, outer) = open.popLast() {
            guard paths.insert(path).inserted else { continue }
            let (parsed, issues) = WorkflowDocument.parse(json)
            guard let child = parsed else { throw .invalid(issues.filter { $0.severity == .error }) }
            bundled.append(Bundled(path: path, json: json, document: child, outerBindings: outer))
            // A bundle inside a bundle has paths of its own.
            let folder = WorkflowReference.folder(of: path)
            let inner = child.credentialBindings(within: outer)
            open += child.subflows.map {
                (WorkflowReference.normalized(WorkflowReference.joined(folder, $0.path)), $0.document, inner)
            }
        }
        return bundled
    }
}
