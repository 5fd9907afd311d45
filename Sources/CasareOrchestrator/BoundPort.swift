import Synchronization

/// The port that the server listens on, known once it does.
final class BoundPort: Sendable {
    private enum State {
        case unknown([CheckedContinuation<Int, any Error>])
        case known(Result<Int, any Error>)
    }

    private let state = Mutex(State.unknown([]))

    /// The first call counts.
    func resolve(_ result: Result<Int, any Error>) {
        let waiting: [CheckedContinuation<Int, any Error>] = self.state.withLock { state in
            guard case .unknown(let waiting) = state else { return [] }
            state = .known(result)
            return waiting
        }
        for continuation in waiting {
            continuation.resume(with: result)
        }
    }

    var value: Int {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let known: Result<Int, any Error>? = self.state.withLock { state in
                    switch state {
                    case .known(let result):
                        return result
                    case .unknown(let waiting):
                        state = .unknown(waiting + [continuation])
                        return nil
                    }
                }
                if let known { continuation.resume(with: known) }
            }
        }
    }
}
