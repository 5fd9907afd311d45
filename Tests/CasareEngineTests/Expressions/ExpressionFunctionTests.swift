import CasareDomain
import Testing

@testable import CasareEngine

@Suite struct ExpressionFunctionTests {
    @Test(
        arguments: [
            ("str(true)", "true"), ("str(null)", ""), ("str(15.0)", "15"), ("str([1, 'a'])", "[1,\"a\"]"),
            ("'x'.contains('x')", true), ("'abc'.contains('d')", false),
            ("'  a '.trim()", "a"), ("[1, '2'].contains(2)", true), ("{'a': 1}.contains('a')", true),
            ("'abc'.index('c')", 2), ("[1].index(9)", -1), ("'a1'.contains(1)", true),
            ("','.join([1, 2.0, true, null])", "1,2,true,"), ("range(3)", [0, 1, 2]), ("tuple('ab')", ["a", "b"]),
            ("{'a': 1}.items()", [["a", 1]]), ("'x'.split('x')", ["", ""]),
            ("'é🎉'.find('🎉')", 1), ("round(2.5, null)", 2), ("round(9007199254740993)", 9_007_199_254_740_993),
            ("round(1e300)", 1e300), ("round('2.5')", 2), ("abs('-2')", 2),
            ("range('3')", [0, 1, 2]), ("{1: 'a', null: 'b', true: 'c'}", ["1": "a", "": "b", "true": "c"]),
            ("'a'.startswith(['x', 'a'])", true), ("int('12', 3)", 5),
            ("max({'a': 1}.values())", 1), ("any({'a': 0})", true), ("all('')", true), ("bool('false')", true),
            ("'ÄÖ'.lower()", "äö"), ("'straße'.upper()", "STRASSE"),
            ("'\\u00a0x\\u00a0'.strip()", "x"), ("''.join([])", ""), ("'abc'.replace('', 'x')", "abc"),
            ("{}.get('a')", .null),
        ] as [(String, Value)])
    func `functions and methods where they differ from Python or go beyond it`(text: String, expected: Value) throws {
        #expect(try Expression.value(of: text).isIdentical(to: expected))
    }

    @Test(arguments: [
        ("len(5)", "a number has no length"), ("len(null)", "null has no length"),
        ("int('3.7')", "int() cannot read the text as a whole number"),
        ("int('x')", "int() cannot read the text as a whole number"),
        ("int(null)", "int() does not apply to null"), ("int(1e30)", "the number is too large for int()"),
        ("int('9', 8)", "int() cannot read the text in base 8"),
        ("int(5, 2)", "int() with a base takes a text and a base from 2 to 36"),
        ("int('1', 1)", "int() with a base takes a text and a base from 2 to 36"),
        ("float('x')", "float() cannot read the text as a number"),
        ("float('nan')", "float() cannot read the text as a number"),
        ("float([])", "float() does not apply to a list"), ("abs('x')", "abs() does not apply to a string"),
        ("round(null)", "round() does not apply to null"),
        ("round(1.5, 0.5)", "round() needs a whole number of places"),
        ("min([])", "an empty list has no smallest and no largest element"),
        ("max('abc')", "min() and max() take a list or several values"), ("sum(5)", "a number has no elements"),
        ("list(1)", "a number has no elements"), ("any(null)", "null has no elements"),
        ("range(1.5)", "range() takes whole numbers"), ("range(1, 5, 0)", "range() needs a step other than 0"),
        ("randint(0)", "randint() needs a range that is not empty"),
        ("randint(2, 1)", "randint() needs a range that is not empty"),
        ("randint('x')", "randint() takes whole numbers"),
        ("(5).lower()", "a number has no method 'lower'"), ("[1].lower()", "a list has no method 'lower'"),
        ("'a'.keys()", "a string has no method 'keys'"), ("{}.strip()", "an object has no method 'strip'"),
        ("'a'.startswith(null)", "expected a text, not null"), ("'a'.replace([], 'x')", "expected a text, not a list"),
        ("'a'.split('')", "split() needs a separator"), ("[1][::0]", "a slice's step cannot be 0"),
        ("[1]['a':]", "a slice's bounds must be whole numbers"), ("(5)[1:]", "a number cannot be sliced"),
        ("'a'.join(5)", "a number has no elements"),
    ])
    func `wrong arguments are errors that say what is wrong`(text: String, message: String) {
        let error = #expect(throws: ExpressionError.self) { try Expression.value(of: text) }
        #expect(error?.message == message)
        #expect(error?.kind == .type || error?.kind == .value)
    }

    @Test func `random numbers follow from the seed and advance it`() throws {
        let text = "[rand(), randint(6), randint(3, 4), rand()]"
        #expect(try Expression.value(of: text, seed: 7) == Expression.value(of: text, seed: 7))
        #expect(try Expression.value(of: text, seed: 7) != Expression.value(of: text, seed: 8))
        var random = SeededRandom(seed: 1)
        let expression = try Expression(parsing: "rand()")
        let scope = Variables()
        let first = try expression.evaluate(in: scope, clock: nil, random: &random)
        #expect(try expression.evaluate(in: scope, clock: nil, random: &random) != first)
        // Numbers that were drawn before an error stay drawn.
        let state = random
        let failing = try Expression(parsing: "rand() / 0")
        #expect(throws: ExpressionError.self) { try failing.evaluate(in: scope, clock: nil, random: &random) }
        var untouched = state
        #expect(random.next() != untouched.next())
    }

    @Test func `random numbers keep to their ranges`() throws {
        var random = SeededRandom(seed: 3)
        let expression = try Expression(parsing: "[rand(), randint(3), randint(-1, 1)]")
        var (below, between): (Set<Int>, Set<Int>) = ([], [])
        for _ in 0..<500 {
            let drawn = try #require(expression.evaluate(in: Variables(), clock: nil, random: &random).list)
            #expect((0..<1).contains(try #require(drawn[0].double)))
            below.insert(try #require(drawn[1].int))
            between.insert(try #require(drawn[2].int))
        }
        #expect(below == [0, 1, 2])
        #expect(between == [-1, 0, 1])
    }

    @Test(
        arguments: [
            (Value.null, false), (true, true), (false, false), (0, false), (-1, true), (0.0, false), (-0.0, false),
            (2.5, true), ("", false), (" ", true), ("0", true),
            ("false", true), ("no", true), ([], false), ([0], true), ([:], false), (["a": nil], true),
            (.double(.nan), true),
        ] as [(Value, Bool)])
    func `truth is Python's`(value: Value, expected: Bool) {
        #expect(value.isTruthy == expected)
    }

    @Test(
        arguments: [
            (Value.string("false"), false), ("False", false), (" FALSE ", false), ("no", false), ("No\n", false),
            ("0", false), (" 0", false), ("", false), ("yes", true), ("true", true),
            ("ok", true), ("false positive", true), ("none", true), ("00", true), ("nope", true), (" ", true),
            ("1", true),
            ("0.0", true), (0, false), (1, true), (.null, false), ([], false), (["no"], true),
            (.string(String(repeating: " ", count: 200) + "no"), false),
        ] as [(Value, Bool)])
    func `the words false, no and 0 are false as a whole condition`(value: Value, expected: Bool) {
        #expect(value.conditionIsTrue == expected)
    }
}
