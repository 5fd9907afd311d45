import CasareDomain
import Testing

@testable import CasareEngine

@Suite struct TemplatePathTests {
    private let variables: Variables

    init() {
        self.variables = Variables(
            [
                "x": 5, "none": nil,
                "data": ["user": ["tags": ["x", "y"], "id": 7], "m": [[1, 2], [3, 4]], "gone": nil, "0": "zero"],
                "lst": [["n": "first"], ["n": "second"]], "counter": ["own": 1], "größe": 3, "_job_id": "j",
            ],
            names: .init(outputAliases: ["read-file_2": ["text": "content"]], nodes: ["Reader": "read-file_2"]))
        self.variables.setOutputs(["content": "abc", "size": 3, "empty": nil], of: "read-file_2")
        self.variables.setOutputs(["value": ["user": ["id": 8]], "own": 2], of: "counter")
    }

    @Test(
        arguments: [
            ("x", Value.int(5)), (" x ", 5), ("none", .null), ("data.user.tags[1]", "y"), ("data.m[1][0]", 3),
            ("lst[1].n", "second"), ("data.user.id", 7), ("lst[-1].n", "second"), ("lst[-2].n", "first"),
            ("lst.0.n", "first"),
            ("data.m.1.0", 3), ("data.0", "zero"), ("data.gone", .null), ("größe", 3), ("_job_id", "j"),
            ("data.user", ["tags": ["x", "y"], "id": 7]),
        ] as [(String, Value)])
    func `a path leads into a variable`(path: String, expected: Value) throws {
        #expect(try #require(TemplatePath(path)).value(in: self.variables) == expected)
        #expect(self.variables.value(at: path) == expected)
    }

    @Test(
        arguments: [
            ("read-file_2.content", Value.string("abc")), ("nodes.read-file_2.size", 3), ("read-file_2.text", "abc"),
            ("counter.own", 1), ("counter.value.user.id", 8), ("counter", ["own": 1]), ("nodes.counter.own", 2),
            ("read-file_2", ["content": "abc", "size": 3]), ("nodes.read-file_2", ["content": "abc", "size": 3]),
        ] as [(String, Value)])
    func `outputs of nodes come after variables`(path: String, expected: Value) throws {
        #expect(try #require(TemplatePath(path)).value(in: self.variables) == expected)
    }

    @Test func `a variable called nodes comes before the prefix`() throws {
        self.variables.assign("nodes", ["a": 1])
        #expect(try #require(TemplatePath("nodes.a")).value(in: self.variables) == 1)
        #expect(try #require(TemplatePath("nodes.counter.own")).value(in: self.variables) == 2)
    }

    @Test(
        arguments: [
            "nope", "nope.deep[0]", "X", "x.y", "x[0]", "x-1", "data.user.tags[9]", "data.user.tags[2]",
            "data.user.tags[-3]",
            "data.nope.deep", "data[0]", "data.user.tags.two", "lst.n", "none.a", "counter.nope", "read-file_2.empty",
            "nodes",
            "nodes.nope.x", "nodes[0]", "read-file_2[0]", "$nosuch", "$timestamp", "lst[99999999999999999999]",
            "lst.99999999999999999999",
        ] as [String])
    func `a path that leads nowhere has no value`(path: String) throws {
        #expect(try #require(TemplatePath(path)).value(in: self.variables) == nil)
    }

    @Test(
        arguments: [
            "", " ", "1bad", "x|upper", "data['user']", "a b", "a..b", ".a", "a.", "a[", "a[]", "a[x]", "a[1", "a]",
            "-a",
            "$", "$1",
            "a.-b", "a[--1]", "a[-]", "$secret:ID", "a+b", "f(x)", "a[1]b", "a\u{0}",
        ] as [String])
    func `other text is not a path`(text: String) {
        #expect(TemplatePath(text) == nil)
    }

    @Test func `system variables need a clock`() throws {
        let path = try #require(TemplatePath("$timestamp"))
        let reading = ClockReading(secondsSince1970: 12, utcOffsetSeconds: 0)
        #expect(path.readsClock)
        #expect(path.value(in: self.variables, clock: reading) == 12)
        #expect(path.value(in: self.variables, clock: nil) == nil)
        #expect(TemplatePath("$timestamp.x")?.value(in: self.variables, clock: reading) == nil)
        #expect(TemplatePath("timestamp")?.readsClock == false)
    }

    @Test(arguments: ["a", "a.b-c[0][-1].2"])
    func `a path prints as it is written`(text: String) throws {
        #expect(try #require(TemplatePath(text)).description == text)
    }

    @Test(
        arguments: [
            ("nodes.read-file_2.size", 3), ("nodes.Reader.content", "abc"), ("nodes.Reader.text", "abc"),
            ("prev.own", 2), ("prev.value.user.id", 8),
        ] as [(String, Value)])
    func `a node's outputs are found by its name, and by its having been the last`(path: String, expected: Value) throws
    {
        #expect(try #require(TemplatePath(path)).value(in: self.variables) == expected)
    }

    @Test func `a variable called prev or nodes comes first`() throws {
        self.variables.assign("prev", ["own": "mine"])
        #expect(try #require(TemplatePath("prev.own")).value(in: self.variables) == "mine")
        #expect(try #require(TemplatePath("prev.value.user.id")).value(in: self.variables) == 8)
    }
}
