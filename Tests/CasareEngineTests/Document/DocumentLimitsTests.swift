import CasareDomain
import CasareEngine
import Testing

@Suite struct DocumentLimitsTests {
    @Test(arguments: [(1_000, true), (1_001, false)])
    func `a workflow has at most a thousand nodes`(count: Int, fits: Bool) {
        let nodes = (0..<count).map { ("n\($0)", Value.object(["type": "LogNode"])) }
        Self.expect(fits, ["metadata": ["name": "n"], "nodes": .object(Object(nodes))])
    }

    @Test(arguments: [(5_000, true), (5_001, false)])
    func `a workflow has at most five thousand connections`(count: Int, fits: Bool) {
        let connection: Value = ["out": ["a", "exec_out"], "in": ["b", "exec_in"]]
        Self.expect(fits, Self.document([:], connections: Array(repeating: connection, count: count)))
    }

    @Test(arguments: [(256, true), (257, false)])
    func `an ID has at most 256 characters`(count: Int, fits: Bool) {
        let id = String(repeating: "ü", count: count)
        Self.expect(fits, ["metadata": ["name": "n"], "nodes": .object([id: ["type": "LogNode"]])])
    }

    @Test(arguments: [(128, true), (129, false)])
    func `a port's name has at most 128 characters`(count: Int, fits: Bool) {
        let port = Value.string(String(repeating: "p", count: count))
        Self.expect(fits, Self.document([:], connections: [["out": ["a", port], "in": ["b", "exec_in"]]]))
    }

    @Test(arguments: [
        ("message", 10_000, true), ("message", 10_001, false), ("description", 10_001, false),
        ("content", 10_001, true), ("request_body", 1_048_576, true), ("script", 1_048_577, false),
    ])
    func `a config string has a limit that depends on what it is for`(key: String, count: Int, fits: Bool) {
        Self.expect(fits, Self.document([key: ["inner": .string(String(repeating: "x", count: count))]]))
    }

    @Test(arguments: [(10, true), (11, false)])
    func `config is nested at most ten deep`(depth: Int, fits: Bool) {
        var value: Value = 1
        for _ in 1..<depth { value = [value] }
        Self.expect(fits, Self.document(["a": value]))
    }

    private static func document(_ config: Object, connections: [Value] = []) -> Value {
        [
            "metadata": ["name": "n"],
            "nodes": ["a": ["type": "LogNode", "config": .object(config)], "b": ["type": "LogNode"]],
            "connections": .list(connections),
        ]
    }

    private static func expect(_ fits: Bool, _ json: Value, sourceLocation: SourceLocation = #_sourceLocation) {
        let (document, issues) = WorkflowDocument.parse(json)
        #expect((document != nil) == fits, sourceLocation: sourceLocation)
        #expect(issues.map(\.code) == (fits ? [] : ["LIMIT_EXCEEDED"]), sourceLocation: sourceLocation)
        #expect(issues.allSatisfy { $0.message.contains("exceeds maximum") }, sourceLocation: sourceLocation)
    }
}
