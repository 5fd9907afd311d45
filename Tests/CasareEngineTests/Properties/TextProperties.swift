import CasareDomain
import CasareEngine
import Testing

/// Whatever people write into templates and expressions, there is an answer, and it is always the same.
struct TextProperties {
    private static let variables: Object = [
        "x": 5, "t": "text {{x}}", "n": nil, "f": 2.5, "yes": true, "l": [1, [2, "{{x}}"], nil],
        "o": ["k": ["d": -1], "0": "zero"], "item": "i", "größe": 1,
    ]

    private static func scope() -> Variables {
        let scope = Variables(
            Self.variables, names: .init(outputAliases: ["node-1": ["a": "b"]], nodes: ["N": "node-1"]))
        scope.setOutputs(["b": [1, 2], "e": nil], of: "node-1")
        return scope
    }

    private static let templatePieces = [
        "{{", "}}", "{", "}", "${", "$", "%", "x", "t", " ", ".", "[0]", "[-1]", "[99999999999999999999]", "nodes",
        "prev",
        "node-1", ".b", ".0", "$timestamp", "$currentDate", "o.k.d", "l[1][1]", "ä", "😀", "text", "{{x}}", "{{t}}",
        "{{n}}", "${x}", "%x%", "\n",
    ]

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `any text is a template, and what it yields is not read again`(seed: UInt64) throws {
        var generator = Generator(seed: 300 + seed)
        let clock = ClockReading(secondsSince1970: 1e9, utcOffsetSeconds: 3600)
        let scope = Self.scope()
        for _ in 0..<5000 {
            let text = generator.text(of: Self.templatePieces, upTo: 10)
            let template = Template(.string(text))
            let first = try template.resolve(in: scope, clock: clock)
            #expect(try template.resolve(in: scope, clock: clock) == first)
            if template.isLiteral { #expect(first == .value(.string(text))) }
            if !template.readsClock { #expect(try template.resolve(in: scope, clock: nil) == first) }
            // A variable that holds this very text yields it as it is.
            let held = Variables(["held": .string(text)])
            #expect(try Template("{{held}}").resolve(in: held, clock: nil) == .value(.string(text)))
            #expect(try Template("<{{held}}>").resolve(in: held, clock: nil) == .value(.string("<\(text)>")))
        }
    }

    private static let expressionPieces = [
        "1", "2.5", "0x1F", "1e3", "'a'", "\"b\"", "'{{x}}'", "x", "t", "n", "o.k.d", "l[0]", "l[-1:]", "l[::0]",
        "{{x}}",
        "%x%", "unknown", " ", "+", "-", "*", "/", "//", "%", "**", "<<", ">>", "&", "|", "^", "~", "!", "==", "!=",
        "<",
        "<=", ">", ">=", "and", "or", "not", "in", "is", "if", "else", "&&", "||", "(", ")", "[", "]", "{", "}", ",",
        ":",
        ".", "len(", "min(", "range(", "sorted(", "int(", "str(", ".upper()", ".split(", "None", "True", "false", "\\",
        "'", "ä", "9223372036854775807", "$timestamp",
    ]

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `any text is an expression or has a fault in it, and a value or a reason not to have one`(seed: UInt64) {
        var generator = Generator(seed: 400 + seed)
        let scope = Self.scope()
        for _ in 0..<5000 {
            let separator = generator.chance(oneIn: 2) ? " " : ""
            let text = (0..<generator.int(1...9)).map { _ in generator.pick(Self.expressionPieces) }
                .joined(separator: separator)
            Self.check(text, in: scope)
        }
    }

    private static let samples = [
        "{{x}} > 4 and not (t == 'text' or n is None)", "[i for i]", "len(l) + o.k.d ** 2 // 3 if yes else -x",
        "{'a': [1, 2.5, x], t: {}}['a'][-1]", "t.upper().split(' ')[0].startswith('T') || l[0:2] == [1, 2]",
        "min(1, 2, max(3, x)) << 3 & ~7 | 1 ^ 5", "'{{t}}' in ['a', \"b\\n\"] != false",
    ]

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `damaged expressions are handled like any other`(seed: UInt64) {
        var generator = Generator(seed: 500 + seed)
        let scope = Self.scope()
        for _ in 0..<2000 {
            let bytes = generator.mutated(generator.pick(Self.samples), with: Self.expressionPieces)
            Self.check(String(decoding: bytes, as: UTF8.self), in: scope)
        }
    }

    private static func check(_ text: String, in scope: Variables) {
        _ = Expression.looksLikeExpression(text)
        let expression: Expression
        do {
            expression = try Expression(parsing: text)
        } catch {
            #expect(error.kind == .syntax, "\(text)")
            #expect(error.offset >= 0 && error.offset <= text.unicodeScalars.count, "\(text): \(error)")
            return
        }
        func evaluated() -> Result<Value, ExpressionError> {
            var random = SeededRandom(seed: 1)
            return Result { () throws(ExpressionError) in
                try expression.evaluate(
                    in: scope, clock: ClockReading(secondsSince1970: 1, utcOffsetSeconds: 0), random: &random)
            }
        }
        let first = evaluated()
        let second = evaluated()
        switch (first, second) {
        case (.success(let first), .success(let second)): #expect(first.jsonText() == second.jsonText(), "\(text)")
        case (.failure(let first), .failure(let second)):
            #expect(first == second, "\(text)")
            #expect(first.kind != .syntax, "\(text)")
        case (.success, .failure), (.failure, .success): Issue.record("\(text) is not always the same")
        }
    }

    /// A tree of integer arithmetic, as text and with the value that Python's rules give it.
    private static func sum(_ generator: inout Generator, depth: Int) -> (text: String, value: Int) {
        guard depth > 0, !generator.chance(oneIn: 4) else {
            let number = generator.int(0...9)
            return ("\(number)", number)
        }
        let (left, right) = (self.sum(&generator, depth: depth - 1), self.sum(&generator, depth: depth - 1))
        switch generator.int(0...4) {
        case 0: return ("(\(left.text) + \(right.text))", left.value + right.value)
        case 1: return ("(\(left.text) - \(right.text))", left.value - right.value)
        case 2: return ("(\(left.text) * \(right.text))", left.value * right.value)
        case 3:
            return (
                "(-\(left.text) if \(right.text) > 3 else \(right.text))", right.value > 3 ? -left.value : right.value
            )
        default: return ("max(\(left.text), \(right.text))", max(left.value, right.value))
        }
    }

    @Test(arguments: 0..<2 as Range<UInt64>)
    func `integer arithmetic is right`(seed: UInt64) throws {
        var generator = Generator(seed: 600 + seed)
        for _ in 0..<1500 {
            let (text, value) = Self.sum(&generator, depth: 4)
            var random = SeededRandom(seed: 1)
            #expect(
                try Expression(parsing: text).evaluate(in: Variables(), clock: nil, random: &random) == .int(value),
                "\(text)")
        }
    }
}
