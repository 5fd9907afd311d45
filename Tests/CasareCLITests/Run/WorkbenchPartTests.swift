import CasareDomain
import Testing

/// `casarectl run` of a part of a workflow.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct WorkbenchPartTests {
    @Test func `a run up to a node ends there, and says that it was partial`() throws {
        try Workbench.withWorkflow { folder in
            let json = try Workbench.run(["--until", "fork", "-o", "json", "--trace"], in: folder)
            #expect(json.status == 0)
            let printed = try Value(parsingJSON: json.output)
            #expect(printed["partial"]?["mode"] == "until")
            #expect(printed["partial"]?["node"] == "fork")
            #expect(printed["partial"]?["reached"] == true)
            #expect(printed["result"]?["variables"]?["total"] == 14)
            #expect(printed["result"]?["trace"]?.list?.contains("large") == false)
            let inLoop = try Workbench.run(["--until", "sum"], in: folder)
            #expect(inLoop.output.contains("run up to and including sum, nothing after it"))
            #expect(inLoop.output.contains("Outputs of sum\n  value  6\n"))
            let whole = try Workbench.run(["-o", "json"], in: folder)
            #expect(try Value(parsingJSON: whole.output)["partial"]?.isNull == true)
        }
    }

    @Test func `a node that the run does not come to is missed loudly`() throws {
        try Workbench.withWorkflow { folder in
            let run = try Workbench.run(["--until", "praise", "-o", "json"], in: folder)
            #expect(run.status == 1)
            #expect(
                run.errors.hasSuffix(
                    "casarectl: the run ended without coming to 'praise'; --trace shows which way it went\n"))
            #expect(try Value(parsingJSON: run.output)["partial"]?["reached"] == false)
        }
    }

    @Test func `one node is run alone, with the inputs and variables it is given`() throws {
        try Workbench.withWorkflow { folder in
            let run = try Workbench.run(
                ["--node", "sum", "--input", "increment=5", "--var", "total=37", "-o", "json"], in: folder)
            #expect(run.status == 0)
            let printed = try Value(parsingJSON: run.output)
            #expect(printed["partial"] == ["mode": "node", "node": "sum", "reached": true, "outputs": ["value": 42]])
            #expect(printed["result"]?["variables"]?["total"] == 42)
            // A template finds a variable where it would have found the node.
            let template = try Workbench.run(["--node", "sum", "--var", #"price={"price": 8}"#], in: folder)
            #expect(template.output.contains("only sum was run"))
            #expect(template.output.contains("Outputs of sum\n  value  8\n"))
            let subflow = try Workbench.run(["--node", "price", "--var", "order=0"], in: folder)
            #expect(subflow.status == 9)
            #expect(subflow.output.contains("nothing ordered"))
        }
    }

    @Test(arguments: [
        (["--until", "frok"], "--until: workflow 'orders' has no node 'frok'; did you mean 'fork'?"),
        (["--node", "each order"], "--node: workflow 'orders' has no node 'each order'; did you mean 'Each order'?"),
        (["--break", "sume"], "--break: the workflow has no node 'sume'; did you mean 'sum'?"),
        (["--break", "sum if total >"], "--break: 'sum if total >': the condition is no expression"),
        (["--node", "sum", "--input", "incremet=1"], "has no input 'incremet'; did you mean 'increment'?"),
        (["--until", "sum", "--node", "sum"], "give one of them"),
        (["--input", "a=1"], "add --node"),
        (["--step", "--vars", "-"], "--step and --break take their commands from stdin"),
    ])
    func `what does not fit the workflow is bad usage, and nothing is run`(arguments: [String], message: String) throws
    {
        try Workbench.withWorkflow { folder in
            let run = try Workbench.run(arguments, in: folder)
            #expect(run.status == 64)
            #expect(run.errors.contains(message))
            #expect(run.output == "")
        }
    }

    @Test func `a node goes by what it is called, where one is called so`() throws {
        try Workbench.withWorkflow { folder in
            #expect(try Workbench.run(["--until", "Each order", "-o", "json"], in: folder).status == 0)
            try write(
                Workbench.workflow.replacing(#""fork": {"#, with: #""fork": {"name": "Each order", "#),
                to: folder + "/w.json")
            let twice = try Workbench.run(["--until", "Each order"], in: folder)
            #expect(twice.status == 64)
            #expect(twice.errors.contains("2 nodes are called 'Each order'; name one of them by its ID: each, fork"))
        }
    }
}
