package import CasareDomain

/// The resolved, coerced parameters of one execution of a node.
///
/// A missing optional parameter without a default is `.null`. Types were checked and coerced before the node sees them:
/// the typed accessors only unwrap.
package struct Inputs: Sendable {
    /// Parameter names in the order of `values`; shared by all executions of a node.
    let names: [String]
    let values: [Value]
    /// Open-ended parameters (`item_1`, …) and values delivered to ports that the type does not declare.
    package let extras: Object

    package init(names: [String], values: [Value], extras: Object = [:]) {
        self.names = names
        self.values = values
        self.extras = extras
    }

    /// For calling a node's behaviour by hand, as tests do: names that are not declared become extras.
    package init(_ type: NodeType, _ given: Object) {
        var extras: Object = [:]
        for (key, value) in given where !type.parameters.contains(where: { $0.name == key }) {
            extras[key] = value
        }
        self.init(
            names: type.parameters.map(\.name),
            values: type.parameters.map { given[$0.name] ?? $0.defaultValue }, extras: extras)
    }

    package subscript(name: String) -> Value {
        for position in self.names.indices where self.names[position] == name {
            return self.values[position]
        }
        return self.extras[name] ?? .null
    }

    /// Every parameter that has a value, the declared ones first.
    package var all: Object {
        Object(zip(self.names, self.values).lazy.filter { !$0.1.isNull }.map { ($0.0, $0.1) }).merging(self.extras)
    }

    package func string(_ name: String) -> String { self[name].string ?? "" }
    package func int(_ name: String) -> Int { self[name].int ?? 0 }
    package func double(_ name: String) -> Double { self[name].double ?? 0 }
    package func bool(_ name: String) -> Bool { self[name].bool ?? false }
    package func list(_ name: String) -> [Value] { self[name].list ?? [] }
    package func object(_ name: String) -> Object { self[name].object ?? [:] }

    /// Values of `prefix1`, `prefix2`, … among the extras and declared parameters, in numeric order.
    package func numbered(_ prefix: String) -> [(number: Int, value: Value)] {
        var found: [(number: Int, value: Value)] = []
        func collect(_ name: String, _ value: Value) {
            guard name.hasPrefix(prefix), let number = Int(name.dropFirst(prefix.count)) else { return }
            found.append((number, value))
        }
        for position in self.names.indices {
            collect(self.names[position], self.values[position])
        }
        for (name, value) in self.extras {
            collect(name, value)
        }
        return found.sorted { $0.number < $1.number }
    }
}
