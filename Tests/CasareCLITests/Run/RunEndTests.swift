import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@testable import CasareCLI

/// How a run without a server ends that is stopped from outside, and what it says beside its result.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct RunEndTests {
    private static let program = BuiltProgram.casarectl!  // The suite is skipped without it.

    /// A command that says its number and then goes on for minutes.
    private static let lasting = """
        {"metadata": {"name": "lasting"},
         "nodes": {"act": {"node_type": "RunCommandNode", "config": {
           "command": "sh", "args": ["-c", "echo $$ > ready; exec sleep 300"]}}}}
        """

    /// Runs a script in which `$casarectl` is the program, beside the workflow `w.json`.
    private func shell(_ script: String, _ workflow: String) throws -> BuiltProgram.Ending {
        try withFolder { folder in
            try write(workflow, to: folder + "/w.json")
            return try BuiltProgram(path: "/bin/sh").run(
                ["-c", script], in: folder, environment: ["casarectl": Self.program.path])
        }
    }

    @Test(arguments: [("HUP", 129), ("TERM", 143)])
    func `what a run has started ends with it`(signal: String, status: Int) throws {
        let ended = try self.shell(
            """
            mkfifo ready
            # Not ignored, as it is where the tests themselves run under nohup.
            env --default-signal=HUP,TERM "$casarectl" run w.json & run=$!
            read child < ready
            kill -\(signal) $run
            wait $run
            echo "$?"
            kill -0 "$child" 2> /dev/null && echo alive || echo gone
            """, Self.lasting)
        #expect(ended.output == "\(status)\ngone\n")
        #expect(ended.errors.contains("stopped; nothing of the run is kept"))
    }

    @Test func `a run whose messages nobody reads any more ends without a word, and with what it has started`() throws {
        let ended = try self.shell(
            """
            mkfifo p && exec 3<>p 4>p 3>&-
            "$casarectl" run w.json --trace 2>&4
            echo "$?"
            if [ -s ready ] && kill -0 "$(cat ready)" 2> /dev/null; then echo alive; else echo gone; fi
            """, Self.lasting)
        #expect(ended.output == "141\ngone\n")  // 128 + SIGPIPE
        #expect(ended.errors == "")
    }

    // MARK: Warnings

    private static let warning = """
        {"metadata": {"name": "warning"}, "nodes": {
          "set": {"node_type": "SetVariableNode", "config": {"variable_name": "x", "value": "{{nope}}"}}}}
        """

    @Test(arguments: [[], ["-o", "json"], ["-o", "json", "--trace"], ["-o", "jsonl", "--trace"], ["--as-job"]])
    func `a template without a value is pointed out on stderr, once`(arguments: [String]) throws {
        try withFolder { folder in
            try write(Self.warning, to: folder + "/w.json")
            let ended = try Self.program.run(["run", "w.json"] + arguments, in: folder)
            #expect(ended.status == 0)
            let lines = ended.errors.split(separator: "\n").filter { $0.contains("{{nope}} has no value") }
            #expect(lines == ["warning: set: {{nope}} has no value"])
        }
    }

    @Test func `warnings in a trace are not told beside it`() throws {
        try withFolder { folder in
            try write(Self.warning, to: folder + "/w.json")
            let ended = try Self.program.run(["run", "w.json", "--trace"], in: folder)
            let lines = ended.errors.split(separator: "\n").filter { $0.contains("{{nope}} has no value") }
            #expect(lines == ["     * warning set: {{nope}} has no value"])
        }
    }

    @Test func `what came again and what is too much is counted at the end`() {
        var tally = WarningTally()
        for number in 1...WarningTally.toldMax + 2 {
            let isNew = tally.isNew("\(number)", of: "a")
            #expect(isNew == (number <= WarningTally.toldMax))
        }
        let isNew = tally.isNew("1", of: "a")
        #expect(!isNew)
        #expect(RunWarnings.closingLines(tally) == ["warning: a: 1 (2 times)", "warning: and 2 more warnings"])
        #expect(RunWarnings.closingLines(WarningTally()) == [])
    }

    @Test func `a variable that expressions cannot read is pointed out`() throws {
        try withFolder { folder in
            try write(Self.warning, to: folder + "/w.json")
            let ended = try Self.program.run(["run", "w.json", "--var", "for=1", "--var", "fine=1"], in: folder)
            #expect(ended.status == 0)
            #expect(
                ended.errors.hasPrefix(
                    "warning: The variable name 'for' is a word that expressions understand as something else\n"))
            #expect(!ended.errors.contains("fine"))
        }
    }

    @Test func `a command that is none is not said again whole`() throws {
        try withFolder { folder in
            try write(Self.warning, to: folder + "/w.json")
            let ended = try Self.program.run(
                ["run", "w.json", "--step"], in: folder, input: String(repeating: "z", count: 100_000) + "\nc\n")
            #expect(ended.status == 0)
            #expect(ended.errors.contains("there is no command 'zzz"))
            #expect(ended.errors.utf8.count < 5000)
        }
    }
}
