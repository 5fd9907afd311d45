import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@Suite struct CommandPolicyTests {
    @Test(arguments: [
        "rm -rf x", "/bin/rm x", "RM x", "curl.exe http://x", "../../bin/wget x", "'r'm x", "mkfs.ext4 /dev/sda",
        "env A=1 rm x", "xargs rm", "sh -c 'rm x'", "bash -lc 'echo a; echo b'", "sudo -n shutdown now",
        "C:\\\\Windows\\\\cmd.exe", "/bin\u{600}/rm x", "env nice rm x", "env sh -c \"rm victim\"",
        "timeout 5 sh -c \"echo a; rm nofile\"", "nohup bash -c \"echo hi | cat\"", "sh +c 'rm x'",
        "sh -c \"sh -c 'rm x'\"", "env -S 'rm nofile'", "env -iS'rm nofile'", "nice env --split='rm nofile'",
    ])
    func `commands on the list are refused under any name`(command: String) async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure("RunCommandNode", ["command": .string(command)])
            #expect(failure.type == "SecurityError")
            #expect(failure.outputs["success"] == false)
        }
    }

    @Test(arguments: ["|", "&", ";", "$", "(", ")", "{", "}", "<", ">", "`", "\n", "\r\n"])
    func `characters that a shell acts on are refused`(character: String) async throws {
        try await withRunFolder { folder async throws in
            let inputs: Object = ["command": .string("echo a\(character)b"), "shell": true]
            #expect(try await folder.failure("RunCommandNode", inputs).type == "SecurityError")
            let asArgument: Object = ["command": "echo", "args": [.string("a\(character)b")]]
            #expect(try await folder.perform("RunCommandNode", asArgument)["success"] == true)
        }
    }

    @Test(arguments: ["echo a\u{600}; rm victim", "echo a\u{600}| cat", "echo \u{600}$HOME", "echo a >\u{301}out"])
    func `no mark before or after a character hides it from the check`(line: String) async throws {
        try await withRunFolder { folder in
            try folder.write("x", "victim")
            let failure = try await folder.failure("RunCommandNode", ["command": .string(line), "shell": true])
            #expect(failure.type == "SecurityError")
            #expect(try folder.names == ["victim"])
        }
    }

    @Test func `what a shell gets as an argument stays an argument`() async throws {
        try await withRunFolder { folder in
            let text = "x'\u{301}; touch pwned; echo '\u{301}"
            let inputs: Object = ["command": "printf %s", "args": [.string(text)], "shell": true]
            let failure = try await folder.failure("RunCommandNode", inputs)
            #expect(failure.type == "SecurityError")
            var unchecked = folder
            unchecked.policy = NodePolicy(checksCommands: false)
            let outputs = try await unchecked.perform("RunCommandNode", inputs)
            #expect(outputs["stdout"] == .string(text))
            #expect(try folder.names == [])
        }
    }

    @Test(arguments: [
        "! rm nofile", "/bin/r? nofile", "/bin/r[m] nofile", "/bin/* nofile", "eval rm nofile",
        "trap \"rm nofile\" EXIT", "X=1 eval rm nofile", ". ./file", "source ./file", "builtin eval rm nofile",
        "command rm nofile", "exec rm nofile", "time eval rm nofile", "nice /bin/r? nofile", "nice /bin/s? -c x",
        "sh -c 'eval rm nofile'",
    ])
    func `what makes a shell run something else than it names is refused`(line: String) async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure("RunCommandNode", ["command": .string(line), "shell": true])
            #expect(failure.type == "SecurityError")
        }
    }

    @Test(arguments: ["[ -f a.txt ]", "ls *.txt", "nice ls *.txt", "env LC_ALL=C ls *", "nice sh -c 'ls a.txt'"])
    func `ordinary lines for a shell run`(line: String) async throws {
        try await withRunFolder { folder in
            try folder.write("x", "a.txt")
            let outputs = try await folder.perform("RunCommandNode", ["command": .string(line), "shell": true])
            #expect(outputs["success"] == true)
        }
    }

    @Test func `shells inside shells are looked into only so deep`() async throws {
        try await withRunFolder { folder in
            var line = "echo"
            for _ in 0..<5 {
                let quoted = line.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                line = "sh -c \"\(quoted)\""
            }
            let failure = try await folder.failure("RunCommandNode", ["command": .string(line)])
            #expect(failure.message == "The command has more than 4 shells, one inside the other")
        }
    }

    @Test(arguments: [
        "X=1 rm x", "  rm x", "\"rm\" x", "X=\u{301}1 rm x", "X=1\u{A0}Y rm x", "X+=1 rm x",
    ])
    func `what comes before the name in a shell does not hide it`(line: String) async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure("RunCommandNode", ["command": .string(line), "shell": true])
            #expect(failure.message == "The command 'rm' is not allowed")
        }
    }

    @Test func `dangerous commands need the node's wish and the robot's leave`() async throws {
        try await withRunFolder { folder in
            try folder.write("x", "a.txt")
            let inputs: Object = ["command": "rm a.txt", "allow_dangerous": true]
            #expect(try await folder.failure("RunCommandNode", inputs).type == "SecurityError")
            #expect(folder.exists("a.txt"))
            var lenient = folder
            lenient.policy = NodePolicy(allowsDangerousOverrides: true)
            #expect(try await lenient.perform("RunCommandNode", inputs)["success"] == true)
            #expect(!folder.exists("a.txt"))
        }
    }

    @Test func `where commands are not checked, they run as written`() async throws {
        try await withRunFolder { folder in
            try folder.write("x", "a.txt")
            var unchecked = folder
            unchecked.policy = NodePolicy(checksCommands: false)
            let inputs: Object = ["command": "rm a.txt && echo done > b.txt", "shell": true]
            #expect(try await unchecked.perform("RunCommandNode", inputs)["success"] == true)
            #expect(!folder.exists("a.txt"))
            #expect(try folder.read("b.txt") == "done\n")
        }
    }

    @Test(arguments: ["/bin/rm", "rm", "env", "python3x", "tool/python3", "./node", "../node"])
    func `a script is run by an interpreter and no other program`(program: String) async throws {
        try await withRunFolder { folder in
            try folder.write("print(1)", "a.py")
            let python: Object = ["file_path": "a.py", "python_path": .string(program)]
            #expect(try await folder.failure("RunPythonFileNode", python).type == "SecurityError")
            let node: Object = ["code": "1", "node_path": .string(program)]
            #expect(try await folder.failure("RunJavaScriptNode", node).type == "SecurityError")
            #expect(try folder.names == ["a.py"])
        }
    }

    @Test func `an interpreter's path leads to an interpreter, and not into the run's directories`() async throws {
        try await withRunFolder { folder in
            try await withRunFolder { elsewhere in
                try folder.write("print(1)", "a.py")
                let found = try await folder.perform("RunBatchScriptNode", ["script": "command -v python3"])
                let python = found["stdout"]?.string?.split(separator: "\n").first.map(String.init) ?? ""
                let outputs = try await folder.perform(
                    "RunPythonFileNode", ["file_path": "a.py", "python_path": .string(python)])
                #expect(outputs["stdout"] == "1\n")

                let link = "\(elsewhere.path)/python3"
                try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/bin/rm")
                try FileManager.default.createSymbolicLink(
                    atPath: "\(folder.path)/python3", withDestinationPath: python)
                for path in [link, "\(folder.path)/python3"] {
                    let failure = try await folder.failure(
                        "RunPythonFileNode", ["file_path": "a.py", "python_path": .string(path)])
                    #expect(failure.type == "SecurityError")
                }
                #expect(folder.exists("a.py"))

                var rooted = folder
                rooted.policy = NodePolicy(allowedRoots: [folder.path, elsewhere.path])
                let failure = try await rooted.failure(
                    "RunPythonFileNode",
                    ["file_path": "a.py", "python_path": .string("\(elsewhere.path)/python3.11")])
                #expect(failure.type == "SecurityError")
            }
        }
    }

    @Test(arguments: ["RunPythonScriptNode", "RunBatchScriptNode", "RunJavaScriptNode", "RunPythonFileNode"])
    func `one switch turns all scripts off`(node: String) async throws {
        try await withRunFolder { folder async throws in
            var strict = folder
            strict.policy = NodePolicy(allowsScripts: false)
            let inputs: Object = ["code": "x", "script": "x", "file_path": "x"]
            let failure = try await strict.failure(node, inputs)
            #expect(failure.type == "SecurityError")
            // Whose switch it was, the node does not know.
            #expect(failure.message.contains("casarectl tenant policy set scripts=on"))
            #expect(failure.message.contains("or by this robot"))
        }
    }
}
