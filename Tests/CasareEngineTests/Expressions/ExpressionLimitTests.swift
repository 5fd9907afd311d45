import CasareDomain
import Testing

@testable import CasareEngine

@Suite struct ExpressionLimitTests {
    private static func nested(_ depth: Int, _ open: String, _ close: String) -> String {
        String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    }

    @Test func `length is limited`() throws {
        let longest = "'" + String(repeating: "é", count: Expression.Limits.lengthMax - 2) + "'"
        _ = try Expression(parsing: longest)
        let error = #expect(throws: ExpressionError.self) { try Expression(parsing: longest + " ") }
        #expect(error?.kind == .syntax)
    }

    @Test(arguments: [
        ("(", ")"), ("[", "]"), ("not ", ""), ("-", ""), ("!", ""), ("2 ** ", ""), ("abs(", ")"), ("{'a': ", "}"),
        ("1 if 1 else ", ""),
    ])
    func `nesting is limited`(open: String, close: String) throws {
        // The whole expression is a level of its own.
        _ = try Expression(parsing: Self.nested(Expression.Limits.depthMax - 1, open, close))
        let error = #expect(throws: ExpressionError.self) {
            try Expression(parsing: Self.nested(Expression.Limits.depthMax, open, close))
        }
        #expect(error?.message == "nested more than 50 levels deep")
        #expect(throws: ExpressionError.self) { try Expression(parsing: Self.nested(600, open, close)) }
    }

    @Test func `a long chain is not deep`() throws {
        let terms = 5000
        #expect(try Expression.value(of: Array(repeating: "1", count: terms).joined(separator: "+")) == .int(terms))
        #expect(try Expression.value(of: Array(repeating: "1", count: 1000).joined(separator: " and ")) == 1)
        #expect(try Expression.value(of: Array(repeating: "1", count: 1000).joined(separator: " == ")) == true)
        #expect(try Expression.value(of: Array(repeating: "1", count: 1000).joined(separator: "-")) == -998)
        #expect(try Expression.value(of: "x" + String(repeating: "['a']", count: 40)) == .null)
    }

    @Test(arguments: [
        ("4000000 ** 2", "4000001 ** 2"), ("1 ** 4000000", "1 ** 4000001"), ("2 ** -4000000", "2 ** -4000001"),
        ("1 << 1000", "1 << 10001"),
        ("1 >> 10000", "1 >> 10001"), ("1 >> 0", "1 >> -1"), ("2 ** 1023", "2 ** 1024"), ("0 << 10000", "1 << 10000"),
        ("10.0 ** 308", "10.0 ** 309"), ("1e308 * 1", "1e308 * 10"),
        ("1e308 + 1e307", "1e308 + 1e308"), ("len('x' * 100000)", "len('x' * 100001)"),
        ("len('é' * 50000)", "len('é' * 50001)"),
        ("len('x' * 99999 + 'y')", "len('x' * 100000 + 'y')"), ("len([0] * 900000)", "len([0] * 1000000)"),
        ("len(range(900000))", "len(range(1000000))"),
        ("len([[0] * 1000] * 900)", "len([[0] * 1000] * 1000)"),
        ("('x' * 50000).replace('x', 'xy').count('y')", "('x' * 50001).replace('x', 'xy')"),
        ("len(','.join(['x'] * 50000))", "len(','.join(['x'] * 50001))"),
    ])
    func `computing is limited`(allowed: String, refused: String) throws {
        _ = try Expression.value(of: allowed)
        let error = #expect(throws: ExpressionError.self) { try Expression.value(of: refused) }
        #expect(error?.kind == .limit)
    }

    @Test(arguments: [
        "[0] * 9223372036854775807", "'ab' * 9223372036854775807", "range(9223372036854775807)",
        "range(-9223372036854775807, 9223372036854775807)",
        "range(0, -9223372036854775807, -1)", "[[[[0] * 1000] * 1000] * 1000] * 1000", "[0] * 500000 + [0] * 500000",
        "sum([1] * 999999) + sum([1] * 999999)",
    ])
    func `nothing can be made so large that it takes long`(text: String) {
        let error = #expect(throws: ExpressionError.self) { try Expression.value(of: text) }
        #expect(error?.kind == .limit)
    }

    @Test func `data from outside is not limited`() throws {
        let variables: Object = [
            "rows": .list(Array(repeating: 1, count: 2_000_000)),
            "text": .string(String(repeating: "x", count: 500_000)),
        ]
        #expect(try Expression.value(of: "len(rows)", variables) == 2_000_000)
        #expect(try Expression.value(of: "sum(rows)", variables) == 2_000_000)
        #expect(try Expression.value(of: "text.endswith('xx') and text.contains('xxx')", variables) == true)
        #expect(try Expression.value(of: "1 in rows", variables) == true)
    }
}
