import CasareDomain

/// Checks what takes the node catalogue or the whole graph. The checks stand in extensions, one subject a file.
struct DocumentValidator {
    let document: WorkflowDocument
    let catalogue: NodeCatalogue
    let graph: DocumentGraph
    /// By node, the nodes that belong together with it: a Try's Catch, a Fork's Join.
    let partners: [[Int]]
    /// By node, the names that its type knows; `nil` for an unknown type.
    private let names: [ParameterNames?]
    private(set) var issues: [ValidationIssue] = []
    /// How many more names are compared with all known ones: a document that is wrong throughout must not take long.
    private var comparisonsLeft = 50

    init(_ document: WorkflowDocument, catalogue: NodeCatalogue) {
        let graph = DocumentGraph(document, catalogue: catalogue)
        self.document = document
        self.catalogue = catalogue
        self.graph = graph
        self.partners = Self.partners(in: graph)
        var names: [String: ParameterNames] = [:]
        for case let type? in graph.types where names[type.name] == nil { names[type.name] = ParameterNames(type) }
        self.names = graph.types.map { $0.flatMap { names[$0.name] } }
    }

    mutating func run() {
        self.checkTypes()
        self.checkConnections()
        self.checkCycles()
        let unpaired = self.checkPairing()
        self.checkFlow(unpaired: unpaired)
        self.checkConfigs()
        self.checkSecrets()
        self.checkInterface()
    }

    mutating func add(_ issue: ValidationIssue) { self.issues.append(issue) }

    /// The canonical name of a parameter; `nil` when the type does not know it.
    func parameter(_ name: String, of position: Int) -> String? { self.names[position]?.parameter(name) }

    /// What a config key of a node sets.
    func declared(_ key: String, of position: Int) -> ParameterNames.Named? { self.names[position]?.declared(key) }

    /// How messages name a node: `'total' (MathOperationNode)`.
    func label(_ position: Int) -> String {
        let id = DocumentLimits.shortened(self.document.nodes[position].id)
        return "'\(id)' (\(DocumentLimits.shortened(self.graph.typeName(position))))"
    }

    func location(_ position: Int) -> String { DocumentLimits.location(ofNode: self.document.nodes[position].id) }

    /// The name that was probably meant.
    mutating func nearest(to written: String, among known: [String]) -> String? {
        self.mayCompare() ? Spelling.nearest(to: written, among: known) : nil
    }

    private mutating func mayCompare() -> Bool {
        self.comparisonsLeft -= 1
        return self.comparisonsLeft >= 0
    }

    /// `'a', 'b' and 'c'`, with a count in place of what goes on too long.
    static func list(_ names: [String], max: Int = 8) -> String {
        var quoted = names.prefix(max).map { "'\(DocumentLimits.shortened($0))'" }
        if names.count > max { quoted.append("\(names.count - max) more") }
        guard let last = quoted.popLast() else { return "" }
        return quoted.isEmpty ? last : "\(quoted.joined(separator: ", ")) and \(last)"
    }

    func ids(_ positions: [Int]) -> [String] { positions.map { self.document.nodes[$0].id } }
}

// MARK: - Node types

extension DocumentValidator {
    private mutating func checkTypes() {
        var suggestions: [String: String] = [:]
        for position in self.document.nodes.indices {
            let written = self.document.nodes[position].type
            guard let type = self.graph.types[position] else {
                let suggestion = suggestions[written] ?? self.suggestion(for: written)
                suggestions[written] = suggestion
                self.add(
                    .error(
                        "UNKNOWN_NODE_TYPE",
                        "Node '\(DocumentLimits.shortened(self.document.nodes[position].id))' has the unknown type "
                            + "'\(DocumentLimits.shortened(written))'",
                        at: self.location(position), suggestion: suggestion))
                continue
            }
            if case .unsupported(let reason) = type.behaviour {
                self.add(
                    .warning(
                        "UNSUPPORTED_NODE_TYPE",
                        "Node \(self.label(position)) fails when it is reached: \(reason)",
                        at: self.location(position),
                        suggestion: "Take it out, or handle its failure through its error port or a TryNode"))
            }
        }
    }

    private mutating func suggestion(for written: String) -> String {
        let nearest = self.mayCompare() ? self.catalogue.nearestName(to: written) : nil
        return nearest.map { "Did you mean '\($0)'?" } ?? "Use one of the types that `casarectl workflow nodes` lists"
    }
}
