import CasareDomain
import Testing

@testable import CasareCLI

struct VariableTests {
    @Test(
        arguments: [
            ("n=5", "n", 5), ("n=-1.5", "n", -1.5), ("b=true", "b", true), ("z=null", "z", .null),
            ("l=[1,\"a\"]", "l", [1, "a"]), ("o={\"k\":1}", "o", ["k": 1]), ("t=hello world", "t", "hello world"),
            ("t=", "t", ""), ("t=a=b", "t", "a=b"), ("zip=01234", "zip", "01234"), ("q=\"5\"", "q", "\"5\""),
            ("q:=\"5\"", "q", "5"), ("q:=[]", "q", []), ("yes=True", "yes", "True"),
            ("date=2026-01-02", "date", "2026-01-02"),
            ("account=12345678901234567890", "account", "12345678901234567890"),
        ] as [(String, String, Value)])
    func `the value of --var is JSON where it can be`(argument: String, name: String, value: Value) throws {
        let assignment = try VariableAssignment(parsing: argument)
        #expect(assignment.name == name)
        #expect(assignment.value == value)
        // Equality does not tell 5 from 5.0, nor would it see a number where text was meant.
        #expect(assignment.value.kindName == value.kindName)
    }

    @Test(arguments: ["novalue", "=5", ":=5", "a b=5", "x:=hello", "x:="])
    func `what is no assignment is refused`(argument: String) {
        #expect(throws: (any Error).self) { try VariableAssignment(parsing: argument) }
    }

    @Test func `an integer stays an integer`() throws {
        #expect(try VariableAssignment(parsing: "n=15").value.jsonText(.compact) == "15")
        #expect(try VariableAssignment(parsing: "n=15.0").value.jsonText(.compact) == "15.0")
    }

    @Test func `a file of variables is JSON or YAML`() throws {
        let json = try VariableFile.parse("{\"b\": 1, \"a\": [2.0]}", name: "v.json")
        #expect(json.keys == ["b", "a"])
        let yaml = try VariableFile.parse(
            """
            # settings
            name: Grüße
            count: 3
            ratio: 2.0
            on: no
            time: 12:30
            quoted: "5"
            nothing: ~
            flag: true
            items:
              - 1
              - {x: 1e3}
            text: |
              two
              lines
            base: &base [1]
            again: *base
            """, name: "v.yaml")
        #expect(
            Value.object(yaml) == [
                "name": "Grüße", "count": 3, "ratio": 2.0, "on": "no", "time": "12:30", "quoted": "5", "nothing": .null,
                "flag": true, "items": [1, ["x": 1000.0]], "text": "two\nlines\n", "base": [1], "again": [1],
            ])
        #expect(try VariableFile.parse("a: 1", name: "stdin") == ["a": 1])
        #expect(try VariableFile.parse(" {\"a\": 1}", name: "stdin") == ["a": 1])
        #expect(try VariableFile.parse("", name: "v.yml") == [:])
        #expect(try VariableFile.parse("\u{FEFF}a: 1\r\nb: 2\r\n", name: "v.yml") == ["a": 1, "b": 2])
    }

    @Test(arguments: [
        ("[1]", "v.json", "v.json must hold an object of variables, not a list"),
        ("{", "v.json", "v.json is not JSON"), ("a: [1", "v.yaml", "v.yaml is not YAML"),
        ("a: 1\na: 2", "v.yaml", "v.yaml is not YAML"),
        ("a:\n\t- 1", "v.yaml", "v.yaml is not YAML: line 2, column 1: found character that cannot start any token"),
        ("{\"a\": {\"b\": 1,\n\"b\": 2}}", "v.json", "v.json: a.b is there twice, again in line 2; leave one"),
        ("? [a]\n: 1", "v.yaml", "v.yaml: a key is not text"), ("- 1", "stdin", "stdin must hold an object"),
    ])
    func `a file that holds something else is a usage error`(text: String, name: String, message: String) {
        let failure = #expect(throws: CommandFailure.self) { try VariableFile.parse(text, name: name) }
        #expect(failure?.status == .usage)
        #expect(failure?.message.hasPrefix(message) == true)
    }

    @Test func `a few lines of YAML cannot stand for billions of values`() {
        let lines = (1...9).map { level in
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            return "a\(level): &a\(level) [\(aliases)]"
        }
        let text = (["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"] + lines).joined(separator: "\n")
        let failure = #expect(throws: CommandFailure.self) { try VariableFile.parse(text, name: "v.yaml") }
        #expect(failure?.message == "v.yaml: it holds more than 1000000 values, with those of its aliases")
        #expect(throws: CommandFailure.self) { try VariableFile.yamlDocuments(text, "v.yaml") }
    }
}
