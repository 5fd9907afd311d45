import CasareDomain
import CasareEngine
import Testing

@Suite struct CommandPolicyTests {
    @Test(arguments: [
        "rm -rf x", "/bin/rm x", "RM x", "curl.exe http://x", "../../bin/wget x", "'r'm x", "mkfs.ext4 /dev/sda",
        "env A=1 rm x", "xargs rm", "sh -c 'rm x'", "bash -lc 'echo a; echo b'", "sudo -n shutdown now",
        "C:\\\\Windows\\\\cmd.exe",
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

    @Test(arguments: ["X=1 rm x", "  rm x", "\"rm\" x"])
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

    @Test(arguments: ["RunPythonScriptNode", "RunBatchScriptNode", "RunJavaScriptNode", "RunPythonFileNode"])
    func `one switch turns all scripts off`(node: String) async throws {
        try await withRunFolder { folder async throws in
            var strict = folder
            strict.policy = NodePolicy(allowsScripts: false)
            let inputs: Object = ["code": "x", "script": "x", "file_path": "x"]
            #expect(try await strict.failure(node, inputs).type == "SecurityError")
        }
    }
}
