import CasareDomain
import CasareEngine
import Testing

@Suite struct TextSuperNodeTests {
    @Test(
        arguments: [
            ("Substring", ["text": "héllo", "start": 1, "end": -1], ["result": "éll", "length": 3]),
            ("", ["text": "abab", "search": "b"], ["contains": true, "position": 1, "count": 2]),
            (
                "Contains", ["text": "ABC", "search": "b", "case_sensitive": false],
                ["contains": true, "position": 1, "count": 1]
            ),
            ("Starts With", ["text": "abc", "prefix": "ab"], ["result": true]),
            ("ends with", ["text": "abc", "suffix": "ab"], ["result": false]),
            (
                "Extract (Regex)", ["text": "a1 b2", "pattern": "([a-z])(\\d)"],
                ["match": "a1", "groups": ["a", "1"], "found": true]
            ),
            (
                "Extract", ["text": "A1 b2", "pattern": "[a-z]\\d", "all_matches": true, "ignore_case": true],
                ["match": ["A1", "b2"], "groups": [[], []], "found": true]
            ),
            ("Split", ["text": " a  b "], ["result": ["a", "b"], "count": 2]),
            ("Split", ["text": "a,b,c", "separator": ",", "max_split": 1], ["result": ["a", "b,c"], "count": 2]),
            (
                "Replace", ["text": "aaa", "old_value": "a", "new_value": "b", "replace_count": 2],
                ["result": "bba", "replacements": 2]
            ),
            (
                "Replace", ["text": "a1", "old_value": "\\d", "new_value": "#", "use_regex": true],
                ["result": "a#", "replacements": 1]
            ),
            ("Trim", ["text": " a "], ["result": "a"]),
            ("Trim", ["text": "xax", "trim_mode": "left", "trim_characters": "x"], ["result": "ax"]),
            ("Case", ["text": "aB"], ["result": "ab"]),
            ("Case", ["text": "a b", "case_transform": "title"], ["result": "A B"]),
            ("Pad", ["text": "7", "length": 3, "fill_char": "0"], ["result": "007"]),
            ("Pad", ["text": "7", "length": 3, "pad_mode": "right"], ["result": "7  "]),
            ("Reverse", ["text": "abc"], ["result": "cba"]),
            (
                "Lines", ["text": "a\n\nb", "remove_empty": true],
                ["text": "a\n\nb", "lines": ["a", "b"], "count": 2]
            ),
            (
                "Lines", ["lines": ["a", "b"], "lines_mode": "join", "line_separator": "comma"],
                ["lines": ["a", "b"], "count": 2, "text": "a,b"]
            ),
            ("Count", ["text": "a b c", "count_mode": "words"], ["count": 3]),
            ("Count", ["text": "a b", "exclude_whitespace": true], ["count": 2]),
            ("Count", ["text": "abab", "search": "ab"], ["count": 2]),
            ("Join", ["items": [1, .null, "b"], "separator": "-"], ["result": "1--b"]),
        ] as [(String, Object, Object)])
    func `each action works on its text`(action: String, inputs: Object, outputs: Object) throws {
        let call = try PureCall("TextSuperNode", inputs.merging(["action": .string(action)]))
        #expect(call.result.outputs == outputs)
    }

    @Test(
        arguments: [
            (["action": "Explode"], "Unknown action: Explode"),
            (["action": "Extract", "text": "a"], "pattern is required"),
            (["action": "Join"], "items is required"),
            (["action": "Pad", "length": 1_000_001], "length must be at most 1000000"),
        ] as [(Object, String)])
    func `what it cannot do it says`(inputs: Object, message: String) {
        #expect(PureCall.failure("TextSuperNode", inputs)?.message == message)
    }

    @Test(arguments: ["ListSuperNode", "DictSuperNode", "TextSuperNode"])
    func `the nodes only compute`(name: String) {
        let type = RunFolder.type(name)
        #expect(type.effect == .pure)
        #expect(type.effectFor == nil)
        #expect(type.execOutputs == ["exec_out"])
    }
}
