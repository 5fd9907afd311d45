import CasareDomain
import CasareTestSupport
import FoundationEssentials
import Testing

@testable import CasareCLI

/// The program as a whole, where no server is needed.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct RunTests {
    private static let program = BuiltProgram.casarectl!  // The suite is skipped without it.

    private static let greeting = """
        {"metadata": {"name": "greeting"},
         "nodes": {
           "set": {"node_type": "SetVariableNode", "config": {"variable_name": "text", "value": "Hello {{who}}"}},
           "log": {"node_type": "LogNode", "config": {"message": "{{text}}\\u001b[2J"}}},
         "connections": [
           {"source_node": "set", "source_port": "exec_out", "target_node": "log", "target_port": "exec_in"}]}
        """

    @Test func `a workflow runs without a server`() throws {
        try withFolder { folder in
            try write(Self.greeting, to: folder + "/w.json")
            let json = try Self.program.run(
                ["run", "w.json", "--var", "who=World", "--trace", "-o", "json"], in: folder)
            #expect(json.status == 0)
            let printed = try Value(parsingJSON: json.output)
            #expect(
                printed.object?.keys == [
                    "workflow", "status", "duration_ms", "failure", "partial", "result", "trace", "trace_left_out",
                ])
            #expect(printed["workflow"] == "greeting")
            #expect(printed["status"] == "completed")
            #expect(printed["result"]?["success"] == true)
            #expect(printed["result"]?["variables"]?["text"] == "Hello World")
            #expect(printed["result"]?["trace"] == ["set", "log"])
            let table = try Self.program.run(["run", "w.json", "--var", "who=World"], in: folder)
            #expect(table.output.hasPrefix("greeting completed after "))
            #expect(table.output.contains("Hello World\\u{1b}[2J\n"))
            #expect(!table.output.contains("\u{1B}"))
        }
    }

    @Test func `the workflow and the variables may come from stdin, one of them`() throws {
        try withFolder { folder in
            let fromInput = try Self.program.run(["run", "-", "-o", "jsonl"], in: folder, input: Self.greeting)
            #expect(fromInput.status == 0)
            try write(Self.greeting, to: folder + "/w.json")
            let variables = try Self.program.run(
                ["run", "w.json", "--vars", "-", "-o", "json"], in: folder, input: "who: [1, 2]")
            #expect(try Value(parsingJSON: variables.output)["result"]?["variables"]?["who"] == [1, 2])
        }
    }

    @Test func `a run that fails ends with 9 and says why in every format`() throws {
        try withFolder { folder in
            try write(
                """
                {"metadata": {"name": "broken"},
                 "nodes": {"t": {"node_type": "ThrowErrorNode", "config": {"error_message": "no such invoice"}}}}
                """, to: folder + "/w.json")
            let json = try Self.program.run(["run", "w.json", "-o", "json"], in: folder)
            #expect(json.status == 9)
            let printed = try Value(parsingJSON: json.output)
            #expect(printed["status"] == "failed")
            #expect(printed["failure"]?["node"] == "t")
            #expect(printed["result"]?["success"] == false)
            let table = try Self.program.run(["run", "w.json"], in: folder)
            #expect(table.status == 9)
            #expect(table.output.contains("no such invoice"))
        }
    }

    @Test func `an effect that is cut off ends the run, and the person is told to look first`() throws {
        try withFolder { folder in
            try write(
                """
                {"metadata": {"name": "slow"},
                 "nodes": {"c": {"node_type": "RunCommandNode", "config": {"command": "sleep 60"}}}}
                """, to: folder + "/w.json")
            let run = try Self.program.run(["run", "w.json", "--node-timeout", "1s", "-o", "json"], in: folder)
            #expect(run.status == 9)
            let failure = try Value(parsingJSON: run.output)["failure"]
            #expect(failure?["type"] == "InDoubtError")
            #expect(failure?["node"] == "c")
            let message = failure?["message"]?.string ?? ""
            #expect(message.hasPrefix("Did c (RunCommandNode) happen? It timed out after 1s."))
            #expect(message.contains("look before you run the workflow again"))
        }
    }

    @Test func `a run here reaches what this machine reaches, and a robot would not even try`() throws {
        try withFolder { folder in
            let port = ClosedPort.number
            try write(
                """
                {"nodes": {"h": {"node_type": "HttpRequestNode", "config": {"url": "http://127.0.0.1:\(port)/"}}}}
                """, to: folder + "/w.json")
            let free = try Self.program.run(["run", "w.json"], in: folder)
            #expect(free.status == 9)
            #expect(free.output.contains("127.0.0.1 refused the connection"))
            let bound = try Self.program.run(["run", "w.json", "--robot-rules", "-o", "json"], in: folder)
            #expect(bound.status == 9)
            #expect(bound.output.contains("127.0.0.1 is internal"))
        }
    }

    @Test(arguments: [
        (#""node_type": "ReadFileNode", "config": {"file_path": "/proc/version"}"#, "PathSecurityError"),
        (#""node_type": "RunCommandNode", "config": {"command": "rm -f a; true", "shell": true}"#, "SecurityError"),
    ])
    func `what a robot refuses is done here, and refused under the robots' rules`(
        node: String, refusal: String
    ) throws {
        try withFolder { folder in
            try write("{\"nodes\": {\"n\": {\(node)}}}", to: folder + "/w.json")
            let free = try Self.program.run(["run", "w.json", "-o", "json"], in: folder)
            #expect(free.status == 0)
            #expect(!free.output.contains(refusal))
            let bound = try Self.program.run(["run", "w.json", "--robot-rules", "-o", "json"], in: folder)
            #expect(bound.status == 9)
            #expect(bound.output.contains(refusal))
        }
    }

    @Test func `a subflow file beside the workflow is found from anywhere`() throws {
        try withFolder { folder in
            try write(
                """
                {"metadata": {"name": "main"},
                 "nodes": {"s": {"node_type": "SubflowNode", "config": {"subflow_path": "parts/sub.json"}}}}
                """, to: folder + "/flows/main.json")
            try write(Self.greeting, to: folder + "/flows/parts/sub.json")
            let run = try Self.program.run(["run", "flows/main.json", "-o", "json"], in: folder)
            #expect(run.errors == "warning: set: {{who}} has no value\n")
            #expect(run.status == 0)
        }
    }

    @Test func `what cannot run is said on stderr`() throws {
        try withFolder { folder in
            let missing = try Self.program.run(["run", "none.json"], in: folder)
            #expect(missing.status == 4)
            #expect(missing.errors == "casarectl: cannot read none.json: No such file or directory\n")
            try write("{\"nodes\": {\"x\": {\"node_type\": \"NoSuchNode\"}}}", to: folder + "/bad.json")
            let rejected = try Self.program.run(["run", "bad.json", "-o", "json"], in: folder)
            #expect(rejected.status == 9)
            #expect(rejected.errors.contains("NoSuchNode"))
            #expect(try Value(parsingJSON: rejected.output)["failure"]?["kind"] == "rejected")
            let validated = try Self.program.run(["workflow", "validate", "bad.json", "-o", "jsonl"], in: folder)
            #expect(validated.status == 1)
            #expect(validated.output.contains("UNKNOWN_NODE_TYPE"))
            let usage = try Self.program.run(["run"], in: folder)
            #expect(usage.status == 64)
            #expect(usage.errors.hasPrefix("casarectl: "))
            #expect(usage.output == "")
        }
    }

    @Test func `a server that is not there is unavailable, and no server at all not signed in`() throws {
        try withFolder { folder in
            let unknown = try Self.program.run(["job", "list"], in: folder)
            #expect(unknown.status == 3)
            #expect(unknown.errors.hasPrefix("casarectl: no server is known yet; run casarectl login"))
            let port = ClosedPort.number
            let url = "http://127.0.0.1:\(port)"
            let away = try Self.program.run(
                ["job", "list"], in: folder, environment: ["CASARE_URL": url, "CASARE_TOKEN": "crpa_x"])
            #expect(away.status == 10)
            #expect(away.errors.hasPrefix("casarectl: cannot reach \(url)"))
        }
    }

    @Test func `contexts are kept between commands`() throws {
        try withFolder { folder in
            try write(
                """
                {"version": 1, "current": null, "contexts": [
                  {"name": "a", "url": "http://localhost:1", "token": "crpa_secret", "production": true}]}
                """, to: folder + "/.config/casare/config.json")
            #expect(try Self.program.run(["context", "use", "b"], in: folder).status == 4)
            #expect(try Self.program.run(["context", "use", "a"], in: folder).status == 0)
            let list = try Self.program.run(["context", "list", "-o", "json"], in: folder)
            #expect(!list.output.contains("crpa_secret"))
            #expect(
                try Value(parsingJSON: list.output)
                    == [["name": "a", "url": "http://localhost:1", "current": true, "production": true]])
            // Production: also a single job is asked about, and there is nobody to ask.
            let refused = try Self.program.run(["retry", "01890000-0000-7000-8000-000000000001"], in: folder)
            #expect(refused.status == 12)
            #expect(try Self.program.run(["context", "remove", "a"], in: folder).status == 0)
            #expect(try Self.program.run(["context", "list", "-o", "name"], in: folder).output == "")
        }
    }

    @Test func `help, topics and the version end with 0 and go to stdout`() throws {
        try withFolder { folder in
            for arguments in [["--help"], ["help", "submit"], ["help", "exit-codes"], ["--version"], ["version"]] {
                let help = try Self.program.run(arguments, in: folder)
                #expect(help.status == 0)
                #expect(!help.output.isEmpty)
                #expect(help.errors == "")
            }
        }
    }
}
