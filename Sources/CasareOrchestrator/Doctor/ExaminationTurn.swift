import Synchronization

/// Lets one examination of the database run at a time: each has a connection beside those of the pools.
final class ExaminationTurn: Sendable {
    private let isTaken = Mutex(false)

    /// - Throws: 503 while another examination runs.
    func pass<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        let isMine = self.isTaken.withLock { isTaken in
            if isTaken { return false }
            isTaken = true
            return true
        }
        guard isMine else {
            throw APIProblem.unavailable(
                "the database is being examined for somebody else; ask again in a moment", retryAfterSeconds: 5)
        }
        defer { self.isTaken.withLock { $0 = false } }
        return try await body()
    }
}
