import CasareDomain
import CasareEngine
import Testing

@Suite struct ListSuperNodeTests {
    private static func call(_ action: String, _ inputs: Object = [:], variables: Object = [:]) throws -> Object {
        try PureCall("ListSuperNode", inputs.merging(["action": .string(action)]), variables: variables).result.outputs
    }

    @Test(
        arguments: [
            (
                "Create List", ["item1": 1, "item2": .null, "item_3": 3, "item10": 10],
                ["list": [1, 10, 3], "length": 3]
            ),
            ("Create", ["items": [0], "item1": "x"], ["list": [0, "x"], "length": 2]),
            ("", ["list": [1, 2], "index": -1], ["item": 2, "found": true]),
            ("Get Item", ["list": [1, 2], "index": -1, "negative_index": false], ["item": .null, "found": false]),
            ("get_item", ["list": [1], "index": 7, "default_value": 0], ["item": 0, "found": false]),
            ("Length", ["list": "[1, 2]"], ["length": 2, "is_empty": false]),
            ("Length", ["list": "no list"], ["length": 0, "is_empty": true]),
            ("Contains", ["list": [1, 2, 1], "item": 1], ["contains": true, "index": 0, "count": 2]),
            ("Contains", ["list": [1], "item": 3], ["contains": false, "index": -1, "count": 0]),
            ("Append", ["list": [1], "item": [2]], ["list": [1, [2]], "length": 2]),
            ("Append", ["list": [1], "item": [2, 3], "extend": true], ["list": [1, 2, 3], "length": 3]),
            ("Append", ["list": [1, 2], "item": 0, "position": "start"], ["list": [0, 1, 2], "length": 3]),
            (
                "Append", ["list": [1, 2], "item": 9, "position": "index", "insert_index": -1],
                ["list": [1, 9, 2], "length": 3]
            ),
            ("Append", ["list": 1, "item": 2], ["list": [1, 2], "length": 2]),
            ("Slice", ["list": [0, 1, 2, 3], "start": 1, "end": -1], ["slice": [1, 2], "length": 2]),
            ("Slice", ["list": [0, 1, 2, 3], "step": 2], ["slice": [0, 2], "length": 2]),
            ("Slice", ["list": [0, 1, 2, 3], "step": -1], ["slice": [3, 2, 1, 0], "length": 4]),
            ("Slice", ["list": [0, 1, 2], "start": 9, "end": -9, "step": -2], ["slice": [2, 0], "length": 2]),
            ("Sort", ["list": [3, 1, 2], "descending": true], ["sorted": [3, 2, 1], "length": 3]),
            ("Sort", ["list": [2, "1", .null, "b"]], ["sorted": ["1", 2, "b", .null], "length": 4]),
            (
                "Sort", ["list": [["n": 2], ["n": 1]], "sort_key": "n"],
                ["sorted": [["n": 1], ["n": 2]], "length": 2]
            ),
            ("Reverse", ["list": [1, 2]], ["reversed": [2, 1], "length": 2]),
            ("Unique", ["list": [2, 1, 2]], ["unique": [2, 1], "length": 2, "duplicates_removed": 1]),
            ("Unique", ["list": [1, true]], ["unique": [1], "length": 1, "duplicates_removed": 1]),
            (
                "Filter", ["list": [1, "x", 3], "expression": "x > 1"],
                ["filtered": [3], "rejected": [1, "x"], "length": 1]
            ),
            ("Filter", ["list": [1], "expression": ""], ["filtered": [1], "rejected": [], "length": 1]),
            ("Map", ["list": [1, "a"], "expression": "item * 2 + i"], ["mapped": [2, "a"], "length": 2]),
            ("Reduce", ["list": [1, .null, 2]], ["result": 3]),
            ("Reduce", ["list": [2, 2.5], "reduce_operation": "product"], ["result": 5.0]),
            ("Reduce", ["list": [2, 5, 1], "reduce_operation": "max"], ["result": 5]),
            ("Reduce", ["list": [2, 5, 1], "reduce_operation": "min"], ["result": 1]),
            ("Reduce", ["list": ["a", 1], "reduce_operation": "concat"], ["result": "a1"]),
            ("Reduce", ["list": [], "initial": 7], ["result": 7]),
            (
                "Reduce",
                ["list": [1, 2, 3], "reduce_operation": "custom", "expression": "acc * 10 + x", "initial": 4],
                ["result": 4123]
            ),
            ("Flatten", ["list": [1, [2, [3]]]], ["flattened": [1, 2, 3], "length": 3]),
            ("Flatten", ["list": [1, [2, [3]]], "depth": 1], ["flattened": [1, 2, [3]], "length": 3]),
            ("Join", ["list": [1, "b"], "separator": "-"], ["result": "1-b"]),
        ] as [(String, Object, Object)])
    func `each action works on its list`(action: String, inputs: Object, outputs: Object) throws {
        #expect(try Self.call(action, inputs) == outputs)
    }

    @Test func `a list is found by its variable's name, and stays as it was`() throws {
        let call = try PureCall(
            "ListSuperNode", ["action": "Append", "list": "names", "item": "c"], variables: ["names": ["a", "b"]])
        #expect(call["list"] == ["a", "b", "c"])
        #expect(call.variables.variable("names") == ["a", "b"])
    }

    @Test(
        arguments: [
            (["action": "Explode"], "Unknown action: Explode"),
            (["action": "Get Item", "list": 5], "Input is not a list"),
            (["action": "Sort", "list": "none"], "Input is not a list"),
            (["action": "Slice", "list": [1], "step": 0], "step must not be 0"),
            (["action": "Reduce", "list": ["a"]], "'a' is not a number"),
            (
                ["action": "Reduce", "list": [1], "reduce_operation": "custom"],
                "expression is required for a custom reduction"
            ),
        ] as [(Object, String)])
    func `what it cannot do it says`(inputs: Object, message: String) {
        #expect(PureCall.failure("ListSuperNode", inputs)?.message == message)
    }

    @Test func `a document's expression reaches the node as it is written`() async throws {
        let run = try await StandardRun(
            [
                "s": ("StartNode", [:]),
                "f": (
                    "ListSuperNode",
                    ["action": "Filter", "list": "{{numbers}}", "expression": "{{x}} > {{least}}"]
                ),
                "v": StandardRun.set("out", "{{f.filtered}}"),
            ], ["s > f", "f > v"], variables: ["numbers": [1, 5, 9], "least": 4])
        #expect(run["out"] == [5, 9])
    }

    @Test func `a wrong choice and a depth out of bounds fail the node`() async throws {
        for (config, message) in [
            (["action": "Append", "position": "middle"], "position must be one of: end, start, index"),
            (["action": "Flatten", "depth": 101], "depth must be between -1 and 100, not 101"),
        ] as [(Object, String)] {
            let run = try await StandardRun(["s": ("StartNode", [:]), "l": ("ListSuperNode", config)], ["s > l"])
            #expect(run.failure?.message.contains(message) == true, "\(run.failure?.message ?? "it succeeded")")
        }
    }
}
