import CasareDomain

/// Calls that become jobs of their own.
extension Interpreter {
    /// The called workflow as a job, with the start values and the interface that it would have if it ran here. A
    /// workflow that did not come along is not known here; its job looks at its interface when it begins.
    ///
    /// - Throws: `ValidationError` for what the interface refuses, for outputs that a job does not have, and for
    ///   secrets: whoever may read jobs would read them.
    func submission(
        of name: String, _ called: Program.Called?, _ node: CompiledNode, _ inputs: Inputs
    ) throws(NodeFailure) -> JobSubmission {
        let secrets = self.hidden
        let start: Object
        let given: Object
        if let program = called?.program {
            start = try self.startValues(of: program, node, inputs, without: secrets)
            given = try self.interfaceValues(of: program, node, inputs)
        } else {
            let parameters = Set(node.type.parameters.map(\.name)).union(DocumentValidator.commonKeys)
            let own = inputs.all.filter { !parameters.contains($0.key) && !$0.key.hasPrefix("_") }
            given = Object(own.map { ($0.key, $0.value) })
            start = secrets.removed(from: self.scope.variables.all).merging(given)
        }
        for (input, value) in given where secrets.contain(value, named: input) {
            throw NodeFailure(
                "ValidationError",
                "Input '\(input)' of \(name) holds a secret or a sensitive variable, which a job's payload cannot "
                    + "carry: let the called workflow name the secret itself, or run it with \(Self.synchronous(node))")
        }
        let waits = node.type.structure == .callSubworkflow && inputs.bool("wait_for_result")
        let outputs = try waits ? Self.outputs(of: called?.program, named: name) : []
        let call = CallOrigin(
            depth: self.callDepth + 1, inputs: node.type.structure == .executeWorkflow ? nil : given)
        return JobSubmission(
            workflow: name, document: called.map { self.main.program.bundle(of: $0) },
            variables: Object(start.filter { !$0.key.hasPrefix("_") }.map { ($0.key, $0.value) })
                .merging([CallOrigin.variable: call.value]),
            waits: waits, pollSeconds: max(1, inputs.double("poll_interval")), outputs: outputs)
    }

    /// How many calls lie above the present workflow, those that were jobs of their own included.
    var callDepth: Int { self.settings.callDepth + self.scope.depth }

    /// What the called workflow begins with, beside what its document says itself.
    private func startValues(
        of program: Program, _ node: CompiledNode, _ inputs: Inputs, without secrets: Secrets
    ) throws(NodeFailure) -> Object {
        // A declared default is in the document anyway, and may be a secret of its own.
        let own = Object(program.variables.map { ($0.name, $0.value) })
        let all = try self.childVariables(of: program, node, inputs).all
        return secrets.removed(from: Object(all.filter { own[$0.key] != $0.value }.map { ($0.key, $0.value) }))
    }

    /// Every value for the interface; none for a plain workflow.
    private func interfaceValues(
        of program: Program, _ node: CompiledNode, _ inputs: Inputs
    ) throws(NodeFailure) -> Object {
        guard node.type.structure != .executeWorkflow else { return [:] }
        let given = self.given(by: node, inputs)
        // What it does not allow is better known before there is a job.
        _ = try program.promoted(given)
        var values = try program.inputValues(given)
        for parameter in program.interface?.parameters ?? [] {
            let value = program.value(of: parameter, given)
            if !value.isNull { values[parameter.name] = value }
        }
        return values
    }

    /// The variables of the job that are the node's outputs; `nil`: all of them.
    private static func outputs(of program: Program?, named name: String) throws(NodeFailure) -> [String]? {
        guard let ports = program?.interface?.outputs, !ports.isEmpty else { return nil }
        // A job's result has its variables; what its nodes put out is kept for traced runs only.
        if let port = ports.first(where: { $0.internalNode != nil && $0.internalPort != nil }) {
            throw NodeFailure(
                "ValidationError",
                "Output '\(port.name)' of \(name) is read from a node inside, which a job's result does not have; run "
                    + "it with execution_mode sync")
        }
        return ports.map(\.name)
    }

    /// What makes the node wait for the workflow here.
    private static func synchronous(_ node: CompiledNode) -> String {
        node.type.structure == .executeWorkflow ? "wait_for_completion true" : "execution_mode sync"
    }

    // MARK: - Secrets

    /// The sensitive variables of all workflows that are open, and the secrets that the run has been given.
    private struct Secrets {
        let variables: Object
        let masking: Masking

        /// A sensitive variable's value, or one that contains it.
        func contain(_ value: Value, named name: String) -> Bool {
            guard !value.isNull else { return false }
            return self.variables[name] == value || self.masking.masked(value) != value
        }

        func removed(from values: Object) -> Object {
            Object(values.filter { !self.contain($0.value, named: $0.key) }.map { ($0.key, $0.value) })
        }
    }

    private var hidden: Secrets {
        guard self.main.program.hasSensitiveVariables else {
            return Secrets(variables: [:], masking: self.secrets?.masking ?? .nothing)
        }
        var variables: Object = [:]
        var values: [Value] = []
        for scope in [self.main] + self.frames.map(\.scope) {
            for name in scope.program.sensitiveVariables {
                // The present one's copy may have changed since.
                let copies = [scope.variables.variable(name), self.scope.variables.variable(name)]
                for case let value? in copies where !value.isNull {
                    variables[name] = value
                    values.append(value)
                }
            }
        }
        return Secrets(
            variables: variables, masking: Masking(values, derived: self.secrets?.texts.hidden ?? []))
    }
}
