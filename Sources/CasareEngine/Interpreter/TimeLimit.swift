import CasareDomain

/// How long one node may take.
struct TimeLimit: Sendable {
    let seconds: Double

    /// Runs `body` and cancels it when the time is up.
    ///
    /// - Throws: What `body` throws, or `TimeoutError` once the cancelled body has ended.
    func enforce<Result: Sendable>(
        on node: String, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let seconds = self.seconds
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: Duration(clampingSeconds: seconds))
                return nil
            }
            defer { group.cancelAll() }
            // Two children: the first to end decides, and the other is cancelled and waited for.
            if let result = try await group.next(), let result { return result }
            let limit = Value.double(seconds).displayText
            throw NodeFailure("TimeoutError", "Node \(node) timed out after \(limit)s")
        }
    }
}
