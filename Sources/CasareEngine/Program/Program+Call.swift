import CasareDomain

/// What a call sets inside the workflow that it calls (workflow format §9).
extension Program {
    /// What there is to give to a called workflow.
    struct Given {
        /// Delivered or configured at the calling node.
        let inputs: Object
        /// The calling node's config as it was written, for what the called workflow reads itself.
        let written: Object
        /// The caller's.
        let variables: Variables
    }

    /// The values of the interface's inputs, by port.
    ///
    /// - Throws: `ValidationError` for one that is required and has none.
    func inputValues(_ given: Given) throws(NodeFailure) -> Object {
        var values: Object = [:]
        for port in self.interface?.inputs ?? [] {
            let value = Self.value(of: port, given)
            if !value.isNull {
                values[port.name] = value
            } else if port.isRequired {
                throw NodeFailure("ValidationError", "Missing required input: \(port.name)")
            }
        }
        return values
    }

    /// The program with the values that are given for its promoted parameters, and with those inputs that a node inside
    /// takes directly.
    ///
    /// - Throws: `ValidationError` for a parameter that is required and has no value, or one that is not allowed.
    func promoted(_ given: Given) throws(NodeFailure) -> Program {
        guard let interface = self.interface else { return self }
        var values: [Int: Object] = [:]
        var literals: [Int: Set<String>] = [:]
        func set(_ value: Value, _ key: String, of position: Int, isLiteral: Bool) {
            values[position, default: [:]][key] = value
            if isLiteral { literals[position, default: []].insert(key) }
        }
        for port in interface.inputs {
            guard let inner = port.internalNode.flatMap({ self.positions[$0] }), let key = port.internalPort else {
                continue
            }
            let value = Self.value(of: port, given)
            if !value.isNull { set(value, key, of: inner, isLiteral: true) }
        }
        for parameter in interface.parameters {
            guard let inner = self.positions[parameter.internalNode] else { continue }
            let key = parameter.internalProperty
            let value = self.value(of: parameter, given)
            if value.isNull || value.string?.isBlank == true {
                guard parameter.defaultValue.isNull else {
                    set(parameter.defaultValue, key, of: inner, isLiteral: false)
                    continue
                }
                guard !parameter.isRequired else {
                    throw NodeFailure("ValidationError", "Missing required parameter(s): \(parameter.name)")
                }
                continue
            }
            set(try parameter.check(value), key, of: inner, isLiteral: !self.isVerbatim(parameter))
        }
        return values.isEmpty ? self : self.setting(values, literals: literals)
    }

    /// Delivered or configured at the calling node, else the port's default, else the caller's variable of that name.
    private static func value(of port: WorkflowDocument.SubflowInterface.Port, _ given: Given) -> Value {
        if let value = given.inputs[port.name], !value.isNull { return value }
        if !port.defaultValue.isNull { return port.defaultValue }
        return given.variables.variable(port.name) ?? .null
    }

    /// What the calling node says of a promoted parameter.
    func value(of parameter: WorkflowDocument.SubflowInterface.PromotedParameter, _ given: Given) -> Value {
        (self.isVerbatim(parameter) ? given.written : given.inputs)[parameter.name] ?? .null
    }

    /// Expressions and scripts are the called workflow's to read, as they were written.
    private func isVerbatim(_ parameter: WorkflowDocument.SubflowInterface.PromotedParameter) -> Bool {
        guard let inner = self.positions[parameter.internalNode] else { return false }
        let key = parameter.internalProperty
        return self.nodes[inner].type.parameters.contains {
            $0.isVerbatim && ($0.name == key || $0.aliases.contains { $0.name == key })
        }
    }
}

extension WorkflowDocument.SubflowInterface.PromotedParameter {
    /// - Throws: `ValidationError` for a value that the interface does not allow.
    fileprivate func check(_ value: Value) throws(NodeFailure) -> Value {
        try NodeType.Parameter(self.name, .any, choices: self.choices, range: self.range).check(value)
    }
}

/// The call that a job is. It travels with the job's start values, as `_call`; the run takes it out of them. A job that
/// an older robot submitted has none.
struct CallOrigin {
    static let variable = "_call"

    /// How many calls lie above the job's workflow.
    let depth: Int
    /// What the calling node has for the interface; `nil` for a plain workflow, whose interface is not looked at.
    let inputs: Object?

    init(depth: Int, inputs: Object?) {
        self.depth = depth
        self.inputs = inputs
    }

    init?(_ variables: Object) {
        guard let call = variables[Self.variable]?.object, let depth = call["depth"]?.int else { return nil }
        // Anybody may write it. What is no depth must not lift the limit.
        self.init(depth: min(max(0, depth), Program.callDepthMax), inputs: call["inputs"]?.object)
    }

    var value: Value {
        var call: Object = ["depth": .int(self.depth)]
        call["inputs"] = self.inputs.map(Value.object)
        return .object(call)
    }
}
