import CasareDomain
import CasareEngine

/// Making, reading and changing dictionaries.
enum DictActions {
    @Sendable static func create(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        var dict = context.object(inputs["entries"]) ?? [:]
        for (number, key) in inputs.numbered("key_") {
            let name = key.displayText
            if !name.isEmpty { dict[name] = .some(inputs["value_\(number)"]) }
        }
        return NodeResult(["dict": .object(dict)])
    }

    @Sendable static func get(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let value = inputs.object("dict")[inputs.string("key")]
        return NodeResult(["value": value ?? inputs["default"], "found": .bool(value != nil)])
    }

    @Sendable static func set(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let key = inputs.string("key")
        if key.isEmpty { throw .value("Key is required") }
        var dict = context.object(inputs["dict"]) ?? [:]
        dict[key] = .some(inputs["value"])
        return NodeResult(["result": .object(dict)])
    }

    @Sendable static func remove(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        var dict = inputs.object("dict")
        let key = inputs.string("key")
        let removed = dict[key] ?? .null
        dict[key] = nil
        return NodeResult(["result": .object(dict), "removed_value": removed])
    }

    @Sendable static func merge(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let first = context.object(inputs["dict_1"]) ?? [:]
        return NodeResult(["result": .object(first.merging(context.object(inputs["dict_2"]) ?? [:]))])
    }

    @Sendable static func property(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let given = inputs["object"]
        let root: Value
        if let object = given.isNull ? [:] : context.object(given) {
            root = .object(object)
        } else if let list = context.list(given) {
            root = .list(list)
        } else {
            throw NodeFailure("TypeError", "Input is not a dictionary")
        }
        let path = inputs.string("property_path")
        return NodeResult(["value": path.isBlank ? .null : DottedPath(path).value(in: root) ?? .null])
    }
}
