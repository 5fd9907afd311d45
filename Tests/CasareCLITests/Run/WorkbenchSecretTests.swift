import CasareDomain
import Testing

/// What `casarectl run` hides.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct WorkbenchSecretTests {
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
            let lines = try Workbench.run(["--trace"], in: folder)
            #expect(lines.status == 0)
            #expect(lines.errors.contains(#": loop each, pass 1 of 1: {"user":"ann","password":"***"}"#))
            let jsonLines = try Workbench.run(["--trace", "-o", "jsonl"], in: folder)
            let json = try Workbench.run(["--trace", "-o", "json"], in: folder)
            let kept = try #require(try Value(parsingJSON: json.output)["trace"])
            let script = [
                "vars", "vars account", "print account", "print users[0].password", "watch users", "stack", "c",
            ]
            let pauses = try Workbench.run(
                ["--break", "hello"], in: folder, input: script.joined(separator: "\n") + "\n")
            #expect(pauses.status == 0)
            #expect(Workbench.answers(pauses).count == script.count + 1)
            for text in [lines.errors, jsonLines.errors, kept.jsonText(.compact), pauses.errors] {
                #expect(text.contains(#""***""#))
                #expect(!text.contains("hunter2xyz"))
            }
        }
    }

    @Test func `what is made of secrets, parts of them and passwords in URLs are hidden in a trace`() throws {
        try withFolder { folder in
            // The header has the password in base64; a LogNode prints it, and it is in a variable.
            try write(
                #"""
                {"metadata": {"name": "calls"},
                 "variables": {
                  "password": {"default_value": "hunter2xyz", "sensitive": true},
                  "account": {"type": "String", "default_value": "{\"pin\": \"pin-4711\"}", "sensitive": true}},
                 "nodes": {
                  "sign": {"node_type": "HttpAuthNode",
                           "config": {"auth_type": "Basic", "username": "ann", "password": "{{password}}"}},
                  "keep": {"node_type": "SetVariableNode",
                           "config": {"variable_name": "kept", "value": "{{sign.headers.Authorization}}"}},
                  "say": {"node_type": "LogNode", "config": {"message": "{{sign.headers}} and pin-4711"}},
                  "go": {"node_type": "LogNode", "config": {"message": "to https://ann:pw-08154711@example.com/x"}}},
                 "connections": [
                  {"source_node": "sign", "source_port": "exec_out", "target_node": "keep", "target_port": "exec_in"},
                  {"source_node": "keep", "source_port": "exec_out", "target_node": "say", "target_port": "exec_in"},
                  {"source_node": "say", "source_port": "exec_out", "target_node": "go", "target_port": "exec_in"}]}
                """#, to: folder + "/w.json")
            for arguments in [["--trace"], ["--trace", "-o", "json"], ["--trace", "-o", "jsonl"]] {
                let run = try Workbench.run(arguments, in: folder)
                #expect(run.status == 0, "\(run.errors)")
                let text = run.output + run.errors
                #expect(text.contains("https://***@example.com/x"))
                // base64 of ann:hunter2xyz
                for secret in ["hunter2xyz", "YW5uOmh1bnRlcjJ4eXo", "pin-4711", "pw-08154711"] {
                    #expect(!text.contains(secret), "\(arguments): \(secret)")
                }
            }
        }
    }
}
