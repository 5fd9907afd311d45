import CasareDomain
import CasareEngine
import Testing

@Suite struct DictNodeTests {
    private let dict: Value = ["k": 1, "n": ["m": nil, "l": [10, 20]]]

    @Test func `a dict is made of any number of keys and values`() throws {
        let call = try PureCall(
            "CreateDictNode",
            [
                "key_1": "a", "value_1": 1, "key_2": "", "value_2": 2, "key_12": "z", "value_12": [1],
                "entries": ["first": 0],
            ])
        #expect(call["dict"].jsonText() == #"{"first":0,"a":1,"z":[1]}"#)
    }

    @Test func `a missing key has the default`() throws {
        #expect(try PureCall("DictGetNode", ["dict": self.dict, "key": "k"])["value"] == 1)
        let missing = try PureCall("DictGetNode", ["dict": self.dict, "key": "zz", "default": "d"])
        #expect(missing["value"] == "d")
        #expect(missing["found"] == false)
    }

    @Test func `setting and removing make copies`() throws {
        #expect(
            try PureCall("DictSetNode", ["dict": ["a": 1], "key": "b", "value": nil])["result"].jsonText()
                == #"{"a":1,"b":null}"#)
        #expect(try PureCall("DictSetNode", ["dict": "junk", "key": "b", "value": 2])["result"] == ["b": 2])
        #expect(PureCall.failure("DictSetNode", ["dict": [:], "key": ""])?.message == "Key is required")
        let removed = try PureCall("DictRemoveNode", ["dict": ["a": 1, "b": 2], "key": "a"])
        #expect(removed["result"] == ["b": 2])
        #expect(removed["removed_value"] == 1)
        #expect(try PureCall("DictRemoveNode", ["dict": ["a": 1], "key": "z"])["removed_value"] == nil)
    }

    @Test func `the second dict wins, and may be named`() throws {
        let call = try PureCall(
            "DictMergeNode", ["dict_1": ["a": 1, "b": 1], "dict_2": "more"], variables: ["more": ["b": 2]])
        #expect(call["result"] == ["a": 1, "b": 2])
        #expect(try PureCall("DictMergeNode", ["dict_1": 5, "dict_2": ["a": 1]])["result"] == ["a": 1])
    }

    @Test func `keys, values and items keep their order`() throws {
        let dict: Value = ["z": 1, "a": 2]
        #expect(try PureCall("DictKeysNode", ["dict": dict])["keys"] == ["z", "a"])
        #expect(try PureCall("DictValuesNode", ["dict": dict])["values"] == [1, 2])
        #expect(
            try PureCall("DictItemsNode", ["dict": dict])["items"] == [
                ["key": "z", "value": 1], ["key": "a", "value": 2],
            ])
        #expect(try PureCall("DictItemsNode", ["dict": dict])["count"] == 2)
        #expect(try PureCall("DictHasKeyNode", ["dict": dict, "key": "a"])["has_key"] == true)
        #expect(try PureCall("DictHasKeyNode", ["dict": dict, "key": ""])["has_key"] == false)
    }

    @Test(
        arguments: [
            ("n.l[1]", 20), ("n.l.0", 10), ("n.m.q", nil), ("n.m", nil), ("x.y", nil), ("", nil), ("k", 1),
        ] as [(String, Value)])
    func `a property is read along its path`(path: String, value: Value) throws {
        #expect(
            try PureCall("GetPropertyNode", ["object": self.dict, "property_path": .string(path)])["value"] == value)
    }

    @Test func `only dicts and lists have properties`() {
        #expect(PureCall.failure("GetPropertyNode", ["object": 5])?.message == "Input is not a dictionary")
    }

    @Test func `JSON text is read and written`() throws {
        #expect(
            try PureCall("JsonParseNode", ["json_string": #"{"a": [1, 2.0, null]}"#])["data"] == ["a": [1, 2.0, nil]])
        #expect(try PureCall("JsonParseNode", ["json_string": "42"])["data"] == 42)
        #expect(
            PureCall.failure("JsonParseNode", ["json_string": "{bad}"])?.message.hasPrefix("Invalid JSON: line 1")
                == true)
        #expect(PureCall.failure("JsonParseNode", [:]) != nil)
        #expect(
            try PureCall("DictToJsonNode", ["dict": ["é": [1.0, nil]]])["json_string"] == #"{"\u00e9": [1.0, null]}"#)
        let pretty = try PureCall(
            "DictToJsonNode",
            [
                "dict": ["b": 1, "a": "é"], "indent": 2, "sort_keys": true, "ensure_ascii": false,
            ])
        #expect(pretty["json_string"] == "{\n  \"a\": \"é\",\n  \"b\": 1\n}")
        #expect(try PureCall("DictToJsonNode", [:])["json_string"] == "{}")
        #expect(try PureCall("DictToJsonNode", ["dict": "d"], variables: ["d": [1]])["json_string"] == "[1]")
    }
}
