import CasareDomain
import CasareEngine
import Testing

@Suite struct ValueNodeTests {
    @Test(
        arguments: [
            ("not_empty", "x", nil, nil), ("not_empty", nil, nil, "Value is empty"),
            ("not_empty", [], nil, "Value is empty"),
            ("is_number", true, nil, nil), ("is_number", "1", nil, "Value is not a number"),
            ("is_integer", 1, nil, nil), ("is_integer", true, nil, "Value is not an integer"),
            ("matches_regex", "abc1", #"[a-z]+"#, nil),
            ("matches_regex", "1abc", "[a-z]+", "Value does not match the pattern"),
            ("min_length", "a@b.co", 50, "Length 6 < minimum 50"), ("max_length", [1, 2], 2, nil),
            ("max_length", [1, 2, 3], 2, "Length 3 > maximum 2"), ("min_length", 5, 2, "Value has no length"),
            ("min_value", "3", 2, nil), ("max_value", 3, 2, "Value 3 > maximum 2"),
            ("in_list", "b", ["a", "b"], nil), ("in_list", "b", "a, b", nil),
            ("in_list", "c", "a,b", "Value is not in the list"),
            ("is_email", "a@b.co", nil, nil), ("is_email", "a@b", nil, "Value is not an email address"),
            ("is_url", "https://a.b/c?d", nil, nil), ("is_url", "ftp://a.b", nil, "Value is not an http or https URL"),
            ("custom", 1, nil, "Unknown validation type: custom"),
        ] as [(String, Value, Value, String?)])
    func `a rule says what is wrong with a value`(
        rule: String, value: Value, parameter: Value, complaint: String?
    ) throws {
        let call = try PureCall(
            "ValidateNode",
            [
                "value": value, "validation_type": .string(rule), "validation_param": parameter,
            ])
        #expect(call["error_message"] == .string(complaint ?? ""))
        #expect(call["is_valid"] == .bool(complaint == nil))
        #expect(call.result.port == (complaint == nil ? "valid" : "invalid"))
    }

    @Test func `a message of one's own replaces the rule's`() throws {
        let call = try PureCall("ValidateNode", ["value": "", "error_message": "Name, please"])
        #expect(call["error_message"] == "Name, please")
        #expect(
            PureCall.failure(
                "ValidateNode",
                [
                    "value": "a", "validation_type": "min_length", "validation_param": "many",
                ])?.message == "min_length needs a number in validation_param")
    }

    @Test(
        arguments: [
            ("to_string", 15.0, nil, "15"), ("to_integer", "42", nil, 42), ("to_integer", 3.9, nil, 3),
            ("to_float", "1.5", nil, 1.5), ("to_boolean", "yes", nil, true), ("to_list", "ab", nil, ["a", "b"]),
            ("to_list", ["a": 1], nil, [["a", 1]]), ("to_list", 5, nil, [5]),
            ("to_json", ["a": [1]], nil, #"{"a": [1]}"#),
            ("from_json", "[1]", nil, [1]), ("uppercase", "aß", nil, "ASS"), ("trim", " a ", nil, "a"),
            ("split", "a;b", ";", ["a", "b"]), ("split", "a,b", nil, ["a", "b"]), ("join", [1, 2], "-", "1-2"),
            ("replace", "aXb", ["old": "X", "new": "-"], "a-b"), ("regex_extract", "id 42", #"\d+"#, "42"),
            ("regex_extract", "none", #"\d+"#, nil), ("get_key", ["k": 1], "k", 1), ("get_index", [1, 2], -1, 2),
            ("get_index", [1, 2], 9, nil), ("map_values", [["k": 1], [:]], "k", [1, nil]),
            ("filter_values", [nil, "", 0, "x"], nil, [0, "x"]),
        ] as [(String, Value, Value, Value)])
    func `a value is changed and stored`(name: String, value: Value, parameter: Value, result: Value) throws {
        let call = try PureCall(
            "TransformNode",
            [
                "value": value, "transform_type": .string(name), "transform_param": parameter, "variable_name": "out",
            ])
        #expect(call["result"] == result)
        #expect(call["success"] == true)
        #expect(call.variables.variable("out") == result)
    }

    @Test(
        arguments: [
            ("to_integer", "abc", nil), ("from_json", "{bad", nil), ("replace", "a", "b"), ("get_key", 3, "k"),
            ("map_values", "text", "k"), ("split", "a", ""), ("regex_extract", "a", "("),
        ] as [(String, Value, Value)])
    func `a change that is impossible fails and says so`(name: String, value: Value, parameter: Value) {
        let failure = PureCall.failure(
            "TransformNode",
            [
                "value": value, "transform_type": .string(name), "transform_param": parameter,
            ])
        #expect(failure?.outputs["success"] == false)
        #expect(failure?.outputs["error"]?.string?.isEmpty == false)
    }
}
