import CasareDomain
package import CasareEngine

/// Making, reading and changing dictionaries (node catalogue §1.5). No node changes the dictionary that it was given.
package enum DictNodes {
    package static let types: [NodeType] = Self.changingTypes + Self.readingTypes

    private static let family = "Lists and dicts"
    private static let dict = NodeType.Parameter(
        "dict", .object, default: [:], "A dict, its JSON text, or the name of a variable that holds one.")
    /// Anything but a dictionary counts as an empty one.
    private static let lenientDocumentation =
        "A dict, its JSON text, or a variable's name; anything else counts as empty."
    private static let key = NodeType.Parameter("key", .string, default: "", "The key.")

    private static let changingTypes: [NodeType] = [
        NodeType(
            "CreateDictNode", family: Self.family, "Makes a dict of keys and values; empty keys are left out.",
            parameters: [
                .init("entries", .any, "A dict whose members come first."),
                .init("key_1", .string, "The first key."), .init("value_1", .any, "Its value."),
                .init("key_2", .string, "The second key."), .init("value_2", .any, "Its value."),
                .init("key_3", .string, "The third key; any number may follow."), .init("value_3", .any, "Its value."),
            ],
            parameterPrefixes: ["key_", "value_"], outputs: [.init("dict", .object)], .pure(DictActions.create)),
        NodeType(
            "DictSetNode", family: Self.family, "Sets a key.",
            parameters: [
                .init("dict", .any, default: [:], Self.lenientDocumentation), Self.key,
                .init("value", .any, "The key's new value."),
            ],
            outputs: [.init("result", .object, aliases: ["dict"])], .pure(DictActions.set)),
        NodeType(
            "DictRemoveNode", family: Self.family, "Removes a key.", parameters: [Self.dict, Self.key],
            outputs: [.init("result", .object, aliases: ["dict"]), .init("removed_value", .any)],
            .pure(DictActions.remove)),
        NodeType(
            "DictMergeNode", family: Self.family, "Puts two dicts together; the second wins.",
            parameters: [
                .init("dict_1", .any, default: [:], aliases: ["dict1"], Self.lenientDocumentation),
                .init("dict_2", .any, default: [:], aliases: ["dict2"], Self.lenientDocumentation),
            ],
            outputs: [.init("result", .object, aliases: ["dict"])], .pure(DictActions.merge)),
    ]

    private static let readingTypes: [NodeType] = [
        NodeType(
            "DictGetNode", family: Self.family, "Reads a key.",
            parameters: [Self.dict, Self.key, .init("default", .any, "The value of a missing key.")],
            outputs: [.init("value", .any), .init("found", .boolean)], .pure(DictActions.get)),
        NodeType(
            "DictKeysNode", family: Self.family, "Lists the keys.", parameters: [Self.dict],
            outputs: [.init("keys", .list), .init("count", .integer)],
            .pure { inputs, _ throws(NodeFailure) in
                let keys = inputs.object("dict").keys
                return NodeResult(["keys": .list(keys.map(Value.string)), "count": .int(keys.count)])
            }),
        NodeType(
            "DictValuesNode", family: Self.family, "Lists the values.", parameters: [Self.dict],
            outputs: [.init("values", .list), .init("count", .integer)],
            .pure { inputs, _ throws(NodeFailure) in
                let values = inputs.object("dict").values
                return NodeResult(["values": .list(values), "count": .int(values.count)])
            }),
        NodeType(
            "DictItemsNode", family: Self.family, "Lists keys with values.", parameters: [Self.dict],
            outputs: [.init("items", .list), .init("count", .integer)],
            .pure { inputs, _ throws(NodeFailure) in
                let items = inputs.object("dict").map { Value.object(["key": .string($0.key), "value": $0.value]) }
                return NodeResult(["items": .list(items), "count": .int(items.count)])
            }),
        NodeType(
            "DictHasKeyNode", family: Self.family, "Tells whether there is a key.",
            parameters: [Self.dict, Self.key], outputs: [.init("has_key", .boolean)],
            .pure { inputs, _ throws(NodeFailure) in
                let key = inputs.string("key")
                return NodeResult(["has_key": .bool(!key.isEmpty && inputs.object("dict")[key] != nil)])
            }),
        NodeType(
            "GetPropertyNode", family: Self.family, "Reads a nested value; null when there is none.",
            parameters: [
                .init("object", .any, default: [:], "A dict or list, its JSON text, or a variable's name."),
                .init("property_path", .string, default: "", "The path to it, such as `user.tags[0]`."),
            ],
            outputs: [.init("value", .any)], .pure(DictActions.property)),
    ]
}
