import Synchronization

/// Wakes one task that waits. A ring that comes while nobody waits is kept for the next wait.
final class BatchBell: Sendable {
    private struct State {
        var hasRung = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func ring() {
        let waiter = self.state.withLock { state in
            state.hasRung = state.waiter == nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Returns after a ring, at the deadline, or when the task is cancelled.
    ///
    /// - Parameter deadline: `nil`: none.
    func wait(until deadline: ContinuousClock.Instant?) async {
        guard let deadline else { return await self.wait() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { try? await Task.sleep(until: deadline) }  // Cancelled: the ring came first.
            await group.next()
            group.cancelAll()
        }
    }

    private func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThrough = self.state.withLock { state in
                    if state.hasRung || Task.isCancelled {
                        state.hasRung = false
                        return true
                    }
                    precondition(state.waiter == nil, "Two tasks wait for one bell")
                    state.waiter = continuation
                    return false
                }
                if isThrough { continuation.resume() }
            }
        } onCancel: {
            let waiter = self.state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }
}
