import CasareDomain
import CasareEngine
import Testing

@Suite struct MathNodeTests {
    @Test(
        arguments: [
            ("add", 1, 2, "3"), ("add", 0.1, 0.2, "0.30000000000000004"), ("Add", "1", "2", "3"),
            ("subtract", 1, 3, "-2"),
            ("multiply", 4, 2.5, "10.0"), ("divide", 6, 3, "2"), ("divide", 1, 3, "0.3333333333333333"),
            ("modulo", -7, 3, "2"), ("modulo", 7, -3, "-2"), ("modulo", -7.5, 2, "0.5"),
            ("floor_divide", -7, 2, "-4"), ("floor_divide", 7.5, 2, "3.0"), ("power", 2, 10, "1024"),
            ("power", 2, -1, "0.5"),
            ("power", 4, 0.5, "2.0"), ("min", 7, 9, "7"), ("max", 7, 9.5, "9.5"), ("abs", -4, 0, "4"),
            ("sqrt", 16, 0, "4"),
            ("sqrt", 2.25, 0, "1.5"), ("floor", -1.5, 0, "-2"), ("ceil", 1.2, 0, "2"), ("round", 2.5, 0, "2"),
            ("round", 3.5, 0, "4"), ("cos", 0, 0, "1"), ("log", 100, 10, "2"), ("log", 8, 2, "3"),
            ("log10", 1000, 0, "3"),
            ("exp", 0, 0, "1"), ("negate", 7, 0, "-7"), ("length", "Hello World", 0, "11"), ("length", [1, 2], 0, "2"),
            ("add", .int(.max), 1, "9.223372036854776e+18"), ("multiply", .int(.max), 2, "1.8446744073709552e+19"),
            ("abs", .int(.min), 0, "9.223372036854776e+18"), ("floor_divide", .int(.min), -1, "9.223372036854776e+18"),
            ("modulo", .int(.min), -1, "0"), ("divide", .int(.min), -1, "9.223372036854776e+18"),
            ("divide", .int(.max), 2, "4.611686018427388e+18"), ("divide", 6, -1, "-6"), ("divide", -7, 2, "-3.5"),
        ] as [(String, Value, Value, String)])
    func `whole numbers stay whole where they can`(operation: String, a: Value, b: Value, result: String) throws {
        let call = try PureCall("MathOperationNode", ["operation": .string(operation), "a": a, "b": b])
        #expect(call["result"].jsonText() == result)
    }

    @Test func `operands may be names of variables, and a variable gets the result`() throws {
        let call = try PureCall(
            "MathOperationNode", ["a": "x", "b": "row.n", "operation": "add", "output_var": "sum"],
            variables: ["x": 7, "row": ["n": "1"]])
        #expect(call["result"] == 8)
        #expect(call.variables.variable("sum") == 8)
    }

    @Test(arguments: [(2, 1.0 / 3, "0.33"), (2, 2.675, "2.67"), (0, 2.5, "2.0"), (-2, 1250.0, "1200.0")])
    func `results are rounded half to even, as doubles have their digits`(digits: Int, a: Double, result: String) throws
    {
        let call = try PureCall(
            "MathOperationNode",
            [
                "operation": "multiply", "a": .double(a), "b": 1, "round_digits": .int(digits),
            ])
        #expect(call["result"].jsonText() == result)
    }

    @Test(
        arguments: [
            (1234, -2, 1200), (1250, -2, 1200), (1350, -2, 1400), (-1350, -2, -1400), (1251, -2, 1300), (49, -2, 0),
            (1234, 2, 1234), (1234, -30, 0), (.int(.max), -19, .double(1e19)),
            (.int(.max), -18, 9_000_000_000_000_000_000),
        ] as [(Value, Int, Value)])
    func `whole numbers are rounded before their point`(number: Value, digits: Int, result: Value) throws {
        let call = try PureCall(
            "MathOperationNode", ["operation": "add", "a": number, "b": 0, "round_digits": .int(digits)])
        #expect(call["result"] == result)
    }

    @Test(
        arguments: [
            ("divide", 1, 0, "Division by zero"), ("floor_divide", 1.5, 0, "Division by zero"),
            ("modulo", 5, 0, "Modulo by zero"), ("power", 0, -1, "Division by zero"),
            ("add", "abc", 2, "a must be numeric"),
            ("add", 1, true, "b must be numeric"), ("sqrt", -1, 0, "A negative number has no square root"),
            ("log", 0, 0, "Only a positive number has a logarithm"), ("log", 5, 1, "1 is no base of logarithms"),
            ("power", -8, 0.5, "A negative number has no power with a fraction"),
            ("power", 10.0, 400, "The result of power is too large"),
            ("exp", 1000, 0, "The result of exp is too large"),
            ("twist", 1, 1, "Unknown operation: twist"),
        ] as [(String, Value, Value, String)])
    func `what has no result fails and says why`(operation: String, a: Value, b: Value, message: String) {
        let failure = PureCall.failure("MathOperationNode", ["operation": .string(operation), "a": a, "b": b])
        #expect(failure?.message == message)
    }

    @Test(
        arguments: [
            (1, "==", "1", false), (true, "==", 1, true), ([1, 2], "==", [1, 2.0], true),
            (["a": 1], "==", ["a": 1], true),
            ("b", ">", "abc", true), ("10", "<", "9", true), ("Z", "<", "a", true), (1, "!=", "1", true),
            (1, "equals (==)", 1.0, true), (2, "Greater than (>)", 1, true), ([1, 2], "<", [1, 3], true),
            (1, "==", nil, false), (nil, "==", nil, true), (1, "<", "2", true), (2, ">=", 2.0, true),
            (3, "<=", 2, false),
            ("Z\u{E9}", "<", "Z\u{1F389}", true),
        ] as [(Value, String, Value, Bool)])
    func `values compare by kind, and numbers with text that says one`(
        a: Value, symbol: String, b: Value, holds: Bool
    ) throws {
        let call = try PureCall("ComparisonNode", ["a": a, "b": b, "operator": .string(symbol)])
        #expect(call["result"] == .bool(holds))
    }

    @Test(
        arguments: [(1, "<", "abc"), ([1], ">", 1), (nil, "<", 1), (["a": 1], "<", ["a": 2]), (1, "~", 1)]
            as [(Value, String, Value)])
    func `values without an order cannot be compared`(a: Value, symbol: String, b: Value) {
        #expect(PureCall.failure("ComparisonNode", ["a": a, "b": b, "operator": .string(symbol)]) != nil)
    }
}
