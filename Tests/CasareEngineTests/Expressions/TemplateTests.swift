import CasareDomain
import Testing

@testable import CasareEngine

@Suite struct TemplateTests {
    private let variables = Variables([
        "x": 5, "name": "x", "flag": true, "total": 15.0, "none": nil, "items": [1, 2.0], "d": ["k": "v"],
        "evil": "{{secret}} ${secret} %secret%", "secret": "hidden", "lst": [["n": "first"]],
    ])

    private func resolve(_ value: Value, clock: ClockReading? = nil) -> Template.Resolution {
        do throws(NodeFailure) {
            return try Template(value).resolve(in: self.variables, clock: clock)
        } catch {
            return .unresolved(text: error.message)
        }
    }

    @Test func `text that would be too long is not made`() throws {
        self.variables.assign("big", .string(String(repeating: "x", count: TextLimit.bytesMax / 2)))
        #expect(throws: NodeFailure.self) {
            try Template("{{big}} {{big}}").resolve(in: self.variables, clock: nil)
        }
        _ = try Template("{{big}}{{big}}").resolve(in: self.variables, clock: nil)
        let quoted = try Expression(parsing: "'{{big}} {{big}}' == 'x'")
        #expect(throws: ExpressionError.self) {
            var random = SeededRandom(seed: 1)
            return try quoted.evaluate(in: self.variables, clock: nil, random: &random)
        }
    }

    @Test(
        arguments: [
            ("{{x}}", Value.int(5)), ("  {{ x }}\n", 5), ("{{\tflag\n}}", true), ("${x}", 5), ("%x%", 5),
            ("{{items}}", [1, 2.0]),
            ("{{none}}", .null), ("{{d}}", ["k": "v"]), ("%lst[0].n%", "first"), ("${lst[0].n}", "first"),
            ("{{lst[-1].n}}", "first"),
        ] as [(String, Value)])
    func `a string that is one template becomes the value itself`(text: String, expected: Value) {
        #expect(self.resolve(.string(text)) == .value(expected))
    }

    @Test(
        arguments: [
            ("n={{x}} {{flag}}", "n=5 true"), ("{{x}}{{x}}", "55"), ("%x%%x%", "55"), ("${x}${x}", "55"),
            ("[{{none}}]", "[]"),
            ("{{total}}", nil), ("={{total}}", "=15"), ("{{items}}!", "[1,2]!"), ("{{d}}!", #"{"k":"v"}!"#),
            ("id={{x}} ${lst[0].n} %d.k%", "id=5 first v"), ("cost: 5%x%", "cost: 55"), ("\\{{x}}", "\\5"),
            ("{{{x}}}", "{5}"),
            ("${x}$", "5$"), ("${{{x}}}", "${5}"), ("é{{x}}日", "é5日"), ("{{x}} ", nil),
            ("a {{x}} b {{nope}} c", "a 5 b {{nope}} c"),
            ("%{{x}}%", "%5%"),
        ] as [(String, String?)])
    func `in mixed text templates become text`(text: String, expected: String?) {
        guard let expected else { return }
        #expect(self.resolve(.string(text)) == .value(.string(expected)))
    }

    @Test(
        arguments: [
            "100% sure 50%", "{{1bad}}", "{{x|upper}}", "{ {x} }", "{{x}", "{{}}", "{{ }}", "{{data['user']}}",
            "{{x y}}",
            "${ x }", "% x %",
            "{x}", "$x", "%", "%%", "{{", "}}", "{{x}{{", "", "plain",
            "{{{{name}}",
            "50%%",
        ] as [String])
    func `other text stays as it is`(text: String) {
        let isPartlyTemplate = text == "{{{{name}}"
        #expect(Template(.string(text)).isLiteral == !isPartlyTemplate)
        #expect(self.resolve(.string(text)) == .value(.string(isPartlyTemplate ? "{{x" : text)))
    }

    @Test(arguments: [
        "{{nope}}", " {{nope}} ", "${nope}", "{{x-1}}", "{{x.y}}", "{{X}}", "{{$nosuch}}", "{{nope.deep[0]}}",
    ])
    func `one template without a value is reported as unresolved`(text: String) {
        #expect(self.resolve(.string(text)) == .unresolved(text: text))
        #expect(self.resolve([.string(text)]) == .value([.string(text)]))
        #expect(self.resolve(.string("x \(text) y")) == .value(.string("x \(text) y")))
    }

    @Test(arguments: ["%nope%", "%TEMP%", "%x.y%", "%$timestamp%"])
    func `per cent signs count only around a known variable`(text: String) {
        let clock = ClockReading(secondsSince1970: 1, utcOffsetSeconds: 0)
        #expect(self.resolve(.string(text), clock: clock) == .value(.string(text)))
        #expect(self.resolve(.string("a\(text)b"), clock: clock) == .value(.string("a\(text)b")))
    }

    @Test func `what a template yields is not searched for templates`() {
        #expect(self.resolve("{{evil}}") == .value("{{secret}} ${secret} %secret%"))
        #expect(self.resolve("<{{evil}}>") == .value("<{{secret}} ${secret} %secret%>"))
        #expect(self.resolve("{{{{name}}}}") == .value("{{x}}"))
    }

    @Test func `lists and objects are resolved throughout, but not their keys`() {
        let value: Value = [
            "k": "{{x}}", "{{x}}": ["a {{name}}", ["deep": "{{nope}}", "n": "${total}"]], "plain": [1, nil],
        ]
        let expected: Value = ["k": 5, "{{x}}": ["a x", ["deep": "{{nope}}", "n": 15.0]], "plain": [1, nil]]
        let resolution = self.resolve(value)
        #expect(resolution == .value(expected))
        guard case .value(.object(let object)) = resolution else { return }
        #expect(object.keys == ["k", "{{x}}", "plain"])
    }

    @Test(arguments: [Value.null, 1, 2.5, true, "text", ["a", 1], ["k": ["{{nope"]]])
    func `a value without templates is a literal`(value: Value) {
        #expect(Template(value).isLiteral)
        #expect(self.resolve(value) == .value(value))
    }

    @Test func `every resolution reads the variables anew`() throws {
        let templates = ["{{n}}", "${n}", "%n%", "{{l[0]}}", "{{o.k}}"].map { Template(.string($0)) }
        for round in 0..<3 {
            self.variables.assign("n", .int(round))
            self.variables.assign("l", [.int(round)])
            self.variables.assign("o", ["k": .int(round)])
            for template in templates {
                #expect(try template.resolve(in: self.variables, clock: nil) == .value(.int(round)))
            }
        }
    }

    @Test func `system variables come from the clock reading`() {
        let clock = ClockReading(secondsSince1970: 1_767_225_600, utcOffsetSeconds: 3600)
        #expect(self.resolve("{{$timestamp}}", clock: clock) == .value(1_767_225_600))
        let mixed = self.resolve("on {{$currentDate}} at {{ $currentTime }}", clock: clock)
        #expect(mixed == .value("on 2026-01-01 at 01:00:00"))
        #expect(self.resolve(["${$currentDateTime}"], clock: clock) == .value(["2026-01-01T01:00:00"]))
        #expect(self.resolve("{{$timestamp}}") == .unresolved(text: "{{$timestamp}}"))
        #expect(self.resolve("{{$nosuch}}", clock: clock) == .unresolved(text: "{{$nosuch}}"))
    }

    @Test(arguments: [
        ("{{$timestamp}}", true), ("a {{$currentDate}}", true), ("{{x}}", false), ("$timestamp", false),
        ("{{$nosuch}}", false),
    ])
    func `only templates that read the clock need one`(text: String, expected: Bool) {
        #expect(Template(.string(text)).readsClock == expected)
        #expect(Template(["a": [.string(text)]]).readsClock == expected)
    }
}
