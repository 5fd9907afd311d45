import Synchronization

/// Lets so many background loops work at a time, in the order in which they ask. They share their connections with
/// requests, which look tokens up on them, and leave some free.
final class LoopTurns: Sendable {
    private struct State {
        var free: Int
        var waiting: [Seat] = []
    }

    private let state: Mutex<State>
    /// A wait ends with its turn or its task; it only needs some limit.
    private static let waitMax = Duration.seconds(3600)

    /// - Parameter count: at least 1.
    init(_ count: Int) { self.state = Mutex(State(free: max(1, count))) }

    /// Runs `body` when its turn has come.
    ///
    /// - Throws: what `body` throws; `CancellationError` when the task is cancelled before its turn.
    func pass<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try await self.take()
        defer { self.giveBack() }
        return try await body()
    }

    private func take() async throws {
        let seat: Seat? = self.state.withLock { state in
            guard state.free == 0 else {
                state.free -= 1
                return nil
            }
            let seat = Seat()
            state.waiting.append(seat)
            return seat
        }
        guard let seat else { return }
        while true {
            await seat.wait(atMost: Self.waitMax)
            let (isMine, isCancelled) = self.state.withLock { state in
                guard let place = state.waiting.firstIndex(where: { $0 === seat }) else { return (true, false) }
                guard Task.isCancelled else { return (false, false) }
                state.waiting.remove(at: place)
                return (false, true)
            }
            if isMine { return }
            if isCancelled { throw CancellationError() }
        }
    }

    /// Hands the turn to the next who waits.
    private func giveBack() {
        let next: Seat? = self.state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.wake()
    }
}
