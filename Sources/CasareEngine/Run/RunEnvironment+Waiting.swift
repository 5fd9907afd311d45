/// A wait was left, because the run is to stop. What is waited for goes on, and so does the wait where the run does.
struct WaitLeft: Error {}

/// Waits that a stop does not wait for.
extension RunEnvironment {
    /// Between two looks whether the run should stop, while it waits.
    private static let patience = Duration.milliseconds(500)

    /// - Throws: `WaitLeft`, beside what `sleep` throws.
    func wait(_ duration: Duration) async throws {
        var left = duration
        while left > .zero {
            let slice = min(left, Self.patience)
            try await self.sleep(slice)
            if self.isStopRequested() { throw WaitLeft() }
            left -= slice
        }
    }

    /// Does what only lets time pass, and cancels it when the run is to stop.
    ///
    /// - Throws: `WaitLeft` once the cancelled work has ended, beside what `work` throws.
    func leavable<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let isStopRequested = self.isStopRequested
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                while !isStopRequested() { try await Task.sleep(for: Self.patience) }
                return nil
            }
            defer { group.cancelAll() }
            // Two children: the first to end decides, and the other is cancelled and waited for.
            if let result = try await group.next(), let result { return result }
            throw WaitLeft()
        }
    }
}
