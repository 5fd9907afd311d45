import CasareDomain

/// A validated document compiled for execution: names became positions, templates and expressions were parsed.
package struct Program: Sendable {
    package let name: String
    /// The document's own ID, when it has one.
    let id: String?
    /// Under which it stands in the bundle; `nil` for the workflow that was asked for.
    let path: String?
    private(set) var nodes: [CompiledNode]
    /// Positions in `nodes` by ID.
    let positions: [String: Int]
    /// Where a run begins, in order.
    let roots: [Int]
    let settings: WorkflowDocument.Settings
    let variables: [WorkflowDocument.Variable]
    /// What it takes and gives: as declared, and by its SubflowInput and SubflowOutput nodes.
    let interface: WorkflowDocument.SubflowInterface?
    let names: Variables.Names
    /// Variables whose values nobody should see.
    let sensitiveVariables: [String]
    /// Of this workflow or of one that it may call.
    let hasSensitiveVariables: Bool
    /// What it and the workflows that it may call name of secrets, aliases put in: `SecretReference.named(in:)` of the
    /// document has all of these. In order.
    package let secretReferences: [String]
    /// Nodes that handle errors and of which something reads `timestamp`.
    private let timedHandlers: Set<String>
    /// SubflowInput and SubflowOutput nodes, which are evaluated although nothing leads to them.
    let inputNodes: [Int]
    let outputNodes: [Int]
    /// Every workflow that the run may call, by its path in the bundle: one table for all of its documents.
    /// Called programs themselves have none.
    let subflows: [String: Called]

    /// A workflow that may be called: compiled, and as it came.
    struct Called: Sendable {
        let program: Program
        let document: Value
    }

    /// Workflows may call workflows this deep (workflow format §9).
    package static let callDepthMax = 10

    /// - Throws: `ProgramError` for a document that validation refuses, and for subflow documents that do not load.
    package init(_ document: WorkflowDocument, catalogue: NodeCatalogue) throws(ProgramError) {
        var subflows: [String: Called] = [:]
        for bundled in try document.bundled() {
            subflows[bundled.path] = Called(
                program: try Program(
                    bundled.document, catalogue: catalogue, path: bundled.path, subflows: [:],
                    outerBindings: bundled.outerBindings),
                document: bundled.json)
        }
        try self.init(document, catalogue: catalogue, path: nil, subflows: subflows)
    }

    private init(
        _ document: WorkflowDocument, catalogue: NodeCatalogue, path: String?, subflows: [String: Called],
        outerBindings: [String: String] = [:]
    ) throws(ProgramError) {
        let errors = document.validate(against: catalogue).filter { $0.severity == .error }
        guard errors.isEmpty else { throw .invalid(errors) }
        self.name = document.name
        self.id = DocumentParser.text(document.members["id"]) ?? DocumentParser.text(document.metadata["id"])
        self.path = path
        self.settings = document.settings
        self.variables = document.variables
        self.sensitiveVariables = document.variables.filter(\.isSensitive).map(\.name)
        self.roots = document.roots(in: catalogue)
        let nodes = CompiledNode.compile(document, catalogue: catalogue)
        self.nodes = nodes
        self.positions = Dictionary(nodes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        let bindings = document.credentialBindings(within: outerBindings)
        self.names = Self.names(of: nodes, bindings)
        // What a promoted parameter has by default becomes part of a node's config.
        var defaults: [String] = []
        if let interface = document.interface {
            for parameter in interface.parameters { defaults += NamedSecrets.placeholders(in: parameter.defaultValue) }
        }
        self.secretReferences = Set(
            nodes.flatMap { $0.isDisabled ? [] : $0.secrets.references(by: bindings) }
                + defaults.compactMap { SecretReference($0, bindings: bindings)?.description }
                + subflows.values.flatMap(\.program.secretReferences)
        ).sorted()
        self.inputNodes = nodes.indices.filter { nodes[$0].type.structure == .subflowInput && !nodes[$0].isDisabled }
        self.outputNodes = nodes.indices.filter { nodes[$0].type.structure == .subflowOutput && !nodes[$0].isDisabled }
        self.interface = Self.interface(
            document.interface, inputs: self.inputNodes.map { nodes[$0] }, outputs: self.outputNodes.map { nodes[$0] })
        self.subflows = subflows
        self.hasSensitiveVariables =
            document.variables.contains(where: \.isSensitive)
            || subflows.contains { $0.value.program.hasSensitiveVariables }
        self.timedHandlers = Self.timedHandlers(among: nodes)
    }

    /// How many nodes there are, for telling how far a run has come.
    package var nodeCount: Int { self.nodes.count }

    /// Whether the time of an error is looked at, so that it has to be read when the error comes to the node.
    func readsErrorTime(of node: CompiledNode) -> Bool { self.timedHandlers.contains(node.id) }

    private static func timedHandlers(among nodes: [CompiledNode]) -> Set<String> {
        let handlers = nodes.filter { $0.type.structure == .catch || $0.type.structure == .onError }
        guard !handlers.isEmpty else { return [] }
        let texts = nodes.map { Value.object($0.source.config).jsonText(.compact) }.filter { $0.contains(".timestamp") }
        return Set(
            handlers.map(\.id).filter { id in
                texts.contains { ExpressionText.position(of: "\(id).timestamp", in: $0) != nil }
            })
    }

    private static func names(of nodes: [CompiledNode], _ bindings: [String: String]) -> Variables.Names {
        var names = Variables.Names()
        names.credentialBindings = bindings
        for node in nodes {
            if node.type.structure == .trigger {
                names.triggerOutputs[node.id] = Set(node.type.outputs.flatMap { [$0.name] + $0.aliases })
            }
            for output in node.type.outputs {
                for alias in output.aliases {
                    names.outputAliases[node.id, default: [:]][alias] = output.name
                }
            }
            if let name = node.source.name, names.nodes[name] == nil { names.nodes[name] = node.id }
        }
        return names
    }

    /// The declared interface, and a port for every input and output node that it does not mention.
    private static func interface(
        _ declared: WorkflowDocument.SubflowInterface?, inputs: [CompiledNode], outputs: [CompiledNode]
    ) -> WorkflowDocument.SubflowInterface? {
        guard declared != nil || !inputs.isEmpty || !outputs.isEmpty else { return nil }
        var interface = declared ?? .init()
        func add(_ nodes: [CompiledNode], to ports: WritableKeyPath<WorkflowDocument.SubflowInterface, [Port]>) {
            for node in nodes {
                let name = node.bindings.text("port_name")
                guard !name.isBlank, !interface[keyPath: ports].contains(where: { $0.name == name }) else { continue }
                interface[keyPath: ports].append(Port(name: name))
            }
        }
        add(inputs, to: \.inputs)
        add(outputs, to: \.outputs)
        return interface
    }

    private typealias Port = WorkflowDocument.SubflowInterface.Port

    /// The same program with other values in the configs of some nodes.
    ///
    /// - Parameter literals: By node, the keys whose values are data.
    func setting(_ values: [Int: Object], literals: [Int: Set<String>]) -> Program {
        var program = self
        for (position, values) in values {
            program.nodes[position] = self.nodes[position].setting(values, literals: literals[position] ?? [])
        }
        return program
    }

    /// The workflow that a node names by path or ID; `nil` when it did not come with the run.
    func called(_ reference: String, from caller: Program) -> Called? {
        for path in WorkflowReference.candidates(reference, from: caller.path) {
            if let called = self.subflows[path] { return called }
        }
        // Paths in order, so that of two workflows with one ID it is always the same.
        return self.subflows.sorted { $0.key < $1.key }.first { $0.value.program.id == reference }?.value
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
