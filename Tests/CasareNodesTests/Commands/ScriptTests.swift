import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@testable import CasareNodes

@Suite struct ScriptTests {
    @Test func `Python code gets variables and gives its result`() async throws {
        try await withRunFolder { folder in
            let code = "print('hi')\nresult = {'sum': a + b, 'list': [1, 2.5, None, True, 'é']}"
            let outputs = try await folder.perform(
                "RunPythonScriptNode", ["code": .string(code), "variables": ["a": 1, "b": 2]])
            #expect(outputs["result"] == ["sum": 3, "list": [1, 2.5, nil, true, "é"]])
            #expect(outputs["output"] == "hi\n")
            #expect(outputs["success"] == true)
            #expect(outputs["error"] == "")
            #expect(try folder.names == [])
        }
    }

    @Test(arguments: [
        ("raise ValueError('no')", "ValueError: no"), ("1 +", "SyntaxError: invalid syntax (script.py, line 1)"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
    ])
    func `an error of the code is an output, not a failure`(code: String, error: String) async throws {
        try await withRunFolder { folder in
            let outputs = try await folder.perform("RunPythonScriptNode", ["code": .string(code)])
            #expect(outputs["success"] == false)
            #expect(outputs["error"] == .string(error))
        }
    }

    @Test func `code that ends its interpreter or runs too long is reported`() async throws {
        try await withRunFolder { folder in
            let gone = try await folder.perform("RunPythonScriptNode", ["code": "import os; os._exit(7)"])
            #expect(gone["error"] == "The script ended with code 7")
            let failure = try await folder.repeatingInDoubt.failure(
                "RunPythonScriptNode", ["code": "import time; time.sleep(60)", "timeout": 1])
            #expect(failure.type == "TimeoutError")
            #expect(failure.outputs["error"] == .string(failure.message))
            #expect(failure.outputs["success"] == false)
        }
    }

    @Test func `a script gets no more memory than the policy says`() async throws {
        try await withRunFolder { folder in
            var folder = folder
            folder.policy.scriptMemoryBytesMax = 64 << 20
            let outputs = try await folder.perform(
                "RunPythonScriptNode", ["code": "result = len(bytearray(int(size)))", "variables": ["size": 1e6]])
            #expect(outputs["result"] == 1_000_000)
            let tooMuch = try await folder.perform(
                "RunPythonScriptNode", ["code": "result = len(bytearray(int(size)))", "variables": ["size": 1e9]])
            #expect(tooMuch["error"] == "MemoryError: ")
        }
    }

    @Test func `what a process left behind that was killed goes, and what is in use stays`() async throws {
        let left = "\(ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp")/casare-script-left-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: left, withIntermediateDirectories: false)
        try "secret".write(toFile: "\(left)/script", atomically: false, encoding: .utf8)
        try await withRunFolder { folder in
            try await PrivateFolder.with(["script": "in use"]) { used in
                PrivateFolder.removeAbandoned()
                #expect(FileManager.default.fileExists(atPath: "\(used)/script"))
            }
            #expect(!FileManager.default.fileExists(atPath: left))
            let outputs = try await folder.perform("RunPythonScriptNode", ["code": "result = 1"])
            #expect(outputs["result"] == 1)
        }
    }

    @Test func `a Python file gets arguments, and a missing one fails`() async throws {
        try await withRunFolder { folder in
            try folder.write("import sys; print(sys.argv[1:]); sys.exit(4)", "a.py")
            let outputs = try await folder.perform("RunPythonFileNode", ["file_path": "a.py", "args": "x 'y z'"])
            #expect(outputs["stdout"] == "['x', 'y z']\n")
            #expect(outputs["return_code"] == 4)
            #expect(try await folder.failure("RunPythonFileNode", ["file_path": "b.py"]).type == "FileNotFoundError")
        }
    }

    @Test func `a shell script runs by bash or by what its first line names, and is tried again`() async throws {
        try await withRunFolder { folder in
            let bash = try await folder.perform("RunBatchScriptNode", ["script": "[[ a == a ]] && echo $0 | wc -l"])
            #expect(bash["stdout"] == "1\n")
            let python = try await folder.perform(
                "RunBatchScriptNode", ["script": "#!/usr/bin/env python3\nprint(2 ** 70)"])
            #expect(python["stdout"] == "1180591620717411303424\n")
            let counting: Object = [
                "script": "echo x >> tries; [ $(wc -l < tries) -ge 3 ]", "retry_count": 5, "retry_interval": 1,
                "retry_on_nonzero": true,
            ]
            #expect(try await folder.perform("RunBatchScriptNode", counting)["success"] == true)
            #expect(try folder.read("tries") == "x\nx\nx\n")
        }
    }

    @Test(arguments: [
        "echo a\nif true; then\n  echo b\nfi\n", "#!/usr/bin/env bash\necho a\nif true; then\n  echo b\nfi",
        "#!/usr/bin/env python3\nprint('a')\nprint('b')\n",
    ])
    func `a script with the line ends of Windows does what it does with those of Unix`(script: String) async throws {
        try await withRunFolder { folder in
            for script in [script, script.replacing("\n", with: "\r\n")] {
                let outputs = try await folder.perform("RunBatchScriptNode", ["script": .string(script)])
                #expect(outputs["stdout"] == "a\nb\n", "\(outputs)")
            }
        }
    }

    @Test func `JavaScript gets its input and gives what it prints, or Node is missing`() async throws {
        try await withRunFolder { folder in
            let missing = try await folder.failure(
                "RunJavaScriptNode", ["code": "1", "node_path": "/no/such/folder/node"])
            #expect(missing.message == "Node.js not found")
            #expect(missing.outputs["error"] == "Node.js not found")
            // `cat` stands for an interpreter that may not be installed here: it shows what Node would run.
            var unchecked = folder
            unchecked.policy = NodePolicy(checksCommands: false)
            let outputs = try await unchecked.perform(
                "RunJavaScriptNode", ["code": "console.log(1)", "input_data": ["a": "é"], "node_path": "cat"])
            #expect(outputs["result"] == "const inputData = {\"a\":\"é\"};\nconsole.log(1)")
        }
    }
}
