import CasareDomain

extension WorkflowDocument {
    /// What keeps the document from running, or from running as it was probably meant (workflow format §11), in the
    /// order of the document. Bundled subflows are checked with it.
    package func validate(against catalogue: NodeCatalogue) -> [ValidationIssue] {
        self.validate(against: catalogue, bundleDepth: 0)
    }

    /// Bundles inside bundles are checked this deep; deeper calls are refused at run time anyway.
    private static let bundleDepthMax = 10

    private func validate(against catalogue: NodeCatalogue, bundleDepth: Int) -> [ValidationIssue] {
        var validator = DocumentValidator(self, catalogue: catalogue)
        validator.run()
        var issues = validator.issues
        guard bundleDepth < Self.bundleDepthMax else { return issues }
        for (path, json) in self.subflows {
            let inner = WorkflowDocument.findings(in: json) {
                $0.validate(against: catalogue, bundleDepth: bundleDepth + 1)
            }
            issues += inner.map { issue in
                var issue = issue
                issue.message = "Subflow '\(path)': \(issue.message)"
                issue.location = "subflow:\(path)" + (issue.location.map { "/\($0)" } ?? "")
                return issue
            }
        }
        return issues
    }
}
