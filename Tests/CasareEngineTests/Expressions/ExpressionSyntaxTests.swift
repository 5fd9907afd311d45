import CasareDomain
import Testing

@testable import CasareEngine

@Suite struct ExpressionSyntaxTests {
    @Test(arguments: [
        ("", "the expression is empty", 0), ("   ", "the expression is empty", 3),
        ("1 +", "expected a value, not the end", 3),
        ("1 2", "expected an operator, not '2'", 2), ("{{a}} {{b}}", "expected an operator, not '{{b}}'", 6),
        ("a b", "expected an operator, not 'b'", 2),
        ("'a' 'b'", "expected an operator, not a text", 4), ("(1", "expected ')', not the end", 2),
        ("1)", "expected an operator, not ')'", 1),
        ("[1, 2", "expected ']', not the end", 5), ("[,]", "expected a value, not ','", 1),
        ("a[]", "expected a value, not ']'", 2),
        ("a[1", "expected ']', not the end", 3), ("a.", "expected a name after '.', not the end", 2),
        ("a.5", "expected an operator, not '0.5'", 1),
        ("a.(b)", "expected a name after '.', not '('", 2), ("{1: 2", "expected '}', not the end", 5),
        ("{1}", "expected ':', not '}'", 2),
        ("1 if 2", "expected 'else', not the end", 6), ("if 1", "expected a value, not 'if'", 0),
        ("a not b", "expected an operator, not 'not'", 2),
        ("1 + not 2", "expected a value, not 'not'", 4), ("a == ", "expected a value, not the end", 5),
        ("== a", "expected a value, not '=='", 0),
        ("* 2", "expected a value, not '*'", 0), ("a = 1", "unexpected '='; write == to compare", 2),
        ("a; b", "unexpected character ';'", 1),
        ("a ? b", "unexpected character '?'", 2), ("a @ b", "unexpected character '@'", 2),
        ("$", "unexpected character '$'", 0), ("`a`", "unexpected character '`'", 0),
        ("'abc", "text without a closing quote", 0), ("a == \"b", "text without a closing quote", 5),
        ("'\\u12'", "malformed escape sequence in a text", 0),
        ("1abc", "malformed number", 0), ("0x", "malformed number", 0), ("0b12", "malformed number", 0),
        ("1e", "malformed number", 0),
        ("1.5.2", "expected an operator, not '0.2'", 3), ("012", "malformed number: a leading zero", 0),
        ("1e999", "number too large", 0),
        ("{{x|upper}} == 1", "a template must be a path such as {{order.total}}", 0),
        ("1 + {{}}", "a template must be a path such as {{order.total}}", 4),
        ("{{x}", "a template must be a path such as {{order.total}}", 0),
        ("${ x }", "a template must be a path such as {{order.total}}", 0),
        ("é + ü +", "expected a value, not the end", 7), ("'日本' + )", "expected a value, not ')'", 7),
        ("x.foo()", "there is no method 'foo'", 2), ("x.lower(1)", "lower() takes 0 arguments", 2),
        ("x.replace(1)", "replace() takes 2 to 3 arguments", 2),
        ("len()", "len() takes 1 argument", 0), ("len(1, 2)", "len() takes 1 argument", 0),
        ("1 + max()", "max() takes at least 1 argument", 4),
        ("range(1, 2, 3, 4)", "range() takes 1 to 3 arguments", 0), ("5(1)", "expected an operator, not '('", 1),
        ("a[1](2)", "expected an operator, not '('", 4),
        ("a[1:2:3:4]", "expected ']', not ':'", 7), ("lambda: 1", "expected an operator, not ':'", 6),
        ("[x for x in y]", "expected ']', not 'for'", 3),
    ])
    func `text that is not an expression is refused with the place`(text: String, message: String, offset: Int) {
        let error = #expect(throws: ExpressionError.self) { try Expression(parsing: text) }
        #expect(error == ExpressionError(.syntax, message, at: offset))
    }

    @Test(arguments: [
        "__import__('os')", "eval('1')", "exec('1')", "open('/etc/passwd')", "getattr(x, 'y')", "print(1)",
        "compile('1')", "vars()", "input()",
    ])
    func `only the listed functions can be called`(text: String) {
        let error = #expect(throws: ExpressionError.self) { try Expression(parsing: text) }
        #expect(error?.kind == .syntax)
        #expect(error?.message.hasPrefix("there is no function '") == true)
    }

    @Test func `an error reads as a sentence`() {
        let error = #expect(throws: ExpressionError.self) { try Expression(parsing: "a == ") }
        #expect(error?.description == "expected a value, not the end (character 6 of the expression)")
    }

    @Test(arguments: [
        ("x", false), ("text", false), ("{{x}}", false), ("true", false), ("no", false), ("5", false), ("-5", false),
        ("'a == b'", false), ("a.b[0]", false), ("", false), ("  ", false),
        ("well-known", false), ("a/b", false), ("2024-01-01", false), ("2024-01-01 10:00", false), ("C:\\dir", false),
        ("hello world", false), ("ready for the next one", false),
        ("a sentence and a half, not more", false), ("{{a}} {{b}}", false), ("{{x", false), ("{{x|upper}}", false),
        ("100%", false), ("what?", false), ("(x)", false),
        ("{{counter}} < 3", true), ("{{loop.current_item}} > 20", true), ("{{f.exists}} == true", true), ("a==b", true),
        ("a and b", true), ("not a", true), ("!a", true),
        ("x in [1, 2]", true), ("x is None", true), ("{{n}} % 2", true), ("n % 2", true), ("{{n}}-1", true),
        ("a if b else c", true), ("len(x)", true), ("s.startswith('a')", true),
        ("a && b", true), ("a || b", true), ("{{x}} >", true), ("a == 'b", true), ("{{x|upper}} == 1", true),
        ("a b == c", true), ("x = 1 == 1", true),
    ])
    func `a condition with operators is an expression`(text: String, expected: Bool) {
        #expect(Expression.looksLikeExpression(text) == expected)
    }
}
