import Synchronization
import Testing

@testable import CasareEngine

struct SleepInSlicesTests {
    /// A sleep by it is over when it has begun. It keeps how long each was to be.
    private final class RecordingClock: Clock {
        private let start = ContinuousClock.now
        private let state = Mutex<[Duration]>([])
        private let cancelsDuring: Int?

        /// - Parameter cancelsDuring: the sleep, from 0, during which the task is cancelled.
        init(cancelsDuring: Int? = nil) { self.cancelsDuring = cancelsDuring }

        var sleeps: [Duration] { self.state.withLock { $0 } }
        var now: ContinuousClock.Instant { self.start + self.sleeps.reduce(.zero, +) }
        var minimumResolution: Duration { .nanoseconds(1) }

        func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
            try Task.checkCancellation()
            let length = deadline - self.now
            let count = self.state.withLock { sleeps in
                sleeps.append(length)
                return sleeps.count
            }
            if count - 1 == self.cancelsDuring { withUnsafeCurrentTask { $0?.cancel() } }
        }
    }

    @Test(
        arguments: [
            (-1, []), (0, []), (1, [1]), (99, [99]), (100, [100]), (101, [100, 1]), (200, [100, 100]),
            (1000, [100, 100, 200, 400, 200]),
        ] as [(Int, [Int])])
    func `no part is longer than what is over already, and all together are as long as is wanted`(
        milliseconds: Int, parts: [Int]
    ) async throws {
        let clock = RecordingClock()
        try await Task.sleepInSlices(for: .milliseconds(milliseconds), clock: clock)
        #expect(clock.sleeps == parts.map { .milliseconds($0) })
    }

    @Test func `a long sleep leaves no timer behind that lasts longer than it did, and takes few`() async {
        let clock = RecordingClock(cancelsDuring: 9)
        // A task of its own: the test's must not be cancelled.
        let sleep = Task { try await Task.sleepInSlices(for: .seconds(3600), clock: clock) }
        await #expect(throws: CancellationError.self) { try await sleep.value }
        // It would have been an hour's, had the sleep been one.
        #expect(clock.sleeps.count == 10)
        #expect(clock.sleeps.last == clock.sleeps.dropLast().reduce(.zero, +))
        #expect(clock.sleeps.last == .milliseconds(25_600))
    }

    @Test func `a sleep ends when it is cancelled`() async {
        let sleep = Task { try await Task.sleepInSlices(for: .seconds(3600)) }
        sleep.cancel()
        await #expect(throws: CancellationError.self) { try await sleep.value }
    }

    @Test func `a limit of several parts cuts off what does not end, and leaves alone what does`() async throws {
        let limit = TimeLimit(seconds: 0.25, owner: .node)
        let wasCancelled = Mutex(false)
        await #expect(throws: TimeLimit.Exceeded.self) {
            try await limit.enforce {
                defer { wasCancelled.withLock { $0 = Task.isCancelled } }
                try await Task.sleep(for: .seconds(3600))
            }
        }
        #expect(wasCancelled.withLock { $0 })
        let ample = TimeLimit(seconds: 3600, owner: .node)
        #expect(try await ample.enforce { 7 } == 7)
    }
}
