package import CasareDomain

/// A path to a value: `order`, `order.lines[0].price`, `read_file.content` (workflow format §3.1).
///
/// Names begin with a letter, `_` or `$`; dashes may follow, because node IDs have them. `.key` reads a member of an
/// object, `[2]` an element of a list, `[-1]` its last one; `.2` reads either.
package struct TemplatePath: Sendable, Hashable {
    enum Step: Sendable, Hashable {
        /// A member; of a list the element at `position`, when the key is a number.
        case key(String, position: Int?)
        /// An element; a negative position counts from the end.
        case position(Int)
    }

    let root: String
    let steps: [Step]
    /// Set when the root is one of the clock's variables.
    let systemVariable: SystemVariable?
    /// What stands in a `{{$secret:…}}`, as it was written; the path is then nothing else.
    let secret: String?

    init(root: String, steps: [Step] = []) {
        self.root = root
        self.steps = steps
        self.secret = nil
        self.systemVariable = root.utf8.first == UInt8(ascii: "$") ? SystemVariable(rawValue: root) : nil
    }

    init(secret: String) {
        self.root = "$secret:\(secret)"
        self.steps = []
        self.secret = secret
        self.systemVariable = nil
    }

    /// `nil` for text that is not a path. Whitespace around it is allowed.
    package init?(_ text: String) {
        var scanner = PathScanner(Array(text.utf8))
        scanner.skipWhitespace()
        guard let path = scanner.path() else { return nil }
        scanner.skipWhitespace()
        guard scanner.isAtEnd else { return nil }
        self = path
    }

    package var readsClock: Bool { self.systemVariable != nil }

    /// What the path calls its value: elements are called as their list.
    var lastName: String {
        for step in self.steps.reversed() {
            if case .key(let key, position: nil) = step { return key }
        }
        return self.root
    }

    /// The value at the path: a variable if it exists and the path leads somewhere in it, else an output of the node
    /// with that ID, also written `nodes.<id or name>.<port>`; `prev.<port>` is an output of the node that put out
    /// something last. `nil` when nothing is there, and for the clock's variables.
    package func value(in variables: Variables) -> Value? {
        if let secret { return variables.secret(secret) }
        if let variable = variables.variable(self.root), let value = self.descend(into: variable) {
            return value
        }
        return self.output(in: variables)
    }

    /// As `value(in:)`, and the clock's variables as of `clock`.
    package func value(in variables: Variables, clock: ClockReading?) -> Value? {
        guard let systemVariable else { return self.value(in: variables) }
        guard let clock, self.steps.isEmpty else { return nil }
        return systemVariable.value(at: clock)
    }

    /// What the path's steps from `first` on lead to.
    func descend(into value: Value, from first: Int = 0) -> Value? {
        var current = value
        for step in self.steps[first...] {
            switch (step, current) {
            case (.key(let key, _), .object(let object)):
                guard let member = object[key] else { return nil }
                current = member
            case (.key(_, position: let position?), .list(let elements)),
                (.position(let position), .list(let elements)):
                guard let element = elements.element(at: position) else { return nil }
                current = element
            case (.key, _), (.position, _):
                return nil
            }
        }
        return current
    }

    private func output(in variables: Variables) -> Value? {
        if let value = self.output(of: self.root, portAt: 0, in: variables) { return value }
        if self.root == "prev", let previous = variables.previousNode {
            return self.output(of: previous, portAt: 0, in: variables)
        }
        guard self.root == "nodes", case .key(let name, _)? = self.steps.first else { return nil }
        if let value = self.output(of: name, portAt: 1, in: variables) { return value }
        return variables.node(named: name).flatMap { self.output(of: $0, portAt: 1, in: variables) }
    }

    /// One output of a node, or all of them where the path ends with the node.
    private func output(of node: String, portAt position: Int, in variables: Variables) -> Value? {
        guard position < self.steps.count else {
            return variables.outputs[node].map { outputs in
                .object(Object(outputs.lazy.filter { !$0.value.isNull }.map { ($0.key, $0.value) }))
            }
        }
        guard case .key(let port, _) = self.steps[position] else { return nil }
        guard let value = variables.output(port, of: node) else {
            guard position + 1 == self.steps.count, variables.isNullOutput(port, of: node) else { return nil }
            return Value.null
        }
        return self.descend(into: value, from: position + 1)
    }
}

extension Array {
    /// The element at a position that counts from the end when it is negative; `nil` outside the array.
    func element(at position: Int) -> Element? {
        let index = position < 0 ? self.count + position : position
        return self.indices.contains(index) ? self[index] : nil
    }
}
