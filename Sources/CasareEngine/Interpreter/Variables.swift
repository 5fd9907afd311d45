package import CasareDomain

/// The variables and node outputs of one scope of a run (workflow format §3).
///
/// A reference type, because the interpreter, the templates and the nodes of one scope all work on the same variables
/// and copying them per node would cost more than the node. It never leaves the run that owns it, which is why it needs
/// no lock and is not `Sendable`.
package final class Variables {
    /// What the nodes of a workflow and their outputs go by, beside their IDs and canonical names.
    package struct Names: Sendable {
        /// Declared output aliases by node ID (`uuid` for `result`).
        package var outputAliases: [String: [String: String]]
        /// Node IDs by the names that people gave to nodes.
        package var nodes: [String: String]
        /// What the workflow's own words for secrets stand for: its `credential_bindings`.
        package var credentialBindings: [String: String] = [:]
        /// What triggers put out, by node ID: null until something fires them (node catalogue §1.17), also where they
        /// are not run.
        package var triggerOutputs: [String: Set<String>] = [:]

        package init(outputAliases: [String: [String: String]] = [:], nodes: [String: String] = [:]) {
            self.outputAliases = outputAliases
            self.nodes = nodes
        }
    }

    /// Misses that are remembered between two looks at them.
    private static let missesMax = 16

    private var values: [String: Value] = [:]
    /// First-set order, for printing.
    private var order: [String] = []
    private var readOnly: Set<String>
    /// Outputs by node ID.
    package private(set) var outputs: [String: Object] = [:]
    /// The node whose outputs were set last: `prev` in templates.
    package private(set) var previousNode: String?
    private let names: Names
    /// What was looked for in vain since `takeMisses()`: templates and names, as they were written.
    private var misses: [String] = []
    /// The run's secrets; `nil` where the workflow names none.
    var secrets: SecretBox?

    package init(_ values: Object = [:], readOnly: Set<String> = [], names: Names = Names()) {
        self.readOnly = readOnly
        self.names = names
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
        self.previousNode = node
    }

    /// Takes over what nodes put out in a scope that began as a copy of this one.
    func adoptOutputs(of other: Variables) {
        for (node, outputs) in other.outputs { self.outputs[node] = outputs }
    }

    /// An output of a node, also under its alias; `nil` when it is null or was never set.
    package func output(_ port: String, of node: String) -> Value? {
        guard let outputs = self.outputs[node] else { return nil }
        if let value = outputs[port] { return value.isNull ? .none : value }
        guard let canonical = self.names.outputAliases[node]?[port], let value = outputs[canonical] else { return nil }
        return value.isNull ? .none : value
    }

    /// Whether an output that has no value is there all the same, and null.
    func isNullOutput(_ port: String, of node: String) -> Bool {
        self.names.triggerOutputs[node]?.contains(port) ?? false
    }

    /// The ID of the node that people gave this name to.
    func node(named name: String) -> String? { self.names.nodes[name] }

    /// The value of a dotted path: a variable first, then an output of the node with the first name.
    package func value(at path: String) -> Value? {
        guard let parsed = TemplatePath(path) else { return self.values[path] }
        return parsed.value(in: self)
    }

    /// A scope of its own that begins with the same variables and outputs.
    ///
    /// - Parameter name: A variable that it begins without.
    package func copy(without name: String? = nil) -> Variables {
        let copy = Variables(readOnly: self.readOnly, names: self.names)
        copy.values = self.values
        copy.order = self.order
        copy.outputs = self.outputs
        copy.previousNode = self.previousNode
        copy.secrets = self.secrets
        if let name, copy.values.removeValue(forKey: name) != nil {
            copy.order.removeAll { $0 == name }
        }
        return copy
    }

    // MARK: Secrets

    /// What a workflow means by a reference to a secret, as `SecretReference` has it.
    func secretReference(_ text: String) -> String? {
        SecretReference(text, bindings: self.names.credentialBindings)?.description
    }

    /// The value of a `{{$secret:…}}`; `nil` for one that the run does not have.
    func secret(_ text: String) -> Value? {
        guard let secrets, let reference = self.secretReference(text) else { return nil }
        return try? secrets.value(of: reference).reveal { Value.string($0) }  // Why not is asked for by `problem`.
    }

    /// Why `secret` has no value.
    func problem(ofSecret text: String) -> SecretProblem {
        guard let reference = self.secretReference(text) else { return .noReference(text) }
        do throws(SecretProblem) {
            _ = try self.secrets?.value(of: reference)
            return .notNamed(reference)
        } catch {
            return error
        }
    }

    // MARK: Looking from outside

    /// What there is at one moment. It may leave the run that it was taken in.
    struct Snapshot: Sendable {
        fileprivate let values: [String: Value]
        fileprivate let order: [String]
        let readOnly: Set<String>
        let outputs: [String: Object]
        fileprivate let previousNode: String?
        let names: Names

        var all: Object { Object(self.order.map { ($0, self.values[$0] ?? .null) }) }

        func variable(_ name: String) -> Value? { self.values[name] }
    }

    var snapshot: Snapshot {
        Snapshot(
            values: self.values, order: self.order, readOnly: self.readOnly, outputs: self.outputs,
            previousNode: self.previousNode, names: self.names)
    }

    convenience init(_ snapshot: Snapshot) {
        self.init(readOnly: snapshot.readOnly, names: snapshot.names)
        self.values = snapshot.values
        self.order = snapshot.order
        self.outputs = snapshot.outputs
        self.previousNode = snapshot.previousNode
    }

    // MARK: Misses

    var hasMisses: Bool { !self.misses.isEmpty }

    func noteMiss(_ source: String) {
        if self.misses.count < Self.missesMax { self.misses.append(source) }
    }

    func takeMisses() -> [String] {
        defer { self.misses.removeAll(keepingCapacity: true) }
        return self.misses
    }
}
