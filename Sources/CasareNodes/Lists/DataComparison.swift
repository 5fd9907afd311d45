import CasareDomain
import CasareEngine

/// Comparing two tables row by row: `DataCompareNode`.
enum DataComparison {
    static let type = NodeType(
        "DataCompareNode", family: "Lists and dicts", "Compares two lists of dicts.",
        parameters: [
            .init("data_a", .any, "The first rows; anything but a list has none."),
            .init("data_b", .any, "The second rows; anything but a list has none."),
            .init(
                "key_columns", .string, default: "",
                "Columns that identify a row, comma-separated; empty: its position."),
            .init("compare_all_columns", .boolean, default: true, "Look for differences outside the key columns."),
            .init("case_sensitive", .boolean, default: true, "Tell capital letters from small ones."),
        ],
        outputs: [
            .init("only_in_a", .list), .init("only_in_b", .list), .init("matched", .list),
            .init("diff_summary", .object), .init("has_differences", .boolean),
        ],
        .pure(Self.compare))

    @Sendable private static func compare(
        _ inputs: Inputs, _ context: inout PureContext
    ) throws(NodeFailure) -> NodeResult {
        let columns = inputs.string("key_columns").split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
        let isSensitive = inputs.bool("case_sensitive")
        let rowsA = (context.list(inputs["data_a"]) ?? []).compactMap(\.object)
        let rowsB = (context.list(inputs["data_b"]) ?? []).compactMap(\.object)
        func key(of row: Object, at position: Int) -> Value {
            if columns.isEmpty { return .int(position) }
            return .list(columns.map { Self.comparable(row[$0] ?? .null, isSensitive) })
        }
        // Positions in b by key, first one last.
        var waiting: [Value: [Int]] = [:]
        for (position, row) in rowsB.enumerated().reversed() {
            waiting[key(of: row, at: position), default: []].append(position)
        }
        var (onlyA, matched): ([Value], [Value]) = ([], [])
        var matchedInB: Set<Int> = []
        var modified = 0
        for (position, row) in rowsA.enumerated() {
            let rowKey = key(of: row, at: position)
            guard let partner = waiting[rowKey]?.popLast() else {
                onlyA.append(.object(row))
                continue
            }
            matchedInB.insert(partner)
            let other = rowsB[partner]
            let different =
                inputs.bool("compare_all_columns")
                ? Self.differences(row, other, besides: columns, isSensitive: isSensitive) : []
            if !different.isEmpty { modified += 1 }
            let names = columns.map { row[$0]?.displayText ?? "" }.joined(separator: ", ")
            matched.append([
                "key": columns.isEmpty ? .int(position) : .string(names), "row_a": .object(row),
                "row_b": .object(other), "is_modified": .bool(!different.isEmpty),
                "different_columns": .list(different.map(Value.string)),
            ])
        }
        let onlyB = rowsB.indices.filter { !matchedInB.contains($0) }.map { Value.object(rowsB[$0]) }
        return NodeResult([
            "only_in_a": .list(onlyA), "only_in_b": .list(onlyB), "matched": .list(matched),
            "diff_summary": [
                "added_count": .int(onlyB.count), "removed_count": .int(onlyA.count),
                "modified_count": .int(modified), "matched_count": .int(matched.count),
                "total_a": .int(rowsA.count), "total_b": .int(rowsB.count),
                "key_columns": .list(columns.map(Value.string)),
            ],
            "has_differences": .bool(!onlyA.isEmpty || !onlyB.isEmpty || modified > 0),
        ])
    }

    private static func differences(
        _ a: Object, _ b: Object, besides columns: [String], isSensitive: Bool
    ) -> [String] {
        let names = a.keys + b.keys.filter { a[$0] == nil }
        return names.filter { name in
            !columns.contains(name)
                && Self.comparable(a[name] ?? .null, isSensitive) != Self.comparable(b[name] ?? .null, isSensitive)
        }
    }

    private static func comparable(_ value: Value, _ isSensitive: Bool) -> Value {
        guard !isSensitive, let text = value.string else { return value.countingBooleans }
        return .string(text.lowercased())
    }
}
