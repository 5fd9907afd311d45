import Glibc
import Tracing

/// The two clocks that spans are timed by.
package struct TraceClock: Sendable {
    /// Nanoseconds of Unix time. It jumps when somebody sets it.
    package let wall: @Sendable () -> UInt64
    /// Nanoseconds from some moment on. It never goes back.
    package let steady: @Sendable () -> UInt64

    package static let system = TraceClock(
        wall: { DefaultTracerClock.now.nanosecondsSinceEpoch },
        steady: {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
        })

    package init(wall: @escaping @Sendable () -> UInt64, steady: @escaping @Sendable () -> UInt64) {
        self.wall = wall
        self.steady = steady
    }
}
