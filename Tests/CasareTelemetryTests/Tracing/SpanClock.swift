@testable import CasareTelemetry
import Synchronization
import Tracing

/// Two clocks that stand still until they are moved.
final class SpanClock: Sendable {
    private let wall: Atomic<UInt64>
    private let steady = Atomic<UInt64>(7)

    init(wall: UInt64 = 1_700_000_000_000_000_000) { self.wall = Atomic(wall) }

    var clock: TraceClock {
        TraceClock(
            wall: { self.wall.load(ordering: .relaxed) }, steady: { self.steady.load(ordering: .relaxed) })
    }

    /// As `DefaultTracerClock` would say it.
    var now: DefaultTracerClock.Timestamp {
        DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: self.wall.load(ordering: .relaxed))
    }

    func pass(_ nanoseconds: UInt64) {
        self.wall.wrappingAdd(nanoseconds, ordering: .relaxed)
        self.steady.wrappingAdd(nanoseconds, ordering: .relaxed)
    }

    /// Somebody sets the wall's clock.
    func set(wall: UInt64) { self.wall.store(wall, ordering: .relaxed) }
}
