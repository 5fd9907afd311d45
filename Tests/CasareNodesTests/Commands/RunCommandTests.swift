import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

@Suite struct RunCommandTests {
    @Test func `output and exit code come back, and a non-zero code is no failure`() async throws {
        try await withRunFolder { folder in
            let good = try await folder.perform("RunCommandNode", ["command": "echo 'hello  world'"])
            #expect(good == ["stdout": "hello  world\n", "stderr": "", "return_code": 0, "success": true])
            let bad = try await folder.perform("RunCommandNode", ["command": "ls /no/such/place"])
            #expect(bad["success"] == false)
            #expect(bad["return_code"] == 2)
            #expect(bad["stderr"]?.string?.contains("/no/such/place") == true)
        }
    }

    @Test func `arguments are a list or text, and no shell reads them`() async throws {
        try await withRunFolder { folder in
            let list = try await folder.perform(
                "RunCommandNode", ["command": "printf %s|", "args": ["a b", "$HOME", "*", 1.0]])
            #expect(list["stdout"] == "a b|$HOME|*|1|")
            let text = try await folder.perform(
                "RunCommandNode", ["command": "printf %s|", "args": "'a b' \"c\\\"d\" e\\ f ''"])
            #expect(text["stdout"] == "a b|c\"d|e f||")
            let marked = try await folder.perform(
                "RunCommandNode", ["command": "printf %s|", "args": "'a b'\u{301} \"c d\"\u{301} e\u{A0}f"])
            #expect(marked["stdout"] == "a b\u{301}|c d\u{301}|e\u{A0}f|")
            let failure = try await folder.failure("RunCommandNode", ["command": "echo 'open"])
            #expect(failure.message.contains("not closed"))
        }
    }

    @Test func `a shell reads the line when asked, and quoted list elements stay whole`() async throws {
        try await withRunFolder { folder in
            let result = try await folder.perform(
                "RunCommandNode", ["command": "printf %s- *.txt", "args": ["it's *"], "shell": true])
            #expect(result["stdout"] == "*.txt-it's *-")
        }
    }

    @Test func `it runs in the run's directory, or in the one that is named`() async throws {
        try await withRunFolder { folder in
            #expect(
                try await folder.perform("RunCommandNode", ["command": "pwd"])["stdout"] == .string(folder.path + "\n"))
            try await folder.perform("CreateDirectoryNode", ["directory_path": "sub"])
            let sub = try await folder.perform("RunCommandNode", ["command": "pwd", "working_dir": "sub"])
            #expect(sub["stdout"] == .string(folder.path + "/sub\n"))
            let none = try await folder.failure("RunCommandNode", ["command": "pwd", "working_dir": "none"])
            #expect(none.message == "Directory not found: \(folder.path)/none")
        }
    }

    @Test func `a program that does not exist fails, and says so`() async throws {
        try await withRunFolder { folder in
            for command in ["no-such-program", "./no-such-program"] {
                let failure = try await folder.failure("RunCommandNode", ["command": .string(command)])
                #expect(failure.type == "FileNotFoundError")
                #expect(failure.message.hasPrefix("Command not found"))
                #expect(failure.outputs["success"] == false)
            }
            let name = Value.string(String(repeating: "x", count: 4096))
            let failure = try await folder.failure("RunCommandNode", ["command": name])
            #expect(failure.message == "Command not found: a name of 4096 bytes is longer than any path")
        }
    }

    @Test func `a program ended by a signal has its negative number as code`() async throws {
        try await withRunFolder { folder in
            let result = try await folder.perform("RunBatchScriptNode", ["script": "kill -9 $$"])
            #expect(result["return_code"] == -9)
        }
    }

    @Test func `output is kept up to its limit and the program is not held up`() async throws {
        try await withRunFolder { folder in
            let script = "head -c 3000000 /dev/zero | tr '\\0' x; echo done >&2"
            let result = try await folder.perform("RunBatchScriptNode", ["script": .string(script)])
            #expect(result["stderr"] == "done\n")
            let output = result["stdout"]?.string ?? ""
            #expect(output.hasSuffix("x\n[cut after 1048576 bytes]"))
            #expect(output.utf8.count == 1_048_576 + 26)
            let dropped = try await folder.perform(
                "RunCommandNode", ["command": "echo x", "capture_output": false])
            #expect(dropped["stdout"] == "")
        }
    }

    @Test func `many at once keep their outputs apart, inherit no files and leave no process`() async throws {
        try await withRunFolder { folder in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<24 {
                    group.addTask {
                        let script = "echo \(number) $$; ls /proc/self/fd | tr '\\n' ' '"
                        let result = try await folder.perform("RunBatchScriptNode", ["script": .string(script)])
                        let lines = result["stdout"]?.string?.split(separator: "\n") ?? []
                        let words = lines.first?.split(separator: " ") ?? []
                        #expect(words.first == "\(number)")
                        // Standard input, output and error, and the directory that ls reads.
                        #expect(lines.last == "0 1 2 3 ")
                        #expect(!isRunning(words.last.map(String.init) ?? "self"))
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `a program in the background neither holds up the node nor is it ended`() async throws {
        try await withRunFolder { folder in
            let script = "sleep 60 & echo $!"
            let result = try await folder.perform("RunBatchScriptNode", ["script": .string(script), "timeout": 30])
            let process = result["stdout"]?.string?.split(separator: "\n").first.map(String.init) ?? ""
            #expect(result["success"] == true)
            #expect(isRunning(process))
            try await folder.perform("RunCommandNode", ["command": .string("kill \(process)")])
        }
    }
}

/// Whether a process exists and has not ended.
func isRunning(_ process: String) -> Bool {
    guard let status = try? String(contentsOf: URL(filePath: "/proc/\(process)/stat"), encoding: .utf8) else {
        return false
    }
    let state = status.split(separator: ")").last?.split(separator: " ").first
    return state != "Z" && state != "X"
}
