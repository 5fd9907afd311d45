import CasareDomain
import FoundationEssentials
import Testing

@testable import CasareCLI

/// `casarectl workflow nodes`, as a person or a script runs it: no server, no terminal.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct NodesTests {
    private static func nodes(_ arguments: String...) throws -> BuiltProgram.Ending {
        try withFolder { folder in
            // The suite is skipped without the program.
            try BuiltProgram.casarectl!.run(["workflow", "nodes"] + arguments, in: folder)
        }
    }

    @Test func `the list has every type once, in one JSON shape`() throws {
        let list = try Self.nodes("-o", "json")
        #expect(list.status == 0)
        let types = try #require(try Value(parsingJSON: list.output).list)
        #expect(types.count > 400)
        #expect(Set(types.compactMap { $0["name"]?.string }).count == types.count)
        for type in types {
            #expect(
                type.object?.keys == [
                    "name", "aliases", "family", "summary", "supported", "unsupported_reason", "effect", "durability",
                    "effect_varies", "effect_cases", "opens_session", "exec_inputs", "exec_outputs",
                    "open_exec_outputs", "exec_aliases", "parameters", "parameter_prefixes", "outputs",
                ])
            #expect((type["supported"] == true) == (type["unsupported_reason"]?.isNull == true))
            #expect((type["supported"] == true) == (type["effect"]?.isNull == false))
            for parameter in type["parameters"]?.list ?? [] {
                #expect(
                    parameter.object?.keys == [
                        "name", "type", "required", "default", "choices", "choice_aliases", "minimum", "maximum",
                        "aliases", "verbatim", "documentation",
                    ])
            }
            for output in type["outputs"]?.list ?? [] {
                #expect(output.object?.keys == ["name", "type", "aliases"])
            }
        }
    }

    @Test func `a type is found by any of its names, and everything declared is there`() throws {
        let type = try Value(parsingJSON: try Self.nodes("RetryNode", "-o", "json").output)
        #expect(type["exec_outputs"] == ["retry_body", "success", "failed"])
        #expect(
            type["exec_aliases"] == ["exec_in": ["exec", "in"], "success": ["on_success"], "failed": ["failure"]])
        let parameter = type["parameters"]?.list?.first { $0["name"] == "initial_delay" }
        #expect(
            parameter == [
                "name": "initial_delay", "type": "number", "required": false, "default": 1.0, "choices": [],
                "choice_aliases": [:], "minimum": 0, "maximum": .null,
                "aliases": [["name": "delay_ms", "scale": 0.001]], "verbatim": false,
                "documentation": "Seconds to wait after the first failure.",
            ])
        #expect(type["outputs"]?.list?.first == ["name": "attempt", "type": "integer", "aliases": ["attempt_number"]])
        for other in ["Retry", "VisualRetryNode", "casare_rpa.nodes.RetryNode"] {
            #expect(try Value(parsingJSON: try Self.nodes(other, "-o", "json").output) == type)
        }
        #expect(
            try Value(parsingJSON: try Self.nodes("EvaluateExpressionNode", "-o", "json").output)["name"]
                == "EvalExpressionNode")
    }

    @Test func `the sheet of a type shows parameters, outputs and what its effect means`() throws {
        let sheet = try Self.nodes("WriteFileNode").output
        for text in [
            "WriteFileNode: Writes a whole file", "idempotent; parameters may make it another",
            "its result is committed before the next step",
            "  file_path  string; required; also path\n      The file.",
            "  encoding  string; default \"utf-8\"\n", "one of strict, ignore, replace",
            "  bytes_written  integer\n", "append_mode = true   effect",
        ] {
            #expect(sheet.contains(text), "\(text)")
        }
        let range = try Self.nodes("ForkNode").output
        #expect(range.contains("branch_count  integer; default 2; 2 to 10"))
        #expect(range.contains("branch_1, branch_2, branch_*"))
        #expect(try Self.nodes("CreateListNode").output.contains("and item_1, item_2, …"))
        #expect(try Self.nodes("IfNode").output.contains("templates in it are values, not text"))
        #expect(try Self.nodes("FileSystemSuperNode").output.contains("one of Read File (also Read), Write File (also"))
        let unsupported = try Self.nodes("LaunchBrowserNode").output
        #expect(unsupported.contains("not supported  It needs a browser"))
        #expect(unsupported.contains("BrowserLaunchNode"))
        #expect(!unsupported.contains("durability"))
    }

    @Test func `a name that nothing goes by is not found, and the nearest one is offered`() throws {
        let near = try Self.nodes("LogNod")
        #expect(near.status == 4)
        #expect(near.errors == "casarectl: there is no node type 'LogNod'; did you mean LogNode?\n")
        let alias = try Self.nodes("EvaluateExpresionNode")
        #expect(alias.errors.contains("did you mean EvaluateExpressionNode?"))
        #expect(try Self.nodes("raedfile").errors.contains("did you mean ReadFileNode?"))
        let far = try Self.nodes("Frobnicate")
        #expect(far.status == 4)
        #expect(far.errors.contains("casarectl workflow nodes lists all types"))
    }

    @Test func `the list is filtered by family and by what is not supported`() throws {
        let files = try Self.nodes("--family", "FILES", "-o", "csv", "--columns", "family").output
        #expect(
            Set(files.split(separator: "\n").dropFirst()) == ["Files and directories", "CSV and JSON files"])
        let unsupported = try #require(
            try Value(parsingJSON: try Self.nodes("--unsupported", "-o", "json").output).list)
        #expect(!unsupported.isEmpty)
        #expect(unsupported.allSatisfy { $0["supported"] == false })
        let both = try Self.nodes("--family", "control", "--unsupported", "-o", "name").output
        #expect(!both.contains("IfNode"))
        let none = try Self.nodes("--family", "trigers")
        #expect(none.status == 4)
        #expect(none.errors.contains("did you mean 'Triggers'?"))
        #expect(try Self.nodes("IfNode", "--unsupported").status == 64)
    }

    @Test(arguments: ["table", "wide", "json", "jsonl", "yaml", "csv", "name", "markdown"])
    func `every format works for the list and for one type`(format: String) throws {
        for arguments in [[], ["LogNode"]] {
            let ending = try withFolder { folder in
                try BuiltProgram.casarectl!.run(["workflow", "nodes", "-o", format] + arguments, in: folder)
            }
            #expect(ending.status == 0)
            #expect(ending.errors == "")
            #expect(ending.output.contains("LogNode"))
        }
        let columns = try Self.nodes("-o", format, "--columns", "name,supported")
        #expect(columns.status == (["table", "wide", "csv"].contains(format) ? 0 : 64))
        #expect(try Self.nodes("-o", "pdf").status == 64)
    }
}
