import CasareDomain
import CasareEngine
import Testing

@Suite struct DocumentValidationTests {
    private typealias Fixtures = DocumentFixtures

    @Test func `an ordinary document needs no StartNode and no EndNode`() {
        #expect(Fixtures.codes(["a": "SetVariableNode", "b": "LogNode"], ["a -> b", "a.value -> b.message"]).isEmpty)
    }

    @Test func `an unknown type is an error with the nearest known one`() {
        let issues = Fixtures.issues(["a": "SetVariabelNode"])
        #expect(issues.map(\.code) == ["UNKNOWN_NODE_TYPE"])
        #expect(issues.map(\.severity) == [.error])
        #expect(issues.map(\.location) == ["node:a"])
        #expect(issues.first?.suggestion == "Did you mean 'SetVariableNode'?")
        #expect(Fixtures.issues(["a": "Zzzzzzzzzzzzzz"]).first?.suggestion?.contains("casarectl") == true)
    }

    @Test(arguments: ["VisualLogNode", "Log", "casare_rpa.basic.LogNode"])
    func `another spelling of a known type is fine`(type: String) {
        let document = WorkflowDocument(nodes: [.init(id: "a", type: type)])
        #expect(document.validate(against: Fixtures.catalogue).isEmpty)
    }

    @Test func `a type that cannot run here is a warning, and its config is not judged`() {
        let issues = Fixtures.issues(["a": "ClickNode"], configs: ["a": ["selector": "#x"]])
        #expect(issues.map(\.code) == ["UNSUPPORTED_NODE_TYPE"])
        #expect(issues.map(\.severity) == [.warning])
        #expect(issues.first?.message.contains("there is no desktop here") == true)
    }

