import CasareDomain
import CasareEngine

extension SuperNodes {
    private static func single(_ name: String) -> NodeType { Self.type(name, among: DictNodes.types) }

    private static let dictActions: [PureAction] = [
        PureAction("Get Value", short: ["Get"], as: Self.single("DictGetNode"), renamed: ["default": "default_value"]),
        PureAction("Create Dict", short: ["Create"], DictSuperActions.create),
        PureAction("Get Property", short: ["Property"], DictSuperActions.property),
        PureAction("Has Key", short: ["Has"], as: Self.single("DictHasKeyNode")),
        PureAction("Get Keys", short: ["Keys"], as: Self.single("DictKeysNode")),
        PureAction("Get Values", short: ["Values"], as: Self.single("DictValuesNode")),
        PureAction("Get Items", short: ["Items"], as: Self.single("DictItemsNode")),
        PureAction("Set Value", short: ["Set"], DictSuperActions.set),
        PureAction("Remove Key", short: ["Remove"], DictSuperActions.remove),
        PureAction("Merge", DictSuperActions.merge),
        PureAction("Parse JSON", short: ["Parse"], DictSuperActions.parse),
        PureAction("To JSON", DictSuperActions.write),
    ]

    static let dict = NodeType(
        "DictSuperNode", family: "Lists and dicts", "Does one of the operations on dicts.",
        parameters: [
            PureAction.parameter(Self.dictActions),
            .init("dict", .object, default: [:], "A dict, its JSON text, or the name of a variable that holds one."),
            .init("key", .string, default: "", "The key."),
            .init("value", .any, "What Set Value sets."),
            .init("path", .string, default: "", "The path of Get Property, such as `user.tags.0`."),
            .init("separator", .string, default: ".", "What stands between the keys of a path."),
            .init("default_value", .any, default: "", "What is given for a key or path that is not there."),
            .init("entries", .any, "A dict whose members come first in a new one."),
            .init("key1", .string, "The first key."), .init("value1", .any, "Its value."),
            .init("key2", .string, "The second key."), .init("value2", .any, "Its value."),
            .init("key3", .string, "The third key; any number may follow."), .init("value3", .any, "Its value."),
            .init("create_path", .boolean, default: false, "Changes nothing; documents may hold it."),
            .init("ignore_missing", .boolean, default: false, "Removing a key that is not there is no failure."),
            .init("dict1", .any, default: [:], aliases: ["dict_1"], "What Merge begins with."),
            .init("dict2", .any, default: [:], aliases: ["dict_2"], "What Merge adds."),
            .init("deep_merge", .boolean, default: false, "Merge dicts inside too, instead of replacing them."),
            .init("overwrite", .boolean, default: true, "Whether `dict2` wins where both have a key."),
            .init("json_string", .string, default: "", "What Parse JSON reads."),
            .init("data", .any, "What To JSON writes."),
            .init("indent", .integer, default: 0, range: 0...16, "Spaces per level; 0: everything on one line."),
            .init("sort_keys", .boolean, default: false, "Write keys in alphabetical order."),
            .init("ensure_ascii", .boolean, default: false, "Escape everything beyond ASCII."),
        ],
        parameterPrefixes: ["key", "value"],
        outputs: Self.outputs([
            "dict": .object, "count": .integer, "value": .any, "found": .boolean, "has_key": .boolean, "keys": .list,
            "values": .list, "items": .list, "previous": .any, "was_update": .boolean, "removed_value": .any,
            "was_removed": .boolean, "merged": .object, "data": .any, "json_string": .string, "success": .boolean,
            "error": .string,
        ]),
        PureAction.behaviour(Self.dictActions))
}

/// What `DictSuperNode` does otherwise than the single-purpose nodes.
private enum DictSuperActions {
    @Sendable static func create(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        var dict = context.object(inputs["entries"]) ?? [:]
        // The single-purpose node writes an underline before the number.
        for underline in ["", "_"] {
            for (number, key) in inputs.numbered("key\(underline)") where !key.displayText.isEmpty {
                dict[key.displayText] = .some(inputs["value\(underline)\(number)"])
            }
        }
        return NodeResult(["dict": .object(dict), "count": .int(dict.count)])
    }

    @Sendable static func property(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let path = inputs.string("path")
        let keys = DottedPath(path, separator: inputs.string("separator"))
        let found = path.isBlank ? nil : keys.value(in: .object(inputs.object("dict")))
        return NodeResult(["value": found ?? inputs["default_value"], "found": .bool(found != nil)])
    }

    @Sendable static func set(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let key = inputs.string("key")
        if key.isEmpty { throw .value("Key is required") }
        var dict = inputs.object("dict")
        let previous = dict[key]
        dict[key] = .some(inputs["value"])
        return NodeResult([
            "dict": .object(dict), "previous": previous ?? .null, "was_update": .bool(previous != nil),
        ])
    }

    @Sendable static func remove(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let key = inputs.string("key")
        var dict = inputs.object("dict")
        let removed = dict[key]
        if removed == nil, !inputs.bool("ignore_missing") { throw NodeFailure("KeyError", "Key not found: \(key)") }
        dict[key] = nil
        return NodeResult([
            "dict": .object(dict), "removed_value": removed ?? .null, "was_removed": .bool(removed != nil),
        ])
    }

    @Sendable static func merge(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let first = context.object(inputs["dict1"]) ?? [:]
        let merged = Self.merged(
            first, context.object(inputs["dict2"]) ?? [:], isDeep: inputs.bool("deep_merge"),
            overwrites: inputs.bool("overwrite"))
        return NodeResult(["merged": .object(merged), "count": .int(merged.count)])
    }

    private static func merged(_ first: Object, _ second: Object, isDeep: Bool, overwrites: Bool) -> Object {
        var merged = first
        for (key, value) in second {
            if isDeep, let left = merged[key]?.object, let right = value.object {
                merged[key] = .object(Self.merged(left, right, isDeep: true, overwrites: overwrites))
            } else if overwrites || merged[key] == nil {
                merged[key] = .some(value)
            }
        }
        return merged
    }

    /// Text that is no JSON is an outcome here, not a failure.
    @Sendable static func parse(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        do throws(NodeFailure) {
            let text = inputs.string("json_string")
            if text.isBlank { throw .value("JSON string is empty") }
            return NodeResult(["data": try JSONActions.parse(text), "success": true, "error": ""])
        } catch {
            return NodeResult(["data": .null, "success": false, "error": .string(error.message)])
        }
    }

    @Sendable static func write(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let data = inputs["data"].isNull ? inputs["dict"] : inputs["data"]
        let indent = inputs.int("indent")
        let text = data.jsonText(
            indent > 0 ? .pretty(indent: indent) : .spaced, sortKeys: inputs.bool("sort_keys"),
            escapeNonASCII: inputs.bool("ensure_ascii"))
        return NodeResult(["json_string": .string(text), "success": true])
    }
}
