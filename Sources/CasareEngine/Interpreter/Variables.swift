package import CasareDomain

/// The variables and node outputs of one scope of a run (workflow format §3).
///
/// A reference type, because the interpreter, the templates and the nodes of one scope all work on the same variables
/// and copying them per node would cost more than the node. It never leaves the run that owns it, which is why it needs
/// no lock and is not `Sendable`.
package final class Variables {
    private var values: [String: Value] = [:]
    /// First-set order, for printing.
    private var order: [String] = []
    private var readOnly: Set<String>
    /// Outputs by node ID.
    package private(set) var outputs: [String: Object] = [:]
    /// Declared output aliases by node ID (`uuid` for `result`).
    private let outputAliases: [String: [String: String]]

    package init(
        _ values: Object = [:], readOnly: Set<String> = [], outputAliases: [String: [String: String]] = [:]
    ) {
        self.readOnly = readOnly
        self.outputAliases = outputAliases
        for (name, value) in values {
            self.assign(name, value)
        }
    }

    package var all: Object { Object(self.order.map { ($0, self.values[$0] ?? .null) }) }

    package func variable(_ name: String) -> Value? { self.values[name] }

    /// - Throws: `ValueError` when the variable is read-only.
    package func set(_ name: String, to value: Value) throws(NodeFailure) {
        if self.readOnly.contains(name) {
            throw .value("Variable '\(name)' is read-only")
        }
        self.assign(name, value)
    }

    /// Sets a variable whatever it is: loop variables and start values.
    package func assign(_ name: String, _ value: Value) {
        if self.values.updateValue(value, forKey: name) == nil {
            self.order.append(name)
        }
    }

    package func setOutputs(_ outputs: Object, of node: String) {
        self.outputs[node] = outputs
    }

    /// An output of a node, also under its alias; `nil` when it is null or was never set.
    package func output(_ port: String, of node: String) -> Value? {
        guard let outputs = self.outputs[node] else { return nil }
        if let value = outputs[port] { return value.isNull ? .none : value }
        guard let canonical = self.outputAliases[node]?[port], let value = outputs[canonical] else { return nil }
        return value.isNull ? .none : value
    }

    /// The value of a dotted path: a variable first, then an output of the node with the first name.
    package func value(at path: String) -> Value? {
        guard let parsed = TemplatePath(path) else { return self.values[path] }
        return parsed.value(in: self)
    }

    /// A scope of its own that begins with the same variables and outputs.
    package func copy() -> Variables {
        let copy = Variables(readOnly: self.readOnly, outputAliases: self.outputAliases)
        copy.values = self.values
        copy.order = self.order
        copy.outputs = self.outputs
        return copy
    }
}
