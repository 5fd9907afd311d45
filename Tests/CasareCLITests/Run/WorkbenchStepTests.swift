import CasareDomain
import Testing

/// `casarectl run --step` and `--break`.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct WorkbenchStepTests {
    @Test func `a script steps into, over and out of what there is`() throws {
        try Workbench.withWorkflow { folder in
            let run = try Workbench.run(
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
            let stack = try #require(Workbench.answers(run).first { $0.hasPrefix("stack\n") })
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
        try Workbench.withWorkflow { folder in
            let run = try Workbench.run(
                ["--break", "times if count == 4", "--break", "say"], in: folder,
                input: "vars order\nwatch total + 1\nc\ninputs\nvars key\nprint times.result\nbreaks\ndelete 1\nc\n")
            #expect(run.status == 0)
            let answers = Workbench.answers(run)
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
        try Workbench.withWorkflow { folder in
            let run = try Workbench.run(
                ["--step", "-o", "json"], in: folder,
                input:
                    "\nstpe\nnext\n\nvars totl\nset fixed=2\nprint 1 +\noutputs\noutputs praise\noutputs nix\nhelp\nc\n"
            )
            #expect(run.status == 0)
            #expect(try Value(parsingJSON: run.output)["status"] == "completed")
            let answers = Workbench.answers(run)
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
        try Workbench.withWorkflow { folder in
            let run = try Workbench.run(
                ["--break", "large", "-o", "json"], in: folder, input: "set total=2000\nprint total\ncontinue\n")
            #expect(run.status == 0)
            let printed = try Value(parsingJSON: run.output)
            #expect(printed["result"]?["variables"]?["total"] == 2000)
            #expect(printed["result"]?["logs"]?.list?.count == 2)
            #expect(Workbench.answers(run)[2] == "print total\n  2000\n")
        }
    }

    @Test(arguments: ["quit\n", "next\n"])
    func `a run that is ended at a pause leaves no result`(script: String) throws {
        try Workbench.withWorkflow { folder in
            let run = try Workbench.run(["--step"], in: folder, input: script)
            #expect(run.status == 130)
            #expect(run.output == "")
            #expect(run.errors.contains("nothing of the run is kept\n"))
        }
    }

    @Test func `without anybody to ask it ends, and does not wait`() throws {
        try Workbench.withWorkflow { folder in
            let run = try Workbench.run(["--step"], in: folder)
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
                    Workbench.program.path,
                ], in: folder)
            #expect(run.status == 130)
            #expect(run.output == "")
            #expect(run.errors.hasSuffix("casarectl: stopped; nothing of the run is kept\n"))
        }
    }
}
