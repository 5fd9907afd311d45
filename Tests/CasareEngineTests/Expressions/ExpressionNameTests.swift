import CasareDomain
import Testing

@testable import CasareEngine

@Suite struct ExpressionNameTests {
    private static let variables: Object = [
        "flag": true, "off": false, "n": 3, "s": "ok", "d": ["a": ["b": [4]], "keys": "own"], "strue": "true",
        "sfalse": "false",
        "item": ["price": 2.5, "tags": ["x"]], "none": nil, "items": [], "len": 9, "in_stock": 1, "direction": "up",
        "filename": "a",
        "quoted": "it's \"x\" or 1 == 1", "_job_id": "j", "key": "a", "größe": 4,
    ]
    private static let outputs: [String: Object] = [
        "n1": ["count": 2, "rows": [["id": 7]]], "node-1": ["x": 1], "item": ["result": 8],
    ]

    @Test(
        arguments: [
            ("n", 3), ("n + 1", 4), ("item.price * 2", 5.0), ("item['price']", 2.5), ("item.tags[0]", "x"),
            ("n1.count", 2),
            ("n1.rows[0].id", 7), ("n1['rows'][0]['id']", 7), ("nodes.n1.count", 2), ("item.result", 8),
            ("d.a.b[-1]", 4),
            ("d[key].b[0]", 4),
            ("(item).price", 2.5), ("in_stock", 1), ("len", 9), ("len(s)", 2), ("direction == 'up'", true),
            ("filename == \"a\"", true),
            ("_job_id", "j"), ("größe * 2", 8), ("d.keys", "own"), ("s.upper()", "OK"), ("item.tags[0].upper()", "X"),
            ("d.a['b']", [4]),
            ("s[0]", "o"), ("s[5]", .null),
        ] as [(String, Value)])
    func `bare names are variables and outputs of nodes`(text: String, expected: Value) throws {
        #expect(try Expression.value(of: text, Self.variables, outputs: Self.outputs) == expected)
    }

    @Test(
        arguments: [
            ("{{n}}", 3), ("{{ n }} > 2", true), ("{{s}} == 'ok'", true), ("{{d.a.b[0]}} == 4", true),
            ("{{missing}} == 1", false),
            ("{{flag}} and {{n}} == 3", true), ("{{s}}.upper()", "OK"), ("{{item}}.price", 2.5),
            ("{{item}}['price']", 2.5),
            ("${n} * 2", 6), ("%n% % 2", 1), ("5 % n % 2", 0), ("[{{n}}, ${n}]", [3, 3]), ("{'k': {{n}}}", ["k": 3]),
            ("-{{n}}", -3), ("!{{flag}}", false), ("{{node-1.x}} + 1", 2), ("{{items}} == []", true),
            ("{{items}} != []", false),
            ("{{quoted}} == 1", false), ("{{quoted}}", "it's \"x\" or 1 == 1"), ("{{n1.rows}}[0].id", 7),
            ("{{d.a.b[-1]}}", 4),
        ] as [(String, Value)])
    func `a template is an operand`(text: String, expected: Value) throws {
        #expect(try Expression.value(of: text, Self.variables, outputs: Self.outputs) == expected)
    }

    @Test(
        arguments: [
            ("'{{s}}' == 'ok'", true), ("\"{{n}}\" == '3'", true), ("'{{n}}'", "3"), ("'a {{n}} b'", "a 3 b"),
            ("'{{missing}}'", "{{missing}}"),
            ("'%n%%'", "3%"), ("'100%'", "100%"), ("'${n}'", "3"), ("len('{{quoted}}') == len(quoted)", true),
            ("'{{none}}'", ""),
            ("'{{items}}' == '[]'", true),
        ] as [(String, Value)])
    func `a template inside quotes is a text`(text: String, expected: Value) throws {
        #expect(try Expression.value(of: text, Self.variables) == expected)
    }

    @Test(arguments: [
        "missing", "missing.deep[0]", "{{missing}}", "item.nope", "item.price.deep", "d['nope']", "d.a.b[9]",
        "d.a.b[-9]", "d.a.b['x']",
        "n[0]", "n.x", "missing['a'][1]", "missing.lower()", "missing[1:]", "none.strip().upper()", "$nosuch",
        "{{$nosuch}}", "$timestamp",
    ])
    func `what is not there is null`(text: String) throws {
        #expect(try Expression.value(of: text, Self.variables) == .null)
    }

    @Test(arguments: [
        "missing > 1", "missing < 1", "missing >= missing", "1 <= {{missing}}", "missing == 0", "missing == ''",
        "missing in [1]",
        "1 in missing", "'a' in missing", "missing and 1", "missing.contains('x')", "missing == false",
        "missing in 'null'",
        "missing in {'': 1}",
    ])
    func `a comparison with null does not hold`(text: String) throws {
        #expect(try Expression.value(of: text, Self.variables).conditionIsTrue == false)
    }

    @Test(arguments: [
        "missing == null", "missing is None", "missing != 1", "not missing", "missing not in [1]", "none is null",
        "none == None",
    ])
    func `null is equal to null only`(text: String) throws {
        #expect(try Expression.value(of: text, Self.variables) == true)
    }

    @Test func `bindings hide variables and nodes`() throws {
        let bindings: [String: Value] = ["n": 10, "x": ["a": 1], "n1": [1]]
        #expect(try Expression.value(of: "n + x.a", Self.variables, outputs: Self.outputs, bindings: bindings) == 11)
        #expect(try Expression.value(of: "{{n}}", Self.variables, bindings: bindings) == 10)
        let hidden = try Expression.value(of: "n1.count", Self.variables, outputs: Self.outputs, bindings: bindings)
        #expect(hidden == .null)
        #expect(try Expression.value(of: "s", Self.variables, bindings: bindings) == "ok")
    }

    @Test func `unknown names are listed for a warning`() throws {
        let text = "n > a or {{b.c[0]}} == item.nope or a and x or $timestamp or n1.count"
        let expression = try Expression(parsing: text)
        let scope = Variables(Self.variables)
        scope.setOutputs(["count": 1], of: "n1")
        #expect(expression.unknownNames(in: scope, bindings: ["x": 1]) == ["a", "b.c[0]", "item.nope"])
        #expect(try Expression(parsing: "{{b.c[0]}}").unknownNames(in: scope) == ["b.c[0]"])
    }

    @Test func `the clock's variables can be compared`() throws {
        let clock = ClockReading(secondsSince1970: 1_767_225_600, utcOffsetSeconds: 0)
        #expect(try Expression.value(of: "$timestamp > 5 and {{$currentDate}} == '2026-01-01'", clock: clock) == true)
        #expect(try Expression.value(of: "'on {{$currentDate}}'", clock: clock) == "on 2026-01-01")
        #expect(try Expression(parsing: "x or {{$timestamp}}").readsClock)
        #expect(try Expression(parsing: "x or $timestamp").readsClock)
        #expect(try Expression(parsing: "x or '{{$timestamp}}'").readsClock)
        #expect(try Expression(parsing: "x or '$timestamp' or {{y}}").readsClock == false)
    }
}
