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
    }

    @Test(arguments: [
        ("[1]", "v.json", "v.json must hold an object of variables, not a list"),
        ("{", "v.json", "v.json is not JSON"), ("a: [1", "v.yaml", "v.yaml is not YAML"),
        ("a: 1\na: 2", "v.yaml", "v.yaml is not YAML"), ("- 1", "stdin", "stdin must hold an object"),
    ])
    func `a file that holds something else is a usage error`(text: String, name: String, message: String) {
        let failure = #expect(throws: CommandFailure.self) { try VariableFile.parse(text, name: name) }
        #expect(failure?.status == .usage)
        #expect(failure?.message.hasPrefix(message) == true)
    }
}
