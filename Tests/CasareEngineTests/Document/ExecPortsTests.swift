import CasareDomain
import CasareEngine
import Testing

@Suite struct ExecPortsTests {
    @Test(arguments: [
        ("LogNode", "exec_out", "exec_out"), ("LogNode", "next", "exec_out"), ("LogNode", "exec", "exec_out"),
        ("LogNode", "success", nil), ("LogNode", "true", nil), ("LogNode", "message", nil), ("LogNode", "error", nil),
        ("IfNode", "then", "true"), ("IfNode", "else", "false"), ("IfNode", "exec_out", "exec_out"),
        ("ForLoopStartNode", "loop_body", "body"), ("ForLoopStartNode", "done", "completed"),
        ("ForLoopStartNode", "finish", "completed"), ("ForLoopStartNode", "finished", "completed"),
        ("ForLoopStartNode", "current_item", nil),
        ("TryNode", "try", "try_body"), ("TryNode", "success", "exec_out"), ("TryNode", "catch", "catch_body"),
        ("CatchNode", "catch", "catch_body"), ("RetryNode", "failure", "failed"),
        ("RetryNode", "on_success", "success"),
        ("SubflowNode", "error", "error"), ("HttpSuperNode", "error", nil),
        ("ForkNode", "branch_1", "branch_1"), ("ForkNode", "branch_10", "branch_10"), ("ForkNode", "branch_11", nil),
        ("SwitchNode", "default", "default"), ("SwitchNode", "case_red", "case_red"),
    ])
    func `an exec output is known by any of its names`(type: String, port: String, canonical: String?) throws {
        let type = try #require(DocumentFixtures.catalogue.type(named: type))
        #expect(ExecPorts.canonicalOutput(port, of: type, config: [:]) == canonical)
    }

    @Test(
        arguments: [
            (["red", "blue"], "case_red", "case_red"), (["red", "blue"], "case_1", "case_blue"),
            ([1, 0], "case_0", "case_0"), ([1, 0], "case_1", "case_1"), (["a", 2.0], "case_2", "case_2"),
            (["red"], "case_7", "case_7"), ("[\"x\"]", "case_0", "case_x"), ("{{cases}}", "case_0", "case_0"),
        ] as [(Value, String, String)])
    func `a case is known by its value, or else by its index`(cases: Value, port: String, canonical: String) throws {
        let type = try #require(DocumentFixtures.catalogue.type(named: "SwitchNode"))
        #expect(ExecPorts.canonicalOutput(port, of: type, config: ["cases": cases]) == canonical)
    }

    @Test func `a data output that is called like an alias stays one`() {
        let type = NodeType("T", family: "", "", outputs: [.init("next")], .pure { _, _ in NodeResult() })
        #expect(ExecPorts.canonicalOutput("next", of: type, config: [:]) == nil)
    }

    @Test(arguments: [("error", "exec_in", "error"), ("error", "message", nil), ("value", "exec_in", nil)])
    func `a wire from an error port to an exec input is an exec connection`(
        port: String, input: String, canonical: String?
    ) throws {
        let type = try #require(DocumentFixtures.catalogue.type(named: "HttpSuperNode"))
        let connection = WorkflowDocument.Connection(source: "a", sourcePort: port, target: "b", targetPort: input)
        #expect(ExecPorts.canonicalOutput(of: connection, type: type, config: [:]) == canonical)
    }

    @Test func `a node's exec outputs follow its config`() throws {
        let fork = try #require(DocumentFixtures.catalogue.type(named: "ForkNode"))
        #expect(ExecPorts.outputs(of: fork, config: ["branch_count": 3]) == ["branch_1", "branch_2", "branch_3"])
        let choice = try #require(DocumentFixtures.catalogue.type(named: "SwitchNode"))
        #expect(ExecPorts.outputs(of: choice, config: ["cases": ["a", 2]]) == ["case_a", "case_2", "default"])
    }
}
