import CasareDomain
import CasareEngine
import CasareNodes
import Testing

@Suite struct VariableNodeTests {
    @Test(
        arguments: [
            ("String", 5, 5), ("String", [1], [1]), ("Boolean", "Yes", true), ("Boolean", "off", false),
            ("Boolean", 0, false),
            ("Int32", " 42 ", 42), ("Int32", 3.9, 3), ("Int32", "3.5", "3.5"), ("Float", "2", 2.0), ("Float", "x", "x"),
            ("Object", #"{"a": 1}"#, ["a": 1]), ("Dict", 3, ["value": 3]), ("Object", "{bad", "{bad"),
            ("Array", "a, b", ["a", "b"]), ("List", "[1, 2]", [1, 2]), ("List", 7, [7]), ("FilePath", 12, "12"),
            ("DataTable", #"[{"a": 1}]"#, [["a": 1]]),
        ] as [(String, Value, Value)])
    func `a variable is set as its type, or kept when it cannot be converted`(
        kind: String, value: Value, stored: Value
    ) throws {
        let call = try PureCall(
            "SetVariableNode",
            [
                "variable_name": "x", "value": value, "variable_type": .string(kind),
            ])
        #expect(call["value"] == stored)
        #expect(call.variables.variable("x") == stored)
        #expect(call.logs.isEmpty == (stored != value || kind == "String"))
    }

    @Test func `a null value is replaced by the default`() throws {
        let call = try PureCall("SetVariableNode", ["variable_name": "x", "default_value": "d"])
        #expect(call.variables.variable("x") == "d")
        #expect(PureCall.failure("SetVariableNode", ["variable_name": ""])?.message == "Variable name is required")
    }

    @Test func `a variable is read by a dotted path`() throws {
        let variables: Object = ["user": ["tags": ["a", "b"]]]
        #expect(
            try PureCall("GetVariableNode", ["variable_name": "user.tags[1]"], variables: variables)["value"] == "b")
        let missing = try PureCall(
            "GetVariableNode", ["variable_name": "nobody", "default_value": 3], variables: variables)
        #expect(missing["value"] == 3)
    }

    @Test(
        arguments: [
            (nil, 1, 1), (41, 1, 42), (2.5, 1, 3.5), ("5", 1, 6), (8, -0.5, 7.5), (1, 2.0, 3),
        ] as [(Value?, Value, Value)])
    func `an increment keeps whole numbers whole`(start: Value?, step: Value, sum: Value) throws {
        let call = try PureCall(
            "IncrementVariableNode", ["variable_name": "n", "increment": step],
            variables: start.map { ["n": $0] } ?? [:])
        #expect(call["value"].jsonText() == sum.jsonText())
        #expect(call.variables.variable("n") == sum)
    }

    @Test func `only numbers grow`() {
        let text = PureCall.failure("IncrementVariableNode", ["variable_name": "t"], variables: ["t": "abc"])
        #expect(text?.message == "could not convert string to float: 'abc'")
        let list = PureCall.failure("IncrementVariableNode", ["variable_name": "t"], variables: ["t": [1]])
        #expect(list?.message == "Variable 't' is a list, not a number")
    }

    @Test(
        arguments: [
            ("hello {name}!", nil, "[n] hello Ann!"), ("{nobody} {} {{name}}", nil, "[n] {nobody} {} {Ann}"),
            (#"{"name": 1}"#, nil, #"[n] {"name": 1}"#), ("m", "cfg", "[n] m | Data: cfg"),
            ("v {}", "", "[n] v {} | Data: "),
            ("", [1, 15.0], "[n]  | Data: [1,15]"),
        ] as [(String, Value, String)])
    func `a log line names its node and fills in known variables`(message: String, data: Value, line: String) throws {
        let call = try PureCall(
            "LogNode", ["message": .string(message), "data": data, "level": "warning"], variables: ["name": "Ann"])
        #expect(call.logs.map(\.message) == [line])
        #expect(call.logs.first?.level == .warning)
    }

    @Test func `the level of an unknown name is info`() throws {
        let call = try PureCall("LogNode", ["message": "m", "level": "loud", "include_node_id": false])
        #expect(call.logs.first?.level == .info)
        #expect(call.logs.first?.message == "m")
        #expect(call["message"] == "m")
    }

    @Test func `an expression is computed from variables and given names`() throws {
        let call = try PureCall(
            "EvalExpressionNode", ["expression": "{{a}} * b + 1", "variables": ["b": 4]], variables: ["a": 2])
        #expect(call["result"] == 9)
        #expect(call["type"] == "int")
        let failure = PureCall.failure("EvalExpressionNode", ["expression": "1 +"])
        #expect(failure?.type == "ExpressionError")
        #expect(failure?.outputs["success"] == false)
    }
}
