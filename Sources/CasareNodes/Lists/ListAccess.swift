import CasareDomain
import CasareEngine

/// Making lists and reading from them.
enum ListAccess {
    @Sendable static func create(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let given = inputs["items"]
        var list = given.isNull ? [] : context.list(given) ?? [given]
        for (_, item) in inputs.numbered("item_") where !item.isNull {
            list.append(item)
        }
        return NodeResult(["list": .list(list)])
    }

    @Sendable static func item(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let list = inputs.list("list")
        let index = inputs.int("index")
        let position = index < 0 ? list.count + index : index
        guard list.indices.contains(position) else {
            throw NodeFailure("IndexError", "List index out of range: \(index)")
        }
        return NodeResult(["item": list[position]])
    }

    @Sendable static func append(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let given = inputs["list"]
        let list = given.isNull ? [] : context.list(given) ?? [given]
        return NodeResult(["result": .list(list + [inputs["item"]])])
    }

    @Sendable static func contains(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let item = inputs["item"]
        let index = inputs.list("list").firstIndex { $0.equalsCountingBooleans(item) }
        return NodeResult(["contains": .bool(index != nil), "index": .int(index ?? -1)])
    }

    @Sendable static func slice(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let list = inputs.list("list")
        let range = Slicing.range(count: list.count, start: inputs["start"].int, end: inputs["end"].int)
        return NodeResult(["result": .list(Array(list[range]))])
    }

    @Sendable static func join(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let text = try TextLimit.joined(inputs.list("list"), separator: inputs.string("separator"))
        return NodeResult(["result": .string(text)])
    }
}
