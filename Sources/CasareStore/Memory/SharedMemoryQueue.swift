import CasareDomain
package import FoundationEssentials
import Synchronization

/// A `MemoryQueue` for all tasks of a process, at the time that it is: what has become due, and what has run out, is
/// dealt with before anybody sees it.
package final class SharedMemoryQueue: Sendable {
    private struct State {
        var queue: MemoryQueue
        var observers: [Int: @Sendable (MemoryQueue.Changes) -> Void] = [:]
        var lastObserver = 0
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> Date

    /// - Parameter now: the clock, which a test may set.
    package init(_ queue: MemoryQueue = MemoryQueue(), now: @escaping @Sendable () -> Date = { Date() }) {
        self.state = Mutex(State(queue: queue))
        self.now = now
    }

    /// Looks or changes, alone and at once, and then tells the observers what has changed. What throws has changed
    /// nothing.
    package func access<Result: Sendable>(
        _ body: (inout MemoryQueue, _ now: Date) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let (result, changes, observers) = self.state.withLock { state in
            let now = self.now()
            state.queue.promoteDue(now: now)
            state.queue.sweep(now: now)
            let result: Swift.Result<Result, StoreError>
            do throws(StoreError) {
                result = .success(try body(&state.queue, now))
            } catch {
                result = .failure(error)
            }
            return (result, state.queue.takeChanges(), Array(state.observers.values))
        }
        if changes != MemoryQueue.Changes() {
            for observer in observers { observer(changes) }
        }
        return try result.get()
    }

    /// For as long as it waits for the next change that time brings.
    package func timeUntilNextChange() -> Duration? {
        let (next, now) = self.state.withLock { ($0.queue.nextChange, self.now()) }
        return next.map { .seconds(max(0, $0.timeIntervalSince(now))) }
    }

    /// - Parameter observer: called on the task that changed something, after it has let go of the queue.
    package func observe(_ observer: @escaping @Sendable (MemoryQueue.Changes) -> Void) -> Observation {
        self.state.withLock { state in
            state.lastObserver += 1
            state.observers[state.lastObserver] = observer
            return Observation(number: state.lastObserver)
        }
    }

    package struct Observation: Sendable {
        fileprivate let number: Int
    }

    package func end(_ observation: Observation) {
        self.state.withLock { $0.observers[observation.number] = nil }
    }
}
