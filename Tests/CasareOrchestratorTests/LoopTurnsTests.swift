import Synchronization
import Testing

@testable import CasareOrchestrator

struct LoopTurnsTests {
    private final class Count: Sendable {
        private let counts = Mutex((now: 0, most: 0, all: 0))

        var most: Int { self.counts.withLock(\.most) }
        var all: Int { self.counts.withLock(\.all) }

        func enter() {
            self.counts.withLock { counts in
                counts.now += 1
                counts.all += 1
                counts.most = max(counts.most, counts.now)
            }
        }

        func leave() { self.counts.withLock { $0.now -= 1 } }
    }

    @Test(arguments: [1, 2, 3])
    func `no more work at a time than have a turn, and all of them get one`(turns: Int) async throws {
        let (loops, count) = (LoopTurns(turns), Count())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    for _ in 0..<20 {
                        try await loops.pass {
                            count.enter()
                            await Task.yield()
                            count.leave()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(count.all == 400 && count.most <= turns)
    }

    @Test func `who is cancelled while it waits leaves its turn to the next, and so does who fails`() async throws {
        struct Failed: Error {}
        let loops = LoopTurns(1)
        let (entered, enter) = AsyncStream.makeStream(of: Void.self)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let holder = Task {
            try await loops.pass {
                enter.yield()
                for await _ in released { throw Failed() }
            }
        }
        for await _ in entered { break }
        let waiting = Task { try await loops.pass {} }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        let next = Task { try await loops.pass { true } }
        release.yield()
        await #expect(throws: Failed.self) { try await holder.value }
        #expect(try await next.value)
    }
}
