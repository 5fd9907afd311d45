import CasareDomain
import CasareEngine

/// What `ListSuperNode` does. No action changes the list that it was given.
enum ListSuperActions {
    /// The list to work on; nothing at all is an empty one.
    private static func list(_ inputs: Inputs, _ context: PureContext) throws(NodeFailure) -> [Value] {
        let given = inputs["list"]
        if given.isNull { return [] }
        guard let list = context.list(given) else { throw NodeFailure("TypeError", "Input is not a list") }
        return list
    }

    private static func result(_ name: String, _ list: [Value]) -> NodeResult {
        NodeResult([name: .list(list), "length": .int(list.count)])
    }

    @Sendable static func create(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let given = inputs["items"]
        var list = given.isNull ? [] : context.list(given) ?? [given]
        // The single-purpose node writes an underline before the number.
        for prefix in ["item", "item_"] {
            list += inputs.numbered(prefix).map(\.value).filter { !$0.isNull }
        }
        return Self.result("list", list)
    }

    @Sendable static func item(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let list = try Self.list(inputs, context)
        let index = inputs.int("index")
        let position = index < 0 && (inputs["negative_index"].bool ?? true) ? list.count + index : index
        if list.indices.contains(position) { return NodeResult(["item": list[position], "found": true]) }
        let fallback = inputs["default_value"]
        return NodeResult(["item": fallback == "" ? .null : fallback, "found": false])
    }

    @Sendable static func length(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let count = context.list(inputs["list"])?.count ?? 0
        return NodeResult(["length": .int(count), "is_empty": .bool(count == 0)])
    }

    @Sendable static func contains(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let item = inputs["item"]
        let list = try Self.list(inputs, context)
        let positions = list.indices.filter { list[$0].equalsCountingBooleans(item) }
        return NodeResult([
            "contains": .bool(!positions.isEmpty), "index": .int(positions.first ?? -1), "count": .int(positions.count),
        ])
    }

    @Sendable static func append(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let given = inputs["list"]
        // As in the single-purpose node, anything else becomes a list of itself.
        var list = given.isNull ? [] : context.list(given) ?? [given]
        let item = inputs["item"]
        let added = inputs.bool("extend") ? context.list(item) ?? [item] : [item]
        switch inputs.string("position") {
        case "start": list.insert(contentsOf: added, at: 0)
        case "index":
            // As in a slice: from the end when negative, and never outside.
            let position = Slicing.range(count: list.count, start: inputs.int("insert_index"), end: nil).lowerBound
            list.insert(contentsOf: added, at: position)
        default: list += added
        }
        return Self.result("list", list)
    }

    @Sendable static func slice(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let list = try Self.list(inputs, context)
        let positions = try Slicing.positions(
            count: list.count, start: inputs["start"].int, end: inputs["end"].int, step: inputs["step"].int ?? 1)
        return Self.result("slice", positions.map { list[$0] })
    }

    /// Elements of unlike kinds are sorted by their texts, nulls come last.
    @Sendable static func sort(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let list = try Self.list(inputs, context)
        let key = inputs.string("sort_key")
        let isDescending = inputs.bool("descending")
        do throws(NodeFailure) {
            return Self.result("sorted", try ListArranging.sorted(list, by: key, isReversed: isDescending))
        } catch {
            let path = DottedPath(key)
            let keyed = list.map { (key: path.value(in: $0) ?? .null, element: $0) }
            let sorted = keyed.filter { !$0.key.isNull }
                .map { (text: Array($0.key.displayText.utf8), element: $0.element) }
                .sorted { left, right in
                    let (first, second) = isDescending ? (right, left) : (left, right)
                    return first.text.lexicographicallyPrecedes(second.text)
                }
            return Self.result("sorted", sorted.map(\.element) + keyed.filter(\.key.isNull).map(\.element))
        }
    }

    @Sendable static func reverse(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        Self.result("reversed", try Self.list(inputs, context).reversed())
    }

    @Sendable static func unique(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let list = try Self.list(inputs, context)
        var seen: Set<Value> = []
        var result = Self.result("unique", list.filter { seen.insert($0.countingBooleans).inserted })
        result.outputs["duplicates_removed"] = .int(list.count - seen.count)
        return result
    }

    /// An element for which the expression cannot be computed is rejected.
    @Sendable static func filter(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let expression = inputs.string("expression")
        var (kept, rejected): ([Value], [Value]) = ([], [])
        for (index, element) in try Self.list(inputs, context).enumerated() {
            let isKept =
                expression.isBlank
                || ((try? context.evaluate(expression, bindings: Self.names(element, index)))?.isTruthy ?? false)
            if isKept { kept.append(element) } else { rejected.append(element) }
        }
        var result = Self.result("filtered", kept)
        result.outputs["rejected"] = .list(rejected)
        return result
    }

    /// An element for which the expression cannot be computed stays as it is.
    @Sendable static func map(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let expression = inputs.string("expression")
        var mapped: [Value] = []
        for (index, element) in try Self.list(inputs, context).enumerated() {
            let value =
                expression.isBlank ? nil : try? context.evaluate(expression, bindings: Self.names(element, index))
            mapped.append(value ?? element)
        }
        return Self.result("mapped", mapped)
    }

    private static func names(_ element: Value, _ index: Int) -> [String: Value] {
        ["x": element, "item": element, "i": .int(index), "index": .int(index)]
    }

    @Sendable static func reduce(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let list = try Self.list(inputs, context)
        let initial = inputs["initial"]
        if list.isEmpty { return NodeResult(["result": initial]) }
        let values = list.filter { !$0.isNull }
        switch inputs.string("reduce_operation") {
        case "custom": return NodeResult(["result": try Self.custom(list, initial, inputs, &context)])
        case "concat": return NodeResult(["result": .string(try TextLimit.joined(values))])
        case "product": return NodeResult(["result": try ListReduction.product.wholeResult(of: values)])
        case "min": return NodeResult(["result": try ListReduction.min.result(of: values, initial: .null)])
        case "max": return NodeResult(["result": try ListReduction.max.result(of: values, initial: .null)])
        default: return NodeResult(["result": try ListReduction.sum.wholeResult(of: values)])
        }
    }

    private static func custom(
        _ list: [Value], _ initial: Value, _ inputs: Inputs, _ context: inout PureContext
    ) throws(NodeFailure) -> Value {
        let expression = inputs.string("expression")
        if expression.isBlank { throw .value("expression is required for a custom reduction") }
        var result = initial.isNull ? list[0] : initial
        for (index, element) in list.enumerated().dropFirst(initial.isNull ? 1 : 0) {
            let names = Self.names(element, index).merging(["acc": result, "accumulator": result]) { _, new in new }
            result = try context.evaluate(expression, bindings: names)
        }
        return result
    }

    @Sendable static func flatten(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let depth = inputs["depth"].int ?? -1
        let list = try Self.list(inputs, context)
        return Self.result(
            "flattened", ListArranging.flatten(list, depth: depth < 0 ? ListArranging.flattenDepthMax : depth))
    }

    @Sendable static func join(_ inputs: Inputs, _ context: inout PureContext) throws(NodeFailure) -> NodeResult {
        let text = try TextLimit.joined(Self.list(inputs, context), separator: inputs.string("separator"))
        return NodeResult(["result": .string(text)])
    }
}
