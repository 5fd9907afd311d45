import CasareDomain

/// A validated document compiled for execution: names became positions, templates and expressions were parsed.
package struct Program: Sendable {
    package let name: String
    let nodes: [CompiledNode]
    /// Where a run begins, in order.
    let roots: [Int]
    let settings: WorkflowDocument.Settings
    let variables: [WorkflowDocument.Variable]
    let interface: WorkflowDocument.SubflowInterface?
    let outputAliases: [String: [String: String]]
    /// Every subflow that the run may call, by the path that nodes refer to it by: one table for all of its documents.
    /// Subflow programs themselves have none.
    let subflows: [String: Program]

    /// Subflows may call subflows this deep (workflow format §9).
    package static let callDepthMax = 10

    /// - Throws: `ProgramError` for a document that validation refuses, and for subflow documents that do not load.
    package init(_ document: WorkflowDocument, catalogue: NodeCatalogue) throws(ProgramError) {
        var subflows: [String: Program] = [:]
        var open = document.subflows
        while let (path, json) = open.popLast() {
            guard subflows[path] == nil else { continue }
            let (parsed, issues) = WorkflowDocument.parse(json)
            guard let child = parsed else { throw .invalid(issues.filter { $0.severity == .error }) }
            subflows[path] = try Program(child, catalogue: catalogue, subflows: [:])
            open += child.subflows
        }
        try self.init(document, catalogue: catalogue, subflows: subflows)
    }

    private init(
        _ document: WorkflowDocument, catalogue: NodeCatalogue, subflows: [String: Program]
    ) throws(ProgramError) {
        let errors = document.validate(against: catalogue).filter { $0.severity == .error }
        guard errors.isEmpty else { throw .invalid(errors) }
        self.name = document.name
        self.settings = document.settings
        self.variables = document.variables
        self.interface = document.interface
        self.roots = document.roots(in: catalogue)
        self.nodes = CompiledNode.compile(document, catalogue: catalogue)
        var outputAliases: [String: [String: String]] = [:]
        for node in self.nodes {
            for output in node.type.outputs {
                for alias in output.aliases {
                    outputAliases[node.id, default: [:]][alias] = output.name
                }
            }
        }
        self.outputAliases = outputAliases
        self.subflows = subflows
    }
}

/// Why a document cannot be run.
package enum ProgramError: Error, Hashable, Sendable, CustomStringConvertible {
    case invalid([ValidationIssue])

    package var description: String {
        switch self {
        case .invalid(let issues):
            issues.isEmpty
                ? "The workflow is not valid"
                : issues.map { "\($0.code): \($0.message)" }.joined(separator: "; ")
        }
    }
}
