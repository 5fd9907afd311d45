import CasareDomain
import Testing

@testable import CasareCLI

/// `casarectl workflow validate`, as a person or a CI job runs it.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct ValidateTests {
    private static let program = BuiltProgram.casarectl!  // The suite is skipped without it.

    private static let good = """
        {"metadata": {"name": "good"},
         "nodes": {"a": {"node_type": "SetVariableNode", "config": {"variable_name": "x", "value": 1}}}}
        """

    /// One mistake of each kind that has a nearest name.
    private static let misspelled = """
        {
          "metadata": {"name": "misspelled"},
          "nodes": {
            "set": {"node_type": "SetVariableNode", "config": {"variable_nam": "x", "value": 1}},
            "join": {"node_type": "JoinNode", "config": {"merge_strategy": "frist"}},
            "log": {"node_type": "LogNod"}
          },
          "connections": [
            {"source_node": "set", "source_port": "exec_otu", "target_node": "join", "target_port": "exec_in"},
            {"source_node": "set", "source_port": "exec_out", "target_node": "lgo", "target_port": "exec_in"}
          ]
        }
        """

    private static func validate(
        _ arguments: [String], files: [String: String] = [:], input: String = ""
    ) throws -> BuiltProgram.Ending {
        try withFolder { folder in
            for (name, text) in files { try write(text, to: "\(folder)/\(name)") }
            return try Self.program.run(["workflow", "validate"] + arguments, in: folder, input: input)
        }
    }

    /// The findings with a code, from JSON.
    private static func findings(_ code: String, in output: String) throws -> [Value] {
        (try Value(parsingJSON: output).list ?? []).filter { $0["code"]?.string == code }
    }

    @Test func `findings say where, what and what was probably meant`() throws {
        let ending = try Self.validate(["w.json", "-o", "json"], files: ["w.json": Self.misspelled])
        #expect(ending.status == 1)
        #expect(ending.errors.hasPrefix("1 file checked: 2 errors, "))
        for (code, line, column, location, suggestion) in [
            ("UNKNOWN_NODE_TYPE", 6, 5, "node:log", "LogNode"), ("UNKNOWN_PORT", 9, 5, "connection:0", "exec_out"),
            ("ORPHANED_CONNECTION", 10, 5, "connection:1", "log"), ("INVALID_CHOICE", 5, 5, "node:join", "first"),
            ("UNKNOWN_CONFIG_KEY", 4, 5, "node:set", "variable_name"),
        ] {
            let finding = try #require(try Self.findings(code, in: ending.output).first, "\(code)")
            #expect(
                finding.object?.keys == [
                    "file", "line", "column", "severity", "code", "message", "location", "suggestion",
                ])
            #expect(finding["file"] == "w.json")
            #expect(finding["line"] == .int(line), "\(code)")
            #expect(finding["column"] == .int(column), "\(code)")
            #expect(finding["location"] == .string(location))
            #expect(finding["suggestion"]?.string?.contains("Did you mean '\(suggestion)'") == true, "\(finding)")
        }
    }

    @Test func `people get whole sentences, in the order of the file`() throws {
        let ending = try Self.validate(["w.json"], files: ["w.json": Self.misspelled])
        let lines = ending.output.split(separator: "\n").map(String.init)
        #expect(
            lines.contains(
                "w.json:6:5: error: Node 'log' has the unknown type 'LogNod' [UNKNOWN_NODE_TYPE node:log]"))
        #expect(lines.contains("    Did you mean 'LogNode'?"))
        let places = lines.compactMap { line in
            line.hasPrefix("w.json:") ? line.split(separator: ":").dropFirst().first.flatMap { Int($0) } : nil
        }
        #expect(places.count > 4)
        #expect(places == places.sorted())
        let table = try Self.validate(["w.json", "--columns", "line,code"], files: ["w.json": Self.misspelled])
        #expect(table.output.hasPrefix("LINE  CODE\n"))
    }

    @Test func `a malformed connection is told of with all that is wrong beside it`() throws {
        let text = """
            {"metadata": {"name": "w"},
             "nodes": {
              "a": {"node_type": "LogNode", "config": {"message": "a"}},
              "b": {"node_type": "LogNode", "config": {"message": "b"}}},
             "connections": [
              {"source_node": "a", "source_port": "exec_out", "target_node": "b"},
              {"source_node": "a", "source_port": "exec_out", "target_node": "b", "target_port": "exec_inn"},
              {"source_node": "b", "source_port": "exec_out", "target_node": "gone", "target_port": "exec_in"}]}
            """
        let ending = try Self.validate(
            ["w.json", "--columns", "line,column,code", "-o", "csv"], files: ["w.json": text])
        #expect(ending.status == 1)
        let lines = ending.output.split(whereSeparator: \.isNewline)
        #expect(
            lines == ["line,column,code", "6,3,MISSING_REQUIRED_FIELD", "7,3,UNKNOWN_PORT", "8,3,ORPHANED_CONNECTION"])
    }

    @Test func `warnings pass, unless they are not to`() throws {
        let warned = """
            {"nodes": {"a": {"node_type": "SetVariableNode", "config": {"variable_name": "x", "value": 1}}}}
            """
        let ending = try Self.validate(["w.json"], files: ["w.json": warned])
        #expect(ending.status == 0)
        #expect(ending.errors == "1 file checked: no errors, 1 warning\n")
        #expect(try Self.validate(["w.json", "--strict"], files: ["w.json": warned]).status == 1)
        let clean = try Self.validate(["w.json", "--strict"], files: ["w.json": Self.good])
        #expect(clean.status == 0)
        #expect(clean.output == "")
        #expect(clean.errors == "1 file checked: no errors, no warnings\n")
    }

    @Test func `several files and stdin are checked, those that cannot be read are named`() throws {
        let files = ["a.json": Self.good, "b.json": Self.misspelled]
        let all = try Self.validate(["a.json", "b.json", "-", "-o", "jsonl"], files: files, input: "{}")
        #expect(all.status == 1)
        #expect(all.errors.hasPrefix("3 files checked: 3 errors, "))
        let named = Set(
            try all.output.split(separator: "\n").map { try Value(parsingJSON: String($0))["file"]?.string })
        #expect(named == ["b.json", "stdin"])
        let missing = try Self.validate(["a.json", "gone.json"], files: files)
        #expect(missing.status == 7)
        #expect(
            missing.errors == """
                casarectl: cannot read gone.json: No such file or directory
                1 file checked: no errors, no warnings

                """)
        #expect(try Self.validate(["gone.json"]).status == 4)
        #expect(try Self.validate(["-", "-"]).status == 64)
    }

    @Test func `text that is no JSON is a finding like any other, where it breaks off`() throws {
        let ending = try Self.validate(["-", "-o", "json"], input: "{\n  \"nodes\": x\n}")
        #expect(ending.status == 1)
        let finding = try #require(try Self.findings("INVALID_JSON", in: ending.output).first)
        #expect(finding["line"] == 2)
        #expect(finding["column"] == 12)
    }

    @Test func `lists of nodes, missing members and other shapes are found in the file`() throws {
        let document = """
            {"settings": {"timeout": -1},
             "variables": [{"name": "ok"},
               {"name": "not ok"}],
             "metadata": {"tags": []},
             "nodes": [
               {"node_id": "a", "node_type": "LogNode"},
               {"id": "b", "type": "NoSuchNode"}]}
            """
        let output = try Self.validate(["-", "-o", "json"], input: document).output
        for (code, line) in [
            ("INVALID_SETTING", 1), ("INVALID_VARIABLE_NAME", 3), ("MISSING_NAME", 4), ("UNKNOWN_NODE_TYPE", 7),
        ] {
            #expect(try Self.findings(code, in: output).first?["line"] == .int(line), "\(code)")
        }
    }

    @Test func `what is wrong with a subflow is shown where the file has to do with it`() throws {
        let caller = """
            {"metadata": {"name": "caller"}, "nodes": {
              "gone": {"node_type": "SubflowNode", "config": {"subflow_path": "gone.json"}},
              "sub": {"node_type": "SubflowNode", "config": {"subflow_path": "parts/sub.json"}},
              "own": {"node_type": "SubflowNode", "config": {"subflow_path": "own.json"}}},
             "connections": [
              {"source_node": "gone", "source_port": "exec_out", "target_node": "sub", "target_port": "exec_in"},
              {"source_node": "sub", "source_port": "exec_out", "target_node": "own", "target_port": "exec_in"}],
             "subflows": {"own.json": {"metadata": {"name": "own"}, "nodes": {
              "x": {"node_type": "OwnMistake"}}}}}
            """
        let files = ["w.json": caller, "parts/sub.json": "{\"nodes\": {\"y\": {\"node_type\": \"SubMistake\"}}}"]
        let output = try Self.validate(["w.json", "-o", "json"], files: files).output
        #expect(try Self.findings("MISSING_SUBFLOW", in: output).first?["line"] == 2)
        let unknown = try Self.findings("UNKNOWN_NODE_TYPE", in: output)
        #expect(unknown.map { $0["line"] } == [3, 9])
        #expect(unknown.map { $0["location"] } == ["subflow:parts/sub.json/node:y", "subflow:own.json/node:x"])
        let broken = try Self.validate(
            ["w.json", "-o", "json"], files: ["w.json": caller, "parts/sub.json": "{"])
        #expect(broken.status == 1)
        #expect(
            try Self.findings("INVALID_SUBFLOW", in: broken.output).first?["message"]?.string?
                .hasPrefix("parts/sub.json is not JSON") == true)
        #expect(try Self.findings("UNKNOWN_NODE_TYPE", in: broken.output).count == 1)
    }

    @Test func `GitHub gets annotations, with nothing in them that ends them early`() throws {
        let ending = try Self.validate(["a,b:c.json", "-o", "github"], files: ["a,b:c.json": Self.misspelled])
        #expect(ending.status == 1)
        #expect(
            ending.output.contains(
                "::error file=a%2Cb%3Ac.json,line=6,col=5,title=UNKNOWN_NODE_TYPE"
                    + "::Node 'log' has the unknown type 'LogNod'%0ADid you mean 'LogNode'?\n"))
        #expect(ending.output.contains("::warning file=a%2Cb%3Ac.json,line=4,col=5,title=UNKNOWN_CONFIG_KEY::"))
        let odd = try Self.validate(
            ["-", "-o", "github"], input: "{\"nodes\": {\"100%\\n::stop\": {\"node_type\": \"NoSuch\"}}}")
        #expect(odd.output.contains("::error line=1,col=12,title=UNKNOWN_NODE_TYPE::Node '100%25%0A::stop' has"))
        #expect(try Self.validate(["-", "-o", "sarif"]).status == 64)
    }
}
