extension Task where Success == Never, Failure == Never {
    private static var firstSlice: Duration { .milliseconds(100) }

    /// Sleeps like `sleep(for:)`, but no longer at a time than it has slept already: for limits of time that are mostly
    /// cancelled long before they are up.
    ///
    /// A cancelled sleep leaves its timer behind, 690 bytes on Linux, until its time would have been up. A loop of
    /// short steps that may each take an hour would have an hour's timers in memory.
    ///
    /// - Throws: `CancellationError`.
    package static func sleepInSlices<C: Clock>(
        for duration: Duration, clock: C = ContinuousClock()
    ) async throws where C.Duration == Duration {
        let start = clock.now
        while true {
            let elapsed = start.duration(to: clock.now)
            guard elapsed < duration else { return }
            try await Self.sleep(for: Swift.min(duration - elapsed, Swift.max(elapsed, Self.firstSlice)), clock: clock)
        }
    }
}
