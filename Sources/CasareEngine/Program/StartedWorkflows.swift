package import CasareDomain

/// Which stored workflows a workflow may start as jobs of their own, by what stands in it and in all that it brings
/// along.
///
/// What it brings along is no stored workflow: a run hands that over as a document.
package struct StartedWorkflows: Hashable, Sendable {
    /// As nodes write them: a name, an ID, a path.
    package let names: Set<String>
    /// Some node that may start a job has the name from a template, a connection or the interface: what it starts only
    /// the run knows.
    package let isOpen: Bool

    /// - Throws: `ProgramError` for a document that does not load.
    package init(by document: Value, catalogue: NodeCatalogue) throws(ProgramError) {
        let (parsed, issues) = WorkflowDocument.parse(document)
        guard let parsed else { throw .invalid(issues.filter { $0.severity == .error }) }
        var names: Set<String> = []
        var isOpen = false
        let bundled = try parsed.bundled().map(\.document)
        for document in [parsed] + bundled {
            let calls = WrittenCalls(in: document)
            for node in document.nodes {
                guard let type = catalogue.type(named: node.type) else { continue }
                switch calls.name(by: node, of: type) {
                case .fixed(let name)?: names.insert(name)
                case .open?: isOpen = true
                case nil: break
                }
            }
        }
        self.names = names
        self.isOpen = isOpen
    }

    package func mayBe(_ workflow: String) -> Bool { self.isOpen || self.names.contains(workflow) }
}

/// What the calling nodes of one document say, without running it.
private struct WrittenCalls {
    /// What there is to say of a value before a run.
    enum Known<Content> {
        case fixed(Content)
        case open
    }

    private struct Place: Hashable {
        let node: String
        let parameter: String
    }

    /// Parameters that have their values from elsewhere than the node's config.
    private let given: Set<Place>

    init(in document: WorkflowDocument) {
        var given: Set<Place> = []
        for connection in document.connections {
            given.insert(Place(node: connection.target, parameter: connection.targetPort))
        }
        for parameter in document.interface?.parameters ?? [] {
            given.insert(Place(node: parameter.internalNode, parameter: parameter.internalProperty))
        }
        for port in document.interface?.inputs ?? [] {
            guard let node = port.internalNode, let parameter = port.internalPort else { continue }
            given.insert(Place(node: node, parameter: parameter))
        }
        self.given = given
    }

    /// What a node may start as a job; `nil`: nothing, as where it calls in its own run.
    func name(by node: WorkflowDocument.Node, of type: NodeType) -> Known<String>? {
        guard let call = type.structure?.callAsJob else { return nil }
        switch self.value(of: call.mode, node, type) {
        case .fixed(call.asked), .open: break
        case .fixed: return nil
        }
        for parameter in call.names {
            switch self.value(of: parameter, node, type) {
            case .fixed(let value):
                if let name = value.string, !name.isBlank { return .fixed(name) }
            case .open: return .open
            }
        }
        return nil
    }

    /// As a run would have it; null where the node would fail.
    private func value(of name: String, _ node: WorkflowDocument.Node, _ type: NodeType) -> Known<Value> {
        guard let parameter = type.parameters.first(where: { $0.name == name }) else { return .fixed(.null) }
        let written = [parameter.name] + parameter.aliases.map(\.name)
        guard !written.contains(where: { self.given.contains(Place(node: node.id, parameter: $0)) }) else {
            return .open
        }
        let value = written.lazy.compactMap { node.config[$0] }.first { !$0.isNull } ?? parameter.defaultValue
        guard Template(value).isLiteral else { return .open }
        return .fixed((try? parameter.check(try parameter.coerce(value, variables: nil))) ?? .null)
    }
}

extension NodeType.Structure {
    /// How a type of node says that its call is to be a job of its own, and of what.
    struct CallAsJob {
        /// The parameter that asks for a job, and the value that does.
        let mode: String
        let asked: Value
        /// The parameters that name the workflow; the first that says something counts.
        let names: [String]
    }

    /// `nil`: it starts no job.
    var callAsJob: CallAsJob? {
        switch self {
        case .callSubworkflow:
            CallAsJob(mode: "execution_mode", asked: "async", names: ["subworkflow_id", "subworkflow_path"])
        case .executeWorkflow: CallAsJob(mode: "wait_for_completion", asked: false, names: ["workflow_path"])
        case .start, .end, .comment, .reroute, .merge, .trigger,
            .if, .switch, .forLoopStart, .forLoopEnd, .whileLoopStart, .whileLoopEnd, .break, .continue,
            .try, .catch, .finally, .retry, .retrySuccess, .retryFail, .onError, .errorRecovery,
            .fork, .join, .parallelForEach, .subflow, .subflowInput, .subflowOutput:
            nil
        }
    }
}
