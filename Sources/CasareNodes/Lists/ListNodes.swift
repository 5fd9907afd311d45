import CasareDomain
package import CasareEngine

/// Making, reading and changing lists (node catalogue §1.5). No node changes the list that it was given.
package enum ListNodes {
    package static let types: [NodeType] =
        Self.accessTypes + Self.arrangingTypes + Self.selectingTypes
        + [DataComparison.type]

    private static let family = "Lists and dicts"
    private static let list = NodeType.Parameter(
        "list", .list, default: [], "A list, its JSON text, or the name of a variable that holds one.")
    private static let keyPath = NodeType.Parameter(
        "key_path", .string, default: "", "The member of each element to use, such as `user.name`; empty: the element.")

    private static let accessTypes: [NodeType] = [
        NodeType(
            "CreateListNode", family: Self.family, "Makes a list of its items; null items are left out.",
            parameters: [
                .init("items", .any, "A list whose elements come first."), .init("item_1", .any, "The first item."),
                .init("item_2", .any, "The second item."),
                .init("item_3", .any, "The third item; any number may follow."),
            ],
            parameterPrefixes: ["item_"], outputs: [.init("list", .list)], .pure(ListAccess.create)),
        NodeType(
            "ListGetItemNode", family: Self.family, "Reads one element.",
            parameters: [Self.list, .init("index", .integer, default: 0, "From 0; negative counts from the end.")],
            outputs: [.init("item", .any)], .pure(ListAccess.item)),
        NodeType(
            "ListLengthNode", family: Self.family, "Counts the elements.", parameters: [Self.list],
            outputs: [.init("length", .integer)],
            .pure { inputs, _ throws(NodeFailure) in NodeResult(["length": .int(inputs.list("list").count)]) }),
        NodeType(
            "ListAppendNode", family: Self.family, "Adds an element at the end.",
            parameters: [
                .init("list", .any, default: [], "The list; anything else becomes a list of itself."),
                .init("item", .any, "The new element."),
            ],
            outputs: [.init("result", .list)], .pure(ListAccess.append)),
        NodeType(
            "ListContainsNode", family: Self.family, "Looks for an equal element; 1, 1.0 and true are equal.",
            parameters: [Self.list, .init("item", .any, "The element to find.")],
            outputs: [.init("contains", .boolean), .init("index", .integer)], .pure(ListAccess.contains)),
        NodeType(
            "ListSliceNode", family: Self.family, "Takes a part of a list.",
            parameters: [
                Self.list, .init("start", .integer, "The first position, from 0; negative counts from the end."),
                .init("end", .integer, "The part stops before this position; without it at the end."),
            ],
            outputs: [.init("result", .list)], .pure(ListAccess.slice)),
        NodeType(
            "ListJoinNode", family: Self.family, "Joins the elements to text.",
            parameters: [Self.list, .init("separator", .string, default: ", ", "What stands between elements.")],
            outputs: [.init("result", .string)], .pure(ListAccess.join)),
    ]

    private static let arrangingTypes: [NodeType] = [
        NodeType(
            "ListSortNode", family: Self.family, "Sorts by natural order; equal elements keep theirs, nulls come last.",
            parameters: [Self.list, .init("reverse", .boolean, default: false, "Largest first."), Self.keyPath],
            outputs: [.init("result", .list, aliases: ["sorted_list"])], .pure(ListArranging.sort)),
        NodeType(
            "ListReverseNode", family: Self.family, "Turns a list round.", parameters: [Self.list],
            outputs: [.init("result", .list, aliases: ["reversed_list"])], .pure(ListArranging.reverse)),
        NodeType(
            "ListUniqueNode", family: Self.family, "Keeps the first of equal elements; 1, 1.0 and true are equal.",
            parameters: [Self.list],
            outputs: [.init("result", .list, aliases: ["unique_list"])], .pure(ListArranging.unique)),
        NodeType(
            "ListFlattenNode", family: Self.family, "Puts the elements of inner lists in their place.",
            parameters: [
                Self.list,
                .init(
                    "depth", .integer, default: 1, range: 1...Double(ListArranging.flattenDepthMax),
                    "How many levels to dissolve."),
            ],
            outputs: [.init("result", .list)], .pure(ListArranging.flatten)),
    ]

    private static let selectingTypes: [NodeType] = [
        NodeType(
            "ListFilterNode", family: Self.family, "Keeps the elements that meet a condition.",
            parameters: [
                Self.list, .init("value", .any, "What the condition compares with."),
                .init(
                    "condition", .string, default: "is_not_none",
                    "\(ListCondition.names). An unknown condition keeps everything."),
                Self.keyPath,
            ],
            outputs: [.init("result", .list, aliases: ["filtered_list"]), .init("removed", .list)],
            .pure(ListCondition.filter)),
        NodeType(
            "ListMapNode", family: Self.family, "Changes every element.",
            parameters: [
                Self.list,
                .init(
                    "transform", .string, default: "to_string",
                    "\(ListMapping.names). An unknown change leaves elements as they are."),
                Self.keyPath,
            ],
            outputs: [.init("result", .list, aliases: ["mapped_list"])], .pure(ListMapping.map)),
        NodeType(
            "ListReduceNode", family: Self.family, "Makes one value of all elements; nulls are left out.",
            parameters: [
                Self.list, .init("initial", .any, "The result for an empty list; for join, the separator."),
                .init(
                    "operation", .string, default: "sum", choices: ListReduction.allCases.map(\.rawValue),
                    "What to compute."),
                Self.keyPath,
            ],
            outputs: [.init("result", .any)], .pure(ListReduction.reduce)),
    ]
}
