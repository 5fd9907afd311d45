import CasareDomain
import CasareEngine

extension SuperNodes {
    private static let listActions: [PureAction] = [
        PureAction("Get Item", short: ["Get"], ListSuperActions.item),
        PureAction("Create List", short: ["Create"], ListSuperActions.create),
        PureAction("Length", ListSuperActions.length),
        PureAction("Contains", ListSuperActions.contains),
        PureAction("Append", ListSuperActions.append),
        PureAction("Slice", ListSuperActions.slice),
        PureAction("Sort", ListSuperActions.sort),
        PureAction("Reverse", ListSuperActions.reverse),
        PureAction("Unique", ListSuperActions.unique),
        PureAction("Filter", ListSuperActions.filter),
        PureAction("Map", ListSuperActions.map),
        PureAction("Reduce", ListSuperActions.reduce),
        PureAction("Flatten", ListSuperActions.flatten),
        PureAction("Join", ListSuperActions.join),
    ]

    static let list = NodeType(
        "ListSuperNode", family: "Lists and dicts", "Does one of the operations on lists.",
        parameters: [
            PureAction.parameter(Self.listActions),
            .init("list", .any, default: [], "A list, its JSON text, or the name of a variable that holds one."),
            .init("index", .integer, default: 0, "What Get Item reads, from 0; negative counts from the end."),
            .init("default_value", .any, default: "", "What Get Item gives for a position that is not there."),
            .init("negative_index", .boolean, default: true, "Whether a negative position counts from the end."),
            .init("item", .any, "What Contains looks for, and Append adds."),
            .init("items", .any, "A list whose elements come first in a new one."),
            .init("item1", .any, "The first item of a new list."), .init("item2", .any, "The second item."),
            .init("item3", .any, "The third item; any number may follow."),
            .init("extend", .boolean, default: false, "Append the elements of a list one by one."),
            .init(
                "position", .string, default: "end", choices: ["end", "start", "index"], "Where Append adds."),
            .init("insert_index", .integer, default: 0, "The position that Append adds at."),
            .init("start", .integer, "Where a Slice begins, from 0; negative counts from the end."),
            .init("end", .integer, "A Slice stops before this position; without it at the end."),
            .init("step", .integer, default: 1, "A Slice takes every so manieth; negative: backwards."),
            .init("descending", .boolean, default: false, "Sort the largest first."),
            .init("sort_key", .string, default: "", "The member to Sort by, such as `user.name`."),
            .init("preserve_order", .boolean, default: true, "Changes nothing: Unique always keeps the order."),
            .init(
                "expression", .string, default: "", verbatim: true,
                "Of Filter, Map and a custom Reduce: computed with `x` or `item`, `i` or `index`, and `acc`."),
            .init("initial", .any, "What Reduce gives for an empty list, and begins a custom one with."),
            .init(
                "reduce_operation", .string, default: "sum",
                choices: ["sum", "product", "min", "max", "concat", "custom"], "What Reduce computes."),
            .init("depth", .integer, default: -1, range: -1...100, "How many levels Flatten dissolves; -1: all."),
            .init("separator", .string, default: ", ", "What Join puts between elements."),
        ],
        parameterPrefixes: ["item"],
        outputs: Self.outputs([
            "list": .list, "length": .integer, "item": .any, "found": .boolean, "is_empty": .boolean,
            "contains": .boolean, "index": .integer, "count": .integer, "slice": .list, "sorted": .list,
            "reversed": .list, "unique": .list, "duplicates_removed": .integer, "filtered": .list, "rejected": .list,
            "mapped": .list, "result": .any, "flattened": .list,
        ]),
        PureAction.behaviour(Self.listActions))
}
