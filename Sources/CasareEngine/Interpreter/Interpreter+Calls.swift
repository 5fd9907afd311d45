import CasareDomain

/// Calls of other workflows: a child scope that begins as a copy of the caller's (workflow format §9).
extension Interpreter {
    /// What a type of node says when it names no workflow, and when that is not there.
    private struct Reference {
        let missing: String
        let absent: (_ name: String) -> String
    }

    mutating func call(_ node: CompiledNode, _ position: Int) throws(NodeFailure) -> Request? {
        let inputs = try self.inputs(of: node)
        guard self.callDepth < Program.callDepthMax else {
            throw NodeFailure("NodeError", "Maximum call depth (\(Program.callDepthMax)) exceeded at \(node.id)")
        }
        let reference = Self.reference(of: node)
        let keys = node.type.structure?.callAsJob?.names ?? ["subflow_path", "subflow_id"]
        let name = keys.lazy.map { inputs.string($0) }.first { !$0.isBlank } ?? ""
        let called = name.isBlank ? nil : self.main.program.called(name, from: self.scope.program)
        let isAsynchronous = Self.isAsynchronous(node, inputs)
        if isAsynchronous, !name.isBlank, self.settings.submitsJobs {
            let submission = try self.submission(of: name, called, node, inputs)
            return self.ask(for: .submission(submission), node, position, inputs)
        }
        guard !name.isBlank else { throw NodeFailure("ValidationError", reference.missing) }
        guard let called else { throw NodeFailure("FileNotFoundError", reference.absent(name)) }
        let program =
            try node.type.structure == .executeWorkflow
            ? called.program : called.program.promoted(self.given(by: node, inputs))
        let scope = Scope(
            program: program, variables: try self.childVariables(of: program, node, inputs),
            depth: self.scope.depth + 1)
        self.provideInputs(to: scope)
        let isTimed = node.type.structure == .callSubworkflow
        let seconds = isTimed ? inputs.double("timeout_seconds") : 0
        let limit = seconds > 0 ? self.newLimit(seconds: seconds, of: "the call of \(name)") : nil
        let call = Frame.Call(
            node: position, startedAt: isTimed ? self.clock : nil, visit: self.watch.isOn ? self.watch.keepOpen() : nil)
        self.pushFresh(.call(call), scope: scope, queue: program.roots, limit: limit)
        return nil
    }

    private static func reference(of node: CompiledNode) -> Reference {
        switch node.type.structure {
        case .callSubworkflow:
            Reference(missing: "subworkflow_id is required", absent: { "Subworkflow not loaded: \($0)" })
        case .executeWorkflow:
            Reference(missing: "workflow_path is required", absent: { "Workflow not loaded: \($0)" })
        default:
            // Word for word, since the corpus says so (probe p53).
            Reference(missing: "Subflow not loaded", absent: { _ in "Subflow not loaded" })
        }
    }

    /// Whether the node would rather have a job of its own than wait here.
    private static func isAsynchronous(_ node: CompiledNode, _ inputs: Inputs) -> Bool {
        switch node.type.structure {
        case .callSubworkflow: inputs.string("execution_mode") == "async"
        case .executeWorkflow: !inputs.bool("wait_for_completion")
        default: false
        }
    }

    // MARK: - Into the called workflow

    func childVariables(
        of program: Program, _ node: CompiledNode, _ inputs: Inputs
    ) throws(NodeFailure) -> Variables {
        let own = Object(program.variables.map { ($0.name, $0.value) })
        let callers = self.scope.variables.all
        // A plain workflow is given start values, as a job of it would be. A subflow takes what its interface says, and
        // its own variables are its own.
        let start = node.type.structure == .executeWorkflow ? own.merging(callers) : callers.merging(own)
        let variables = Variables(
            start, readOnly: Set(program.variables.filter(\.isReadOnly).map(\.name)), names: program.names)
        variables.secrets = self.secrets
        guard node.type.structure != .executeWorkflow else { return variables }
        for (port, value) in try program.inputValues(self.given(by: node, inputs)) {
            variables.assign(port, value)
        }
        return variables
    }

    func given(by node: CompiledNode, _ inputs: Inputs) -> Program.Given {
        Program.Given(inputs: inputs.all, written: node.source.config, variables: self.scope.variables)
    }

    /// Evaluates the SubflowInput nodes of a workflow that is about to run.
    func provideInputs(to scope: Scope) {
        for position in scope.program.inputNodes { self.provideInput(scope.program.nodes[position], in: scope) }
    }

    func provideInput(_ node: CompiledNode, in scope: Scope) {
        let name = node.bindings.text("port_name")
        scope.variables.setOutputs(["value": scope.variables.variable(name) ?? .null], of: node.id)
    }

    // MARK: - Out of the called workflow

    /// Evaluates the SubflowOutput nodes of a workflow that has run.
    func collectOutputs(of scope: Scope) {
        for position in scope.program.outputNodes { self.collectOutput(scope.program.nodes[position], in: scope) }
    }

    func collectOutput(_ node: CompiledNode, in scope: Scope) {
        // Nothing about it can fail: its parameters are of any type.
        guard let value = try? node.bindings.inputs(in: scope.variables, clock: self.clock)["value"], !value.isNull
        else { return }
        scope.variables.assign(node.bindings.text("port_name"), value)
        scope.variables.setOutputs(["value": value], of: node.id)
    }

    /// The called workflow has run out of nodes: its outputs become the calling node's.
    mutating func callEnded(_ call: Frame.Call) -> Request? {
        let child = self.scope
        let caller = self.frames[self.top - 1].scope.program.nodes[call.node]
        let isTimed = caller.type.structure == .callSubworkflow
        if isTimed, !self.clockIsFresh { return self.askForClock(for: caller) }
        self.clockIsFresh = false
        self.collectOutputs(of: child)
        var outputs: Object = [:]
        for port in child.program.interface?.outputs ?? [] where caller.type.structure != .executeWorkflow {
            let inner = port.internalNode.flatMap { node in
                port.internalPort.flatMap { child.variables.output($0, of: node) }
            }
            outputs[port.name] = inner ?? child.variables.variable(port.name)
        }
        if isTimed {
            outputs["success"] = true
            let elapsed = (self.clock?.secondsSince1970 ?? 0) - (call.startedAt?.secondsSince1970 ?? 0)
            outputs["execution_time_ms"] = .int(Int(max(0, min(elapsed * 1000, 1e15)).rounded()))
        }
        self.pop()
        self.watch.resume(call.visit, call.node)
        self.succeeded(call.node, NodeResult(outputs))
        return nil
    }

    mutating func callFailed(_ call: Frame.Call, _ failed: Transfer.Failed) {
        self.pop()
        var failure = failed.failure
        let node = self.scope.program.nodes[call.node]
        failure.outputs = node.type.structure == .callSubworkflow ? ["success": false] : [:]
        self.watch.resume(call.visit, call.node)
        self.failed(call.node, failure)
    }
}

extension Program {
    /// A called workflow as a document of its own, with what it may call in turn: itself, too.
    func bundle(of called: Called) -> Value {
        guard var document = called.document.object else { return called.document }
        let folder = WorkflowReference.folder(of: called.program.path ?? "")
        let others = self.subflows.sorted { $0.key < $1.key }
        document["subflows"] = .object(
            Object(others.map { (WorkflowReference.relative($0.key, to: folder), $0.value.document) }))
        return .object(document)
    }
}
