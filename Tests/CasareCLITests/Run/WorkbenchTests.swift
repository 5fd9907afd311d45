import CasareDomain
import FoundationEssentials
import Testing

@testable import CasareCLI

/// `casarectl run` as somebody works with it who wants to see what a workflow does.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct WorkbenchTests {
    private static let program = BuiltProgram.casarectl!  // The suite is skipped without it.

    /// A loop with a try around a subflow, of which one pass fails, and then a fork.
    private static let workflow = """
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

    private static let subflow = """
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

    private static func withWorkflow(_ body: (String) throws -> Void) throws {
        try withFolder { folder in
            try write(Self.workflow, to: folder + "/w.json")
            try write(Self.subflow, to: folder + "/price.json")
            try body(folder)
        }
    }

    private static func run(
        _ arguments: [String], in folder: String, input: String = ""
    ) throws -> BuiltProgram.Ending {
        try Self.program.run(["run", "w.json"] + arguments, in: folder, input: input)
    }

    /// What was said on stderr after each command of a script.
    private static func answers(_ ending: BuiltProgram.Ending) -> [String] {
        ending.errors.split(separator: "(casare) ", omittingEmptySubsequences: false).map(String.init)
    }

    // MARK: Parts of a workflow

    @Test func `a run up to a node ends there, and says that it was partial`() throws {
        try Self.withWorkflow { folder in
            let json = try Self.run(["--until", "fork", "-o", "json", "--trace"], in: folder)
            #expect(json.status == 0)
            let printed = try Value(parsingJSON: json.output)
            #expect(printed["partial"]?["mode"] == "until")
            #expect(printed["partial"]?["node"] == "fork")
            #expect(printed["partial"]?["reached"] == true)
            #expect(printed["result"]?["variables"]?["total"] == 14)
            #expect(printed["result"]?["trace"]?.list?.contains("large") == false)
            let inLoop = try Self.run(["--until", "sum"], in: folder)
            #expect(inLoop.output.contains("run up to and including sum, nothing after it"))
            #expect(inLoop.output.contains("Outputs of sum\n  value  6\n"))
            let whole = try Self.run(["-o", "json"], in: folder)
            #expect(try Value(parsingJSON: whole.output)["partial"]?.isNull == true)
        }
    }

    @Test func `a node that the run does not come to is missed loudly`() throws {
        try Self.withWorkflow { folder in
            let run = try Self.run(["--until", "praise", "-o", "json"], in: folder)
            #expect(run.status == 1)
            #expect(
                run.errors.hasSuffix(
                    "casarectl: the run ended without coming to 'praise'; --trace shows which way it went\n"))
            #expect(try Value(parsingJSON: run.output)["partial"]?["reached"] == false)
        }
    }

    @Test func `one node is run alone, with the inputs and variables it is given`() throws {
        try Self.withWorkflow { folder in
            let run = try Self.run(
                ["--node", "sum", "--input", "increment=5", "--var", "total=37", "-o", "json"], in: folder)
            #expect(run.status == 0)
            let printed = try Value(parsingJSON: run.output)
            #expect(printed["partial"] == ["mode": "node", "node": "sum", "reached": true, "outputs": ["value": 42]])
            #expect(printed["result"]?["variables"]?["total"] == 42)
            // A template finds a variable where it would have found the node.
            let template = try Self.run(["--node", "sum", "--var", #"price={"price": 8}"#], in: folder)
            #expect(template.output.contains("only sum was run"))
            #expect(template.output.contains("Outputs of sum\n  value  8\n"))
            let subflow = try Self.run(["--node", "price", "--var", "order=0"], in: folder)
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
        try Self.withWorkflow { folder in
            let run = try Self.run(arguments, in: folder)
            #expect(run.status == 64)
            #expect(run.errors.contains(message))
            #expect(run.output == "")
        }
    }

    @Test func `a node goes by what it is called, where one is called so`() throws {
        try Self.withWorkflow { folder in
            #expect(try Self.run(["--until", "Each order", "-o", "json"], in: folder).status == 0)
            try write(
                Self.workflow.replacing(#""fork": {"#, with: #""fork": {"name": "Each order", "#),
                to: folder + "/w.json")
            let twice = try Self.run(["--until", "Each order"], in: folder)
            #expect(twice.status == 64)
            #expect(twice.errors.contains("2 nodes are called 'Each order'; name one of them by its ID: each, fork"))
        }
    }

    // MARK: Trace

    @Test func `a trace goes to stderr, and the result alone to stdout`() throws {
        try Self.withWorkflow { folder in
            let run = try Self.run(["--trace"], in: folder)
            #expect(run.status == 0)
            #expect(run.output.hasPrefix("orders completed after "))
            #expect(!run.output.contains("Trace"))
            let lines = run.errors.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("warning") }
            #expect(lines[0] == #"   1 > total SetVariableNode value=0 variable_name="total" variable_type="String""#)
            #expect(lines[1].hasPrefix("   1 < total -> exec_out "))
            #expect(lines.contains("     : loop each, pass 2 of 3: 0"))
            #expect(lines.contains("       : try guard"))
            #expect(lines.contains(#"         : call price, workflow "price""#))
            #expect(
                lines.contains {
                    $0.contains("       ! check ") && $0.contains("AssertionError: Assertion failed: nothing ordered")
                })
            #expect(lines.contains { $0.contains("   < refused -> catch_body ") })
            #expect(lines.contains("       : catch of guard"))
            #expect(lines.contains("     : fork fork, branch 2 of 2 (branch_2)"))
            #expect(lines.contains { $0.contains(" < large -> false ") })
            #expect(run.errors.contains("nothing ordered ***"))
            #expect(!run.errors.contains("k-4711"))
        }
    }

    @Test func `with JSON the trace is in the result, and with JSON lines on stderr`() throws {
        try Self.withWorkflow { folder in
            let json = try Self.run(["--trace", "-o", "json"], in: folder)
            let printed = try Value(parsingJSON: json.output)
            let records = try #require(printed["trace"]?.list)
            #expect(records.map { $0["number"] } == (1...records.count).map { .int($0) })
            #expect(printed["trace_left_out"] == 0)
            let check = try #require(records.filter { $0["node"] == "check" }.dropFirst().first)
            #expect(check["workflow"] == "price")
            #expect(check["path"]?.list?.map { $0["kind"] } == ["loop", "try", "call"])
            #expect(check["path"]?.list?.first?["count"] == 2)
            #expect(check["error_type"] == "AssertionError")
            #expect(check["port"]?.isNull == true)
            #expect(check["duration_ms"]?.double != nil)
            let times = try #require(records.first { $0["node"] == "times" })
            #expect(times["inputs"]?["a"] == 3)
            #expect(times["outputs"] == ["result": 6])
            #expect(!json.output.contains("k-4711"))

            let lines = try Self.run(["--trace", "-o", "jsonl"], in: folder)
            #expect(lines.output.split(separator: "\n").count == 1)
            let told = try lines.errors.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
                try Value(parsingJSON: String($0))
            }
            #expect(told.count == records.count)
        }
    }

    // MARK: Stepping

    @Test func `a script steps into, over and out of what there is`() throws {
        try Self.withWorkflow { folder in
            let run = try Self.run(
                ["--step"], in: folder,
                input: "next\nstep\nstep\nstep\nstack\nout\nout\nnext\nout\nnext\n\nbreak praise\ncontinue\n")
            #expect(run.status == 0)
            #expect(run.output.hasPrefix("orders completed after "))
            let pauses = run.errors.split(separator: "\n").filter { $0.hasPrefix("paused ") }.map {
                $0.split(separator: " ")[1...2].joined(separator: " ")
            }
            #expect(
                pauses == [
                    "before total", "before each", "before guard", "before price", "before start",
                    // Out of the subflow, out of the try, and over the rest of the pass.
                    "before sum", "at each", "before guard",
                    // Out of the loop, and over its branches.
                    "before fork", "at join", "before large",
                ])
            let stack = try #require(Self.answers(run).first { $0.hasPrefix("stack\n") })
            #expect(
                stack == """
                    stack
                      #0 start StartNode of workflow "price"
                      #1 call price, workflow "price"
                      #2 try guard
                      #3 loop each, pass 1 of 3: 3
                      #4 workflow "orders"

                    """)
        }
    }

    @Test func `breakpoints pause where their condition holds, in subflows too`() throws {
        try Self.withWorkflow { folder in
            let run = try Self.run(
                ["--break", "times if count == 4", "--break", "say"], in: folder,
                input: "vars order\nwatch total + 1\nc\ninputs\nvars key\nprint times.result\nbreaks\ndelete 1\nc\n")
            #expect(run.status == 0)
            let answers = Self.answers(run)
            #expect(answers.count == 10)
            #expect(answers[0].contains("paused before say LogNode (breakpoint 2)\n  in catch of guard\n"))
            #expect(answers[1] == "vars order\n  0\n")
            #expect(answers[2] == "watch total + 1\n  watch 1: total + 1 = 7\n")
            #expect(answers[3].contains("paused before times MathOperationNode (breakpoint 1: count == 4)\n"))
            #expect(answers[3].contains(#"  in call price, workflow "price""# + "\n"))
            #expect(answers[3].contains("  watch 1: total + 1 = 7\n"))
            #expect(answers[4].contains("  a = 4\n"))
            #expect(answers[5] == "vars key\n  \"***\"\n")
            #expect(answers[6] == "print times.result\n  null\n")
            #expect(answers[7] == "breaks\n  1: times if count == 4\n  2: say\n")
            #expect(answers[8] == "delete 1\nbreakpoint 1 is gone\n")
        }
    }

    @Test func `an empty line repeats, mistakes are answered, and nothing of it is in the result`() throws {
        try Self.withWorkflow { folder in
            let run = try Self.run(
                ["--step", "-o", "json"], in: folder,
                input:
                    "\nstpe\nnext\n\nvars totl\nset fixed=2\nprint 1 +\noutputs\noutputs praise\noutputs nix\nhelp\nc\n"
            )
            #expect(run.status == 0)
            #expect(try Value(parsingJSON: run.output)["status"] == "completed")
            let answers = Self.answers(run)
            #expect(answers[1] == "\n")
            #expect(answers[2] == "stpe\nthere is no command 'stpe'; did you mean 'step'?\n")
            #expect(answers[3].contains("  done: total -> exec_out "))
            #expect(answers[3].contains("paused before each ForLoopStartNode \"Each order\"\n"))
            #expect(answers[4].contains("paused before fork ForkNode\n"))
            #expect(answers[5] == "vars totl\nthere is no variable 'totl'; did you mean 'total'?\n")
            #expect(answers[6] == "set fixed=2\nvariable 'fixed' is read-only\n")
            #expect(answers[7].hasPrefix("print 1 +\nit is no expression: "))
            #expect(answers[8].contains("  sum: value=14\n"))
            #expect(answers[9] == "outputs praise\n'praise' has not been executed\n")
            #expect(answers[10].contains("the workflow has no node 'nix'"))
            #expect(answers[11].contains("continue, c "))
        }
    }

    @Test func `a variable that is set counts for the node and what follows`() throws {
        try Self.withWorkflow { folder in
            let run = try Self.run(
                ["--break", "large", "-o", "json"], in: folder, input: "set total=2000\nprint total\ncontinue\n")
            #expect(run.status == 0)
            let printed = try Value(parsingJSON: run.output)
            #expect(printed["result"]?["variables"]?["total"] == 2000)
            #expect(printed["result"]?["logs"]?.list?.count == 2)
            #expect(Self.answers(run)[2] == "print total\n  2000\n")
        }
    }

    @Test(arguments: ["quit\n", "next\n"])
    func `a run that is ended at a pause leaves no result`(script: String) throws {
        try Self.withWorkflow { folder in
            let run = try Self.run(["--step"], in: folder, input: script)
            #expect(run.status == 130)
            #expect(run.output == "")
            #expect(run.errors.contains("nothing of the run is kept\n"))
        }
    }

    @Test func `without anybody to ask it ends, and does not wait`() throws {
        try Self.withWorkflow { folder in
            let run = try Self.run(["--step"], in: folder)
            #expect(run.status == 64)
            #expect(run.output == "")
            #expect(run.errors.contains("--step and --break take commands from stdin, and none came"))
        }
    }

    @Test func `^C ends a run that waits for a command`() throws {
        try withFolder { folder in
            // The workflow sends the signal itself, so that it comes when the next pause is near or there.
            try write(
                """
                {"metadata": {"name": "w"},
                 "nodes": {
                  "signal": {"node_type": "RunCommandNode", "config": {"command": "kill -INT $PPID", "shell": true}},
                  "after": {"node_type": "LogNode", "config": {"message": "x"}}},
                 "connections": [
                  {"source_node": "signal", "source_port": "exec_out", "target_node": "after", "target_port": "exec_in"}]}
                """, to: folder + "/w.json")
            // The shell keeps the pipe open for writing: more commands might come.
            let run = try BuiltProgram(path: "/bin/sh").run(
                [
                    "-c", "mkfifo commands && exec 3<>commands && echo next >&3 && exec \"$0\" run w.json --step <&3",
                    Self.program.path,
                ], in: folder)
            #expect(run.status == 130)
            #expect(run.output == "")
            #expect(run.errors.hasSuffix("casarectl: stopped; nothing of the run is kept\n"))
        }
    }

    // MARK: Secrets

    @Test func `a secret among the members of an item is hidden in the trace and at pauses`() throws {
        try withFolder { folder in
            try write(
                """
                {"metadata": {"name": "accounts"},
                 "variables": {"users": {"default_value": [{"user": "ann", "password": "hunter2xyz"}]}},
                 "nodes": {
                  "each": {"node_type": "ForLoopStartNode", "config": {"items": "{{users}}", "item_var": "account"}},
                  "hello": {"node_type": "LogNode", "config": {"message": "Hello {{account.user}}"}}},
                 "connections": [
                  {"source_node": "each", "source_port": "body", "target_node": "hello", "target_port": "exec_in"}]}
                """, to: folder + "/w.json")
            let lines = try Self.run(["--trace"], in: folder)
            #expect(lines.status == 0)
            #expect(lines.errors.contains(#": loop each, pass 1 of 1: {"user":"ann","password":"***"}"#))
            let jsonLines = try Self.run(["--trace", "-o", "jsonl"], in: folder)
            let json = try Self.run(["--trace", "-o", "json"], in: folder)
            let kept = try #require(try Value(parsingJSON: json.output)["trace"])
            let script = [
                "vars", "vars account", "print account", "print users[0].password", "watch users", "stack", "c",
            ]
            let pauses = try Self.run(["--break", "hello"], in: folder, input: script.joined(separator: "\n") + "\n")
            #expect(pauses.status == 0)
            #expect(Self.answers(pauses).count == script.count + 1)
            for text in [lines.errors, jsonLines.errors, kept.jsonText(.compact), pauses.errors] {
                #expect(text.contains(#""***""#))
                #expect(!text.contains("hunter2xyz"))
            }
        }
    }

    // MARK: Progress

    private static let slow = """
        {"metadata": {"name": "slow"},
         "nodes": {
          "each": {"node_type": "ForLoopStartNode", "config": {"items": ["a"]}},
          "wait": {"node_type": "WaitNode", "name": "A nap", "config": {"duration": 1}}},
         "connections": [{"source_node": "each", "source_port": "body", "target_node": "wait", "target_port": "exec_in"}]}
        """

    /// script(1) gives the program a terminal.
    private static func onTerminal(_ arguments: String, in folder: String) throws -> BuiltProgram.Ending {
        try BuiltProgram(path: "/usr/bin/script").run(
            ["-qec", "\(Self.program.path) run w.json \(arguments)", "/dev/null"], in: folder,
            environment: ["TERM": "xterm", "NO_COLOR": "1"])
    }

    @Test func `progress is one line on a terminal, and gone at the end`() throws {
        try withFolder { folder in
            try write(Self.slow, to: folder + "/w.json")
            let run = try Self.onTerminal("", in: folder)
            #expect(run.status == 0)
            #expect(run.output.contains("\r1 node done, "))
            #expect(run.output.contains(#" s: wait "A nap" in loop each, pass 1 of 1"#))
            let result = try #require(run.output.firstRange(of: "slow completed after "))
            // The line is cleared right before the result, and not drawn again.
            #expect(run.output[..<result.lowerBound].hasSuffix("\r\u{1B}[K"))
            #expect(!run.output[result.lowerBound...].contains("node done"))
        }
    }

    @Test(arguments: ["--quiet", "-o json", "--trace", "2>errors"])
    func `progress is nowhere else`(arguments: String) throws {
        try withFolder { folder in
            try write(Self.slow, to: folder + "/w.json")
            let run = try Self.onTerminal(arguments, in: folder)
            #expect(run.status == 0)
            #expect(!run.output.contains("done,"))
            #expect(!run.output.contains("\u{1B}[K"))
        }
    }
}
