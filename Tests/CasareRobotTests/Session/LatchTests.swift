@testable import CasareRobot
import Testing

struct LatchTests {
    @Test func `everybody waits until it opens and nobody afterwards`() async {
        let latch = Latch()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { await latch.wait() } }
            group.addTask { latch.open() }
        }
        #expect(latch.isOpen)
        await latch.wait()
    }

    @Test func `cancelling ends the waiting of one`() async {
        let latch = Latch()
        let task = Task { await latch.wait() }
        task.cancel()
        await task.value
        #expect(!latch.isOpen)
    }

    @Test func `a signal that came first is kept, once`() async {
        let signal = ReadySignal()
        signal.signal()
        signal.signal()
        await signal.wait(until: .now + .seconds(60))
        await signal.wait(until: .now + .milliseconds(10))
    }
}