    @Test func `connections are checked`() {
        let issues = Fixtures.issues(
            ["alpha": "LogNode", "beta": "LogNode"],
            ["alpha -> beta", "alpha -> beta", "beta -> alpah", "gamma -> beta", "alpha.next -> beta"])
        #expect(
            issues.map(\.code) == ["DUPLICATE_CONNECTION", "ORPHANED_CONNECTION", "ORPHANED_CONNECTION"])
        #expect(issues.map(\.severity) == [.warning, .error, .error])
        #expect(issues.map(\.location) == ["connection:1", "connection:2", "connection:3"])
        #expect(issues[1].suggestion?.contains("'alpha'") == true)
    }

    @Test func `a node that leads to itself is an error`() {
        let issues = Fixtures.issues(["a": "LogNode"], ["a -> a"])
        #expect(issues.filter(\.isError).map(\.code) == ["SELF_CONNECTION", "CIRCULAR_DEPENDENCY"])
    }

    @Test(arguments: [
        ("a.exec_out -> b.exec_in", false), ("a.value -> b.message", false), ("a.value -> b.msg", true),
        ("a.valeu -> b.message", true), ("a.value -> b.exec_in", true), ("a.exec_out -> b.message", true),
        ("a.true -> b.exec_in", true), ("a.error -> b.exec_in", false),
    ])
    func `a port that its node does not have is a warning`(wire: String, isUnknown: Bool) {
        let issues = Fixtures.issues(["a": "SetVariableNode", "b": "LogNode"], [wire])
        #expect(issues.contains { $0.code == "UNKNOWN_PORT" && $0.location == "connection:0" } == isUnknown)
        #expect(issues.allSatisfy { !$0.isError })
    }

    @Test(arguments: [("a.exec_out -> b.exec_inn", "b"), ("a.error -> b.exec_inn", "b"), ("a -> s", "s")])
    func `an exec input that the target does not have is named`(wire: String, target: String) throws {
        let issues = Fixtures.issues(["s": "StartNode", "a": "SetVariableNode", "b": "LogNode"], [wire])
        let issue = try #require(issues.first { $0.code == "UNKNOWN_PORT" })
        #expect(issue.location == "connection:0")
        #expect(issue.message.contains("'\(target)' (") && !issue.message.contains("'a' ("), "\(issue.message)")
    }

    @Test func `a malformed connection hides nothing but what may be missing by it`() {
        let json: Value = [
            "metadata": ["name": "n"],
            "nodes": [
                "a": ["node_type": "SetVariableNode"], "b": ["node_type": "LogNode", "config": ["level": "loud"]],
                "c": ["node_type": "LogNode"],
            ],
            "connections": [
                ["source_node": "a", "source_port": "exec_out", "target_node": "b"],
                ["source_node": "b", "source_port": "exec_out", "target_node": "c", "target_port": "exec_inn"],
                ["source_node": "c", "source_port": "exec_out", "target_node": "d", "target_port": "exec_in"],
            ],
        ]
        let issues = WorkflowDocument.findings(in: json, against: Fixtures.catalogue)
        #expect(
            issues.map { "\($0.code) \($0.location ?? "")" } == [
                "MISSING_REQUIRED_FIELD connection:0", "UNKNOWN_PORT connection:1", "ORPHANED_CONNECTION connection:2",
                "INVALID_CHOICE node:b",
            ])
        #expect(WorkflowDocument.parse(json).document == nil)
        // The same in a workflow that came along.
        let caller: Value = [
            "metadata": ["name": "n"], "nodes": ["a": ["node_type": "LogNode"]], "subflows": ["s.json": json],
        ]
        #expect(
            WorkflowDocument.findings(in: caller, against: Fixtures.catalogue).map(\.location).contains(
                "subflow:s.json/connection:2"))
    }

    @Test(arguments: [("case_a", false), ("case_0", false), ("case_b", true), ("default", false), ("exec_out", false)])
    func `a Switch has the ports of its cases`(port: String, isUnknown: Bool) {
        let codes = Fixtures.codes(
            ["s": "SwitchNode", "b": "LogNode"], ["s.\(port) -> b"], configs: ["s": ["cases": ["a"]]])
        #expect(codes.contains("UNKNOWN_PORT") == isUnknown)
    }

    @Test func `open-ended parameters and other names of ports are known`() {
        #expect(
            Fixtures.codes(
                ["a": "SetVariableNode", "b": "CreateListNode", "c": "TextSplitNode"],
                ["a -> b", "b -> c", "a.value -> b.item_7", "b.items -> c.delimiter"],
                configs: ["b": ["item_1": 1], "c": ["delimiter": ","]]
            ).filter { $0 != "UNKNOWN_CONFIG_KEY" }.isEmpty)
    }

    @Test func `every circle is named once`() {
        let issues = Fixtures.issues(
            ["s": "LogNode", "b": "LogNode", "a": "LogNode", "c": "LogNode", "d": "LogNode", "e": "LogNode"],
            ["s -> a", "a -> b", "b -> a", "b -> e", "c -> d", "d -> c", "e -> c"]
        ).filter { $0.code == "CIRCULAR_DEPENDENCY" }
        #expect(
            issues.map(\.message) == ["Execution runs in a circle: b → a → b", "Execution runs in a circle: c → d → c"])
    }

    @Test func `many circles on one way are found one by one, in the order of the document`() {
        var document = WorkflowDocument(name: "test")
        let ids = (0..<100).flatMap { ["a\($0)", "b\($0)", "c\($0)"] }
        document.nodes = ids.reversed().map { .init(id: $0, type: "LogNode") }
        let wires = (0..<100).flatMap { place in
            [("a", "b"), ("b", "c"), ("c", "a")].map { ("\($0)\(place)", "\($1)\(place)") } + [
                ("a\(place)", "a\(place + 1)"), ("a\(place)", "c\(place)"),
            ]
        }.filter { $0.1 != "a100" }
        document.connections = wires.enumerated().map { place, wire in
            .init(source: wire.0, sourcePort: "exec_out", target: wire.1, targetPort: "exec_in", position: place)
        }
        let circles = document.validate(against: Fixtures.catalogue).filter { $0.code == "CIRCULAR_DEPENDENCY" }
        #expect(
            circles.map(\.message)
                == (0..<100).reversed().map { "Execution runs in a circle: c\($0) → a\($0) → b\($0) → c\($0)" })
    }

    @Test func `hundreds of loops drawn as circles are none, each with its own end`() {
        var document = WorkflowDocument(name: "test")
        var wires: [(String, String, String)] = []
        for place in 0..<300 {
            document.nodes.append(.init(id: "s\(place)", type: "ForLoopStartNode"))
            document.nodes.append(.init(id: "e\(place)", type: "ForLoopEndNode"))
            wires += [("s\(place)", "body", "e\(place)"), ("e\(place)", "exec_out", "s\(place)")]
            if place > 0 { wires.append(("s\(place - 1)", "completed", "s\(place)")) }
        }
        document.connections = wires.enumerated().map { place, wire in
            .init(source: wire.0, sourcePort: wire.1, target: wire.2, targetPort: "exec_in", position: place)
        }
        #expect(document.validate(against: Fixtures.catalogue).allSatisfy { $0.code != "CIRCULAR_DEPENDENCY" })
    }

    @Test func `an edge from a loop's end to its own start is no circle`() {
        let types: KeyValuePairs = ["l": "ForLoopStartNode", "a": "LogNode", "e": "ForLoopEndNode"]
        let wires = ["l.body -> a", "a -> e", "e -> l"]
        #expect(Fixtures.codes(types, wires).isEmpty)
        #expect(Fixtures.codes(types, wires, configs: ["e": ["paired_start_id": "l"]]).isEmpty)
    }

    @Test func `an edge from a loop's end to another loop's start can close a circle`() {
        let codes = Fixtures.codes(
            ["l": "ForLoopStartNode", "m": "ForLoopStartNode", "e": "ForLoopEndNode"],
            ["l.body -> m", "m.body -> e", "e -> l"], configs: ["e": ["paired_start_id": "m"]])
        #expect(codes.contains("CIRCULAR_DEPENDENCY"))
    }

    @Test func `a data connection back is no circle`() {
        #expect(
            Fixtures.codes(["a": "SetVariableNode", "b": "SetVariableNode"], ["a -> b", "b.value -> a.value"]).isEmpty)
    }

    @Test func `several places to start are named in their order`() {
        let issues = Fixtures.issues(
            ["b": "LogNode", "a": "LogNode", "c": "LogNode"], ["a -> c", "b -> c"])
        #expect(issues.map(\.code) == ["NO_START_NODE"])
        #expect(issues.first?.message.contains("'b' and 'a', in this order") == true)
    }

    @Test func `of several StartNodes only the first runs`() {
        let issues = Fixtures.issues(
            ["s": "StartNode", "t": "StartNode", "a": "LogNode", "b": "LogNode", "e": "EndNode"],
            ["s -> a", "t -> b", "a -> e"])
        #expect(issues.map(\.code) == ["MULTIPLE_START_NODES", "UNREACHABLE_NODES"])
        #expect(issues.last?.location == "node:b")
    }

    @Test func `a start without an end, and nothing to start, are pointed out`() {
        #expect(Fixtures.codes(["s": "StartNode", "a": "LogNode"], ["s -> a"]) == ["NO_END_NODE"])
        #expect(Fixtures.codes(["t": "ScheduleTriggerNode"]) == ["NO_ENTRY_POINT"])
    }

    @Test func `a node without any connection is pointed out, unless it is alone or stands for itself`() {
        #expect(Fixtures.codes(["a": "LogNode"]).isEmpty)
        let issues = Fixtures.issues(
            ["n": "CommentNode", "a": "LogNode", "b": "LogNode", "lost": "LogNode"], ["a -> b"])
        #expect(issues.map(\.code) == ["ORPHAN_NODE"])
        #expect(issues.first?.message.contains("runs at the start") == true)
        let withStart = Fixtures.issues(
            ["s": "StartNode", "e": "EndNode", "lost": "LogNode"], ["s -> e"])
        #expect(withStart.map(\.code) == ["ORPHAN_NODE"])
        #expect(withStart.first?.message.contains("never runs") == true)
    }

    @Test(
        arguments: [
            [:], ["t": ["paired_catch_id": "c"]], ["c": ["paired_try_id": "t"]],
            ["t": ["paired_catch_id": "c"], "c": ["paired_try_id": "t"]],
        ] as [[String: Object]])
    func `a Catch is paired by either side's word`(configs: [String: Object]) {
        let codes = Fixtures.codes(
            ["t": "TryNode", "a": "LogNode", "c": "CatchNode", "b": "LogNode"],
            ["t.try_body -> a", "c.catch_body -> b"],
            configs: configs)
        #expect(codes.filter { $0 == "UNPAIRED_NODE" }.count == (configs.isEmpty ? 2 : 0))
        #expect(codes.contains("UNREACHABLE_NODES") == configs.isEmpty)
    }

    @Test func `a Catch is paired by a connection, too`() {
        #expect(Fixtures.codes(["t": "TryNode", "c": "CatchNode"], ["t.catch -> c"]).isEmpty)
    }

    @Test(arguments: ["ForLoopEndNode", "BreakNode", "FinallyNode", "JoinNode", "RetryFailNode"])
    func `a node that belongs into another is pointed out where that is missing`(type: String) {
        #expect(Fixtures.codes(["a": "LogNode", "x": type], ["a -> x"]) == ["UNPAIRED_NODE"])
    }

    @Test func `a partner that is missing or of the wrong kind is pointed out`() {
        let issues = Fixtures.issues(
            ["l": "ForLoopStartNode", "e": "ForLoopEndNode", "b": "BreakNode"], ["l.body -> b", "b -> e"],
            configs: ["e": ["paired_start_id": "b"], "b": ["paired_loop_start_id": "gone"]])
        #expect(issues.map(\.code) == ["UNPAIRED_NODE", "UNPAIRED_NODE"])
        #expect(issues.map(\.location) == ["node:e", "node:b"])
    }

    @Test func `an issue is told as JSON with all its parts`() {
        let issue = ValidationIssue.error("CODE", "What is wrong", at: "node:a")
        #expect(
            issue.json.jsonText(.compact)
                == #"{"severity":"error","code":"CODE","message":"What is wrong","location":"node:a","suggestion":null}"#
        )
    }
}
