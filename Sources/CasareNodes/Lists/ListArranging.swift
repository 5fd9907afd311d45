import CasareDomain
import CasareEngine

/// The same elements in another order or nesting.
enum ListArranging {
    static let flattenDepthMax = 100

    @Sendable static func sort(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let sorted = try Self.sorted(
            inputs.list("list"), by: inputs.string("key_path"), isReversed: inputs.bool("reverse"))
        return NodeResult(["result": .list(sorted)])
    }

    /// In natural order of a member; elements without it come last.
    ///
    /// - Throws: `TypeError` for elements that have no common order.
    static func sorted(_ list: [Value], by key: String, isReversed: Bool) throws(NodeFailure) -> [Value] {
        let path = DottedPath(key)
        let keyed = list.map { (key: path.value(in: $0) ?? .null, element: $0) }
        var failure: NodeFailure?
        let sorted = keyed.filter { !$0.key.isNull }.sorted { left, right in
            do throws(NodeFailure) {
                return try isReversed ? right.key.sorts(before: left.key) : left.key.sorts(before: right.key)
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        return (sorted + keyed.filter(\.key.isNull)).map(\.element)
    }

    @Sendable static func reverse(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        NodeResult(["result": .list(inputs.list("list").reversed())])
    }

    @Sendable static func unique(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        var seen: Set<Value> = []
        return NodeResult(["result": .list(inputs.list("list").filter { seen.insert($0.countingBooleans).inserted })])
    }

    @Sendable static func flatten(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        NodeResult(["result": .list(Self.flatten(inputs.list("list"), depth: inputs.int("depth")))])
    }

    static func flatten(_ list: [Value], depth: Int) -> [Value] {
        guard depth > 0 else { return list }
        return list.flatMap { element in
            element.list.map { Self.flatten($0, depth: depth - 1) } ?? [element]
        }
    }
}

extension Value {
    /// Natural order within one kind of value; kinds do not mix.
    ///
    /// - Throws: `TypeError` for values that have no order.
    fileprivate func sorts(before other: Value) throws(NodeFailure) -> Bool {
        if (self.string == nil) != (other.string == nil) {
            throw NodeFailure("TypeError", "A list of unlike elements cannot be sorted: it holds text and other values")
        }
        return try self.comesBefore(other)
    }
}
