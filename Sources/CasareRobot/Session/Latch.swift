import Synchronization

/// Opens once, and lets everybody through from then on.
final class Latch: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    var isOpen: Bool { self.state.withLock(\.isOpen) }

    func open() {
        let waiters = self.state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when the latch opens, and not before: also in a task that is cancelled.
    func waitUntilOpen() async {
        await withCheckedContinuation { continuation in
            let isThrough = self.state.withLock { state in
                if state.isOpen { return true }
                state.nextWaiter += 1
                state.waiters[state.nextWaiter] = continuation
                return false
            }
            if isThrough { continuation.resume() }
        }
    }

    /// Returns when the latch opens or the task is cancelled.
    func wait() async {
        let id = self.state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThrough = self.state.withLock { state in
                    if state.isOpen || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isThrough { continuation.resume() }
            }
        } onCancel: {
            // Either the waiter is there and is let through, or it will see that its task is cancelled.
            self.state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
