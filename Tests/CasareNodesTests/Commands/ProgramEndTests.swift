import CasareDomain
import CasareEngine
import FoundationEssentials
import Testing

/// How programs end before their time: with everything that they started.
@Suite struct ProgramEndTests {
    /// Starts two processes, one of which does not listen to SIGTERM, writes their numbers down and waits.
    private static let script = """
        sleep 300 & echo $! > child
        (trap '' TERM; sleep 301 & sleep 302) & echo $! > stubborn
        echo started
        touch ready
        wait
        """

    private static func numbers(in folder: RunFolder) throws -> [String] {
        try ["child", "stubborn"].filter(folder.exists).map { try folder.read($0).filter { !$0.isWhitespace } }
    }

    /// Runs a script until the file `ready` is there, cancels it and waits for its end.
    private static func cancel(_ script: String, in folder: RunFolder) async throws {
        let task = Task { try await folder.perform("RunBatchScriptNode", ["script": .string(script)]) }
        while !folder.exists("ready") { await Task.yield() }
        let numbers = try Self.numbers(in: folder)
        #expect(!numbers.isEmpty)
        #expect(numbers.allSatisfy(isRunning))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(numbers.allSatisfy { !isRunning($0) })
    }

    @Test func `a timeout ends the whole process group`() async throws {
        // The last is long enough for the script to start on a machine that does much else.
        for seconds in [2, 8, 32] {
            let wasLongEnough = try await withRunFolder { folder in
                let inputs: Object = ["script": .string(Self.script), "timeout": .int(seconds)]
                let failure = try await folder.repeatingInDoubt.failure("RunBatchScriptNode", inputs)
                #expect(failure.type == "TimeoutError")
                #expect(failure.message == "The command timed out after \(seconds) s")
                #expect(failure.outputs["return_code"] == -1)
                #expect(failure.outputs["success"] == false)
                #expect(try Self.numbers(in: folder).allSatisfy { !isRunning($0) })
                guard folder.exists("ready") else { return false }
                #expect(failure.outputs["stdout"] == "started\n")
                #expect(try Self.numbers(in: folder).count == 2)
                return true
            }
            if wasLongEnough { return }
        }
        Issue.record("The script never started")
    }

    @Test func `cancelling ends the whole process group before it returns`() async throws {
        try await withRunFolder { folder in
            try await Self.cancel(Self.script, in: folder)
        }
    }

    @Test func `a leader that ends at once does not save its stubborn child`() async throws {
        try await withRunFolder { folder in
            let script = """
                bash -c 'trap "" TERM; echo $$ > child; touch ready; while true; do sleep 1; done' &
                wait
                """
            try await Self.cancel(script, in: folder)
        }
    }

    @Test func `a program that has closed its outputs is waited for, and ended too`() async throws {
        try await withRunFolder { folder in
            let quiet = try await folder.perform(
                "RunBatchScriptNode", ["script": "exec >&- 2>&-; sleep 0.2; touch late; exit 3"])
            #expect(quiet["return_code"] == 3)
            #expect(folder.exists("late"))
            try await Self.cancel("exec >&- 2>&-; echo $$ > child; touch ready; exec sleep 300", in: folder)
        }
    }
}
