import Glibc
import Testing

@testable import CasareCLI

/// Where the output goes is not always a file or a terminal that takes it.
@Suite(.enabled(if: BuiltProgram.casarectl != nil, "casarectl is not built"))
struct StreamTests {
    private static let program = BuiltProgram.casarectl!  // The suite is skipped without it.

    /// Runs a script in which `$casarectl` is the program.
    private func shell(_ script: String) throws -> BuiltProgram.Ending {
        try withFolder { folder in
            try BuiltProgram(path: "/bin/sh").run(
                ["-c", script], in: folder, environment: ["casarectl": Self.program.path])
        }
    }

    @Test(arguments: ["version", "--help", "help exit-codes", "context list -o json"])
    func `a result that cannot be written is a failure`(command: String) throws {
        let full = try self.shell("\"$casarectl\" \(command) >/dev/full")
        #expect(full.status == 1)
        #expect(full.errors == "casarectl: cannot write to stdout: No space left on device\n")
        let closed = try self.shell("\"$casarectl\" \(command) >&-")
        #expect(closed.status == 1)
        #expect(closed.errors == "casarectl: cannot write to stdout: Bad file descriptor\n")
    }

    @Test func `messages that nobody hears change nothing`() throws {
        let unheard = try self.shell("\"$casarectl\" version 2>&-")
        #expect(unheard.status == 0)
        #expect(unheard.output.hasPrefix("casarectl "))
        #expect(try self.shell("\"$casarectl\" frobnicate 2>/dev/full").status == 64)
    }

    @Test(arguments: ["--help >&4", "version >&4", "frobnicate 2>&4"])
    func `a pipe that nobody reads ends the program without a word`(command: String) throws {
        // A pipe whose only reader has gone.
        let ended = try self.shell("mkfifo p && exec 3<>p 4>p 3>&- && \"$casarectl\" \(command)")
        #expect(ended.status == 141)  // 128 + SIGPIPE
        #expect(ended.errors == "" && ended.output == "")
    }

    @Test func `work that fails because nobody reads any more ends without a word, too`() async {
        await #expect(processExitsWith: .signal(SIGPIPE)) {
            StandardStreams.prepare()
            var ends: [Int32] = [0, 0]
            try #require(pipe(&ends) == 0 && close(ends[0]) == 0 && dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO)
            _ = try await Interruption.watching { try StandardStreams.print("nobody reads this") }
        }
    }
}
