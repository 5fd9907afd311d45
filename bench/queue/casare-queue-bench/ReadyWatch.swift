import CasarePostgres
import CasareStore
import Synchronization

/// Waits for the product's bell, as a robot over SQL does.
final class ReadyWatch: Sendable {
    private struct State {
        var isRung = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let listener: PostgresListener

    /// Listens for as long as the process lives.
    init(_ configuration: PostgresConfiguration) {
        self.listener = PostgresListener(configuration: configuration, channels: [ReadyBell.readyChannel])
        // Without a parent: nobody outlives it.
        Task {
            for await _ in self.listener.events { self.wake(isRung: true) }
        }
    }

    /// Returns at a ring, also at one since the last wait, or at the deadline.
    func wait(until deadline: ContinuousClock.Instant) async {
        let timer = Task {
            guard (try? await Task.sleep(until: deadline)) != nil else { return }
            self.wake(isRung: false)
        }
        await withCheckedContinuation { continuation in
            let isRung = self.state.withLock { state in
                if !state.isRung { state.waiter = continuation }
                defer { state.isRung = false }
                return state.isRung
            }
            if isRung { continuation.resume() }
        }
        timer.cancel()
    }

    private func wake(isRung: Bool) {
        let waiter = self.state.withLock { state in
            state.isRung = isRung && state.waiter == nil || state.isRung
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
