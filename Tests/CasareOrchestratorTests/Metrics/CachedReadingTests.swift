import Synchronization
import Testing

@testable import CasareOrchestrator

/// However many ask, it is read once in a while.
struct CachedReadingTests {
    /// A clock that a test moves, and what was read and failed so far.
    private final class Scene: Sendable {
        struct State {
            var now = ContinuousClock.now
            var reads = 0
            var failures = 0
            var takes = Duration.zero
            var fails = false
        }

        struct Broken: Error {}

        let state = Mutex(State())

        func move(_ time: Duration) { self.state.withLock { $0.now += time } }

        var reading: CachedReading<Int> {
            CachedReading(now: { self.state.withLock { $0.now } }) {
                try self.state.withLock { state in
                    state.now += state.takes
                    if state.fails { throw Broken() }
                    state.reads += 1
                    return state.reads
                }
            } failed: { _ in
                self.state.withLock { $0.failures += 1 }
            }
        }
    }

    @Test func `a reading counts for a while, and is then made anew`() async {
        let scene = Scene()
        let reading = scene.reading
        #expect(await reading.value == 1)
        scene.move(.milliseconds(4999))
        #expect(await reading.value == 1)
        scene.move(.milliseconds(1))
        #expect(await reading.value == 2)
    }

    @Test(arguments: [(0.1, 5.0), (1.0, 20.0), (10.0, 60.0)])
    func `what took long to read counts for longer, up to a minute`(takes: Double, kept: Double) async {
        let scene = Scene()
        scene.state.withLock { $0.takes = .seconds(takes) }
        let reading = scene.reading
        #expect(await reading.value == 1)
        scene.move(.seconds(kept) - .milliseconds(1))
        #expect(await reading.value == 1)
        scene.move(.milliseconds(1))
        #expect(await reading.value == 2)
    }

    @Test func `one that fails leaves nothing, is told once, and is not tried at once again`() async {
        let scene = Scene()
        let reading = scene.reading
        #expect(await reading.value == 1)
        scene.move(.seconds(5))
        scene.state.withLock { $0.fails = true }
        #expect(await reading.value == nil)
        scene.state.withLock { $0.fails = false }
        #expect(await reading.value == nil)
        #expect(scene.state.withLock { $0.failures } == 1)
        scene.move(.seconds(5))
        #expect(await reading.value == 2)
    }

    @Test func `many who ask at once are answered by one reading`() async {
        let scene = Scene()
        let reading = scene.reading
        let values = await withTaskGroup(of: Int?.self) { group in
            for _ in 1...20 { group.addTask { await reading.value } }
            return await group.reduce(into: [Int?]()) { $0.append($1) }
        }
        #expect(values.allSatisfy { $0 == 1 })
        #expect(scene.state.withLock { $0.reads } == 1)
    }
}
