import CasareEngine

/// The `retry_count` and `retry_interval` of a database node.
struct DatabaseRetry {
    private let attemptsMax: Int
    private let pause: Duration
    /// Whether another attempt does nothing twice, and is of use.
    private let isRepeatable: @Sendable (DatabaseError) -> Bool

    init(_ inputs: Inputs, isRepeatable: @escaping @Sendable (DatabaseError) -> Bool) {
        self.attemptsMax = 1 + max(0, inputs.int("retry_count"))
        self.pause = .milliseconds(max(0, inputs.int("retry_interval")))
        self.isRepeatable = isRepeatable
    }

    /// Does the work until it succeeds, fails for good, or the attempts are spent.
    ///
    /// - Throws: What the last attempt threw; a `DatabaseError` as the node's failure.
    func run<Result>(
        _ work: () async throws -> Result
    ) async throws -> (result: Result, attempts: Int) {
        var attempts = 0
        while true {
            attempts += 1
            do {
                return (try await work(), attempts)
            } catch let error as DatabaseError {
                guard attempts < self.attemptsMax, self.isRepeatable(error) else {
                    throw Exhausted(error: error, attempts: attempts)
                }
            }
            try await Task.sleep(for: self.pause)
        }
    }

    /// The last attempt's error.
    struct Exhausted: Error {
        let error: DatabaseError
        let attempts: Int
    }
}
