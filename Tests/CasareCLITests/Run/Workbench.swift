/// What the tests of the workbench have in common: a workflow, and `casarectl run` as somebody works with it who wants
/// to see what a workflow does.
enum Workbench {
    /// The suites are skipped without it.
    static var program: BuiltProgram { BuiltProgram.casarectl! }

    /// A loop with a try around a subflow, of which one pass fails, and then a fork.
    static let workflow = """
        {"metadata": {"name": "orders"},
         "variables": {"key": {"default_value": "k-4711", "sensitive": true}, "fixed": {"default_value": 1, "readonly": true}},
         "nodes": {
          "total": {"node_type": "SetVariableNode", "config": {"variable_name": "total", "value": 0}},
          "each": {"node_type": "ForLoopStartNode", "name": "Each order",
                   "config": {"items": [3, 0, 4], "item_var": "order"}},
          "guard": {"node_type": "TryNode", "config": {"paired_catch_id": "refused"}},
          "price": {"node_type": "SubflowNode", "config": {"subflow_path": "price.json", "count": "{{order}}"}},
          "sum": {"node_type": "IncrementVariableNode",
                  "config": {"variable_name": "total", "increment": "{{price.price}}"}},
          "refused": {"node_type": "CatchNode", "config": {"paired_try_id": "guard"}},
          "say": {"node_type": "LogNode", "config": {"message": "{{order}}: {{refused.error_message}} {{key}}",
                  "include_node_id": false, "include_timestamp": false}},
          "fork": {"node_type": "ForkNode", "config": {"paired_join_id": "join"}},
          "left": {"node_type": "SetVariableNode", "config": {"variable_name": "side", "value": "left"}},
          "right": {"node_type": "SetVariableNode", "config": {"variable_name": "side", "value": "right"}},
          "join": {"node_type": "JoinNode", "config": {"paired_fork_id": "fork"}},
          "large": {"node_type": "IfNode", "config": {"expression": "total > 1000"}},
          "praise": {"node_type": "LogNode", "config": {"message": "large"}}},
         "connections": [
          {"source_node": "total", "source_port": "exec_out", "target_node": "each", "target_port": "exec_in"},
          {"source_node": "each", "source_port": "body", "target_node": "guard", "target_port": "exec_in"},
          {"source_node": "guard", "source_port": "try_body", "target_node": "price", "target_port": "exec_in"},
          {"source_node": "price", "source_port": "exec_out", "target_node": "sum", "target_port": "exec_in"},
          {"source_node": "refused", "source_port": "catch_body", "target_node": "say", "target_port": "exec_in"},
          {"source_node": "each", "source_port": "completed", "target_node": "fork", "target_port": "exec_in"},
          {"source_node": "fork", "source_port": "branch_1", "target_node": "left", "target_port": "exec_in"},
          {"source_node": "fork", "source_port": "branch_2", "target_node": "right", "target_port": "exec_in"},
          {"source_node": "join", "source_port": "exec_out", "target_node": "large", "target_port": "exec_in"},
          {"source_node": "large", "source_port": "true", "target_node": "praise", "target_port": "exec_in"}]}
        """

    static let subflow = """
        {"metadata": {"name": "price"},
         "nodes": {
          "start": {"node_type": "StartNode", "config": {}},
          "in": {"node_type": "SubflowInputNode", "config": {"port_name": "count"}},
          "check": {"node_type": "AssertNode", "config": {"condition": "{{count}} > 0", "message": "nothing ordered"}},
          "times": {"node_type": "MathOperationNode", "config": {"operation": "multiply", "a": "{{count}}", "b": 2}},
          "out": {"node_type": "SubflowOutputNode", "config": {"port_name": "price", "value": "{{times.result}}"}}},
         "connections": [
          {"source_node": "start", "source_port": "exec_out", "target_node": "in", "target_port": "exec_in"},
          {"source_node": "in", "source_port": "exec_out", "target_node": "check", "target_port": "exec_in"},
          {"source_node": "check", "source_port": "exec_out", "target_node": "times", "target_port": "exec_in"},
          {"source_node": "times", "source_port": "exec_out", "target_node": "out", "target_port": "exec_in"}]}
        """

    static func withWorkflow(_ body: (String) throws -> Void) throws {
        try withFolder { folder in
            try write(Self.workflow, to: folder + "/w.json")
            try write(Self.subflow, to: folder + "/price.json")
            try body(folder)
        }
    }

    static func run(
        _ arguments: [String], in folder: String, input: String = ""
    ) throws -> BuiltProgram.Ending {
        try Self.program.run(["run", "w.json"] + arguments, in: folder, input: input)
    }

    /// What was said on stderr after each command of a script.
    static func answers(_ ending: BuiltProgram.Ending) -> [String] {
        ending.errors.split(separator: "(casare) ", omittingEmptySubsequences: false).map(String.init)
    }
}
