import CasareDomain
import CasareEngine
import Testing

@Suite struct DictSuperNodeTests {
    @Test(
        arguments: [
            (
                "Create Dict", ["key1": "a", "value1": 1, "key2": "", "value2": 2, "key_3": "c", "value_3": 3],
                ["dict": ["a": 1, "c": 3], "count": 2]
            ),
            ("Create", ["entries": ["z": 0], "key12": "a", "value12": 1], ["dict": ["z": 0, "a": 1], "count": 2]),
            ("", ["dict": ["a": 1], "key": "a"], ["value": 1, "found": true]),
            ("Get Value", ["dict": [:], "key": "a"], ["value": "", "found": false]),
            ("get", ["dict": [:], "key": "a", "default_value": 5], ["value": 5, "found": false]),
            ("Get Property", ["dict": ["u": ["t": [7]]], "path": "u.t.0"], ["value": 7, "found": true]),
            (
                "Get Property", ["dict": ["u": ["t": 7]], "path": "u/t", "separator": "/"],
                ["value": 7, "found": true]
            ),
            (
                "Get Property", ["dict": ["a.b": ["c": 1]], "path": "a.b/c", "separator": "/"],
                ["value": 1, "found": true]
            ),
            ("Get Property", ["dict": [:], "path": "u.t", "default_value": 0], ["value": 0, "found": false]),
            ("Has Key", ["dict": ["a": .null], "key": "a"], ["has_key": true]),
            ("Get Keys", ["dict": ["b": 1, "a": 2]], ["keys": ["b", "a"], "count": 2]),
            ("Get Values", ["dict": ["b": 1, "a": 2]], ["values": [1, 2], "count": 2]),
            ("Get Items", ["dict": ["b": 1]], ["items": [["key": "b", "value": 1]], "count": 1]),
            (
                "Set Value", ["dict": ["a": 1], "key": "a", "value": 2],
                ["dict": ["a": 2], "previous": 1, "was_update": true]
            ),
            (
                "Set Value", ["key": "a", "value": .null],
                ["dict": ["a": .null], "previous": .null, "was_update": false]
            ),
            (
                "Remove Key", ["dict": ["a": 1, "b": 2], "key": "a"],
                ["dict": ["b": 2], "removed_value": 1, "was_removed": true]
            ),
            (
                "Remove Key", ["dict": ["b": 2], "key": "a", "ignore_missing": true],
                ["dict": ["b": 2], "removed_value": .null, "was_removed": false]
            ),
            (
                "Merge", ["dict1": ["a": 1, "b": ["x": 1]], "dict2": ["a": 2, "b": ["y": 2]]],
                ["merged": ["a": 2, "b": ["y": 2]], "count": 2]
            ),
            (
                "Merge", ["dict1": ["b": ["x": 1]], "dict2": ["b": ["x": 3, "y": 2]], "deep_merge": true],
                ["merged": ["b": ["x": 3, "y": 2]], "count": 1]
            ),
            (
                "Merge", ["dict1": ["a": 1], "dict2": ["a": 2, "c": 3], "overwrite": false],
                ["merged": ["a": 1, "c": 3], "count": 2]
            ),
            ("Parse JSON", ["json_string": "{\"a\": [1]}"], ["data": ["a": [1]], "success": true, "error": ""]),
            ("To JSON", ["data": ["b": "é", "a": 1]], ["json_string": #"{"b": "é", "a": 1}"#, "success": true]),
            (
                "To JSON", ["data": ["b": "é", "a": 1], "sort_keys": true, "ensure_ascii": true],
                ["json_string": #"{"a": 1, "b": "\u00e9"}"#, "success": true]
            ),
            ("To JSON", ["data": [1], "indent": 2], ["json_string": "[\n  1\n]", "success": true]),
        ] as [(String, Object, Object)])
    func `each action works on its dict`(action: String, inputs: Object, outputs: Object) throws {
        let call = try PureCall("DictSuperNode", inputs.merging(["action": .string(action)]))
        #expect(call.result.outputs == outputs)
    }

    @Test(arguments: ["", "  ", "{a}", "[1,"])
    func `text that is no JSON is an outcome, not a failure`(text: String) throws {
        let call = try PureCall("DictSuperNode", ["action": "Parse JSON", "json_string": .string(text)])
        #expect(call["success"] == false)
        #expect(call["data"] == .null)
        #expect(call["error"].string?.isEmpty == false)
    }

    @Test(
        arguments: [
            (["action": "Explode"], "Unknown action: Explode"),
            (["action": "Set Value", "value": 1], "Key is required"),
            (["action": "Remove Key", "key": "a"], "Key not found: a"),
        ] as [(Object, String)])
    func `what it cannot do it says`(inputs: Object, message: String) {
        #expect(PureCall.failure("DictSuperNode", inputs)?.message == message)
    }

    @Test func `a dict comes as JSON text or by its variable's name; anything else fails the node`() async throws {
        for (dict, expected) in [("{\"a\": 1}", 1), ("settings", 2)] as [(Value, Value)] {
            let run = try await StandardRun(
                [
                    "s": ("StartNode", [:]), "d": ("DictSuperNode", ["dict": dict, "key": "a"]),
                    "v": StandardRun.set("out", "{{d.value}}"),
                ], ["s > d", "d > v"], given: ["settings": ["a": 2]])
            #expect(run["out"] == expected)
        }
        let run = try await StandardRun(
            ["s": ("StartNode", [:]), "d": ("DictSuperNode", ["dict": [1], "key": "a"])], ["s > d"])
        #expect(run.failure?.message.contains("Input is not a dictionary") == true)
    }
}
