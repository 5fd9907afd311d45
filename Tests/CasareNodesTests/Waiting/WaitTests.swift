import CasareDomain
import CasareEngine
import Testing

@Suite struct WaitTests {
    @Test func `it waits that long`() async throws {
        try await withRunFolder { folder in
            let start = ContinuousClock.now
            try await folder.perform("WaitNode", ["duration": 0.05])
            #expect(ContinuousClock.now - start >= .milliseconds(50))
            try await folder.perform("BrowserWaitNode", ["duration": 0, "wait_type": "timeout"])
        }
    }

    @Test(arguments: [-0.1, -1, 1e12, .infinity, .nan])
    func `a time that cannot be waited fails`(seconds: Double) async throws {
        try await withRunFolder { folder in
            let failure = try await folder.failure("SleepNode", ["duration": .double(seconds)])
            #expect(failure.message.hasPrefix("duration must be between 0 and"))
        }
    }

    @Test func `cancelling ends the wait`() async throws {
        try await withRunFolder { folder in
            let task = Task { try await folder.perform("WaitNode", ["duration": 1000]) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func `seconds and milliseconds are other names for the duration`() {
        let aliases = RunFolder.type("WaitNode").parameters[0].aliases
        #expect(aliases.map(\.name) == ["seconds", "duration_ms", "timeout"])
        #expect(aliases.map(\.scale) == [1, 0.001, 0.001])
    }
}
