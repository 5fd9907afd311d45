import CasareDomain

/// Calls of other workflows: a child scope that begins as a copy of the caller's (workflow format §9).
extension Interpreter {
    /// How a type of node names the workflow that it calls.
    private struct Reference {
        let keys: [String]
        /// What is said when nothing is named, and when it is not there.
        let missing: String
        let absent: String
    }

    mutating func call(_ node: CompiledNode, _ position: Int) throws(NodeFailure) -> Request? {
        let inputs = try self.inputs(of: node)
        guard self.scope.depth < Program.callDepthMax else {
            throw NodeFailure("NodeError", "Maximum call depth (\(Program.callDepthMax)) exceeded at \(node.id)")
        }
        let reference = Self.reference(of: node)
        let name = reference.keys.lazy.map { inputs.string($0) }.first { !$0.isBlank } ?? ""
        let called = name.isBlank ? nil : self.main.program.called(name, from: self.scope.program)
        let isAsynchronous = Self.isAsynchronous(node, inputs)
        if isAsynchronous, !name.isBlank, self.settings.submitsJobs {
            let submission = self.submission(of: name, called, node, inputs)
            return self.ask(for: .submission(submission), node, position, inputs)
        }
        guard !name.isBlank else { throw NodeFailure("ValidationError", reference.missing) }
        guard let called else { throw NodeFailure("FileNotFoundError", reference.absent) }
        let program = try self.promoted(called.program, node, inputs)
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
            Reference(
                keys: ["subworkflow_id", "subworkflow_path"], missing: "subworkflow_id is required",
                absent: "Subworkflow not loaded")
        case .executeWorkflow:
            Reference(
                keys: ["workflow_path"], missing: "workflow_path is required", absent: "Workflow not loaded")
        default:
            Reference(
                keys: ["subflow_path", "subflow_id"], missing: "Subflow not loaded", absent: "Subflow not loaded")
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

    private func submission(
        of name: String, _ called: Program.Called?, _ node: CompiledNode, _ inputs: Inputs
    ) -> JobSubmission {
        let given = self.scope.variables.all.filter { !$0.key.hasPrefix("_") }
        let parameters = Set(node.type.parameters.map(\.name)).union(DocumentValidator.commonKeys)
        let own = inputs.all.filter { !parameters.contains($0.key) && !$0.key.hasPrefix("_") }
        return JobSubmission(
            workflow: name, document: called.map { self.main.program.bundle(of: $0) },
            variables: Object((given + own).map { ($0.key, $0.value) }),
            waits: node.type.structure == .callSubworkflow && inputs.bool("wait_for_result"),
            pollSeconds: max(1, inputs.double("poll_interval")))
    }

    // MARK: - Into the called workflow

    private func childVariables(
        of program: Program, _ node: CompiledNode, _ inputs: Inputs
    ) throws(NodeFailure) -> Variables {
        let own = Object(program.variables.map { ($0.name, $0.value) })
        let callers = self.scope.variables.all
        // A plain workflow is given start values, as a job of it would be. A subflow takes what its interface says, and
        // its own variables are its own.
        let start = node.type.structure == .executeWorkflow ? own.merging(callers) : callers.merging(own)
        let variables = Variables(
            start, readOnly: Set(program.variables.filter(\.isReadOnly).map(\.name)), names: program.names)
        guard node.type.structure != .executeWorkflow else { return variables }
        for port in program.interface?.inputs ?? [] {
            let value = self.value(of: port, inputs)
            if value.isNull {
                guard !port.isRequired else {
                    throw NodeFailure("ValidationError", "Missing required input: \(port.name)")
                }
                continue
            }
            variables.assign(port.name, value)
        }
        return variables
    }

    /// Delivered or configured at the calling node, else the port's default, else the caller's variable of that name.
    private func value(of port: WorkflowDocument.SubflowInterface.Port, _ inputs: Inputs) -> Value {
        let given = inputs[port.name]
        if !given.isNull { return given }
        if !port.defaultValue.isNull { return port.defaultValue }
        return self.scope.variables.variable(port.name) ?? .null
    }

    /// The called program with the values that the calling node has for its promoted parameters, and with those inputs
    /// that a node inside takes directly.
    private func promoted(
        _ program: Program, _ node: CompiledNode, _ inputs: Inputs
    ) throws(NodeFailure) -> Program {
        guard let interface = program.interface, node.type.structure != .executeWorkflow else { return program }
        var values: [Int: Object] = [:]
        var literals: [Int: Set<String>] = [:]
        func set(_ value: Value, _ key: String, of position: Int, isLiteral: Bool) {
            values[position, default: [:]][key] = value
            if isLiteral { literals[position, default: []].insert(key) }
        }
        for port in interface.inputs {
            guard let inner = port.internalNode.flatMap({ program.positions[$0] }), let key = port.internalPort else {
                continue
            }
            let value = self.value(of: port, inputs)
            if !value.isNull { set(value, key, of: inner, isLiteral: true) }
        }
        for parameter in interface.parameters {
            guard let inner = program.positions[parameter.internalNode] else { continue }
            let key = parameter.internalProperty
            // Expressions and scripts are the called workflow's to read, as they were written.
            let isVerbatim = program.nodes[inner].type.parameters.contains {
                $0.isVerbatim && ($0.name == key || $0.aliases.contains { $0.name == key })
            }
            let given = isVerbatim ? node.source.config[parameter.name] ?? .null : inputs[parameter.name]
            if given.isNull || given.string?.isBlank == true {
                guard parameter.defaultValue.isNull else {
                    set(parameter.defaultValue, key, of: inner, isLiteral: false)
                    continue
                }
                guard !parameter.isRequired else {
                    throw NodeFailure("ValidationError", "Missing required parameter(s): \(parameter.name)")
                }
                continue
            }
            set(try parameter.check(given), key, of: inner, isLiteral: !isVerbatim)
        }
        return values.isEmpty ? program : program.setting(values, literals: literals)
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

extension WorkflowDocument.SubflowInterface.PromotedParameter {
    /// - Throws: `ValidationError` for a value that the interface does not allow.
    fileprivate func check(_ value: Value) throws(NodeFailure) -> Value {
        try NodeType.Parameter(self.name, .any, choices: self.choices, range: self.range).check(value)
    }
}

extension Program {
    /// A called workflow as a document of its own, with what it may call in turn.
    fileprivate func bundle(of called: Called) -> Value {
        guard var document = called.document.object else { return called.document }
        let folder = WorkflowReference.folder(of: called.program.path ?? "")
        let others = self.subflows.filter { $0.key != called.program.path }.sorted { $0.key < $1.key }
        document["subflows"] = .object(
            Object(others.map { (WorkflowReference.relative($0.key, to: folder), $0.value.document) }))
        return .object(document)
    }
}
