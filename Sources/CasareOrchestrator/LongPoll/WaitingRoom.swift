import CasareDomain
import Synchronization

/// Requests that wait for something to happen, woken when it does.
///
/// A wake-up is a hint: who waits looks again and may find nothing. Whoever comes enters first and looks then, so that
/// nothing that happens in between is missed.
final class WaitingRoom: Sendable {
    enum Topic: Hashable, Sendable {
        /// A job of this tenant became ready.
        case ready(Tenant.ID)
        /// The job's status changed.
        case job(Job.ID)
        /// There is news of the session.
        case session(Robot.SessionID)
        /// The robot's log has new lines, by way of this server; those that robots on SQL write nobody tells of.
        case robotLog(Tenant.ID, Robot.ID)
        /// The operation got on, or somebody asked something of it.
        case operation(Operation.ID)
    }

    /// Further requests are answered at once, as if their time were up.
    static let seatsMax = 10_000

    private struct State {
        var seats: [Topic: [Int: Seat]] = [:]
        var count = 0
        var nextNumber = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    /// How many wait.
    var count: Int { self.state.withLock { $0.count } }

    /// Whether the server is stopping: nobody should wait any more.
    var isClosed: Bool { self.state.withLock { $0.isClosed } }

    /// Keeps a seat while `body` runs; `nil` for it when all are taken.
    func withSeat<R>(_ topic: Topic, _ body: (Seat?) async throws -> R) async rethrows -> R {
        let seat = Seat()
        let number: Int? = self.state.withLock { state in
            guard state.count < Self.seatsMax, !state.isClosed else { return nil }
            state.nextNumber += 1
            state.count += 1
            state.seats[topic, default: [:]][state.nextNumber] = seat
            return state.nextNumber
        }
        defer {
            if let number {
                self.state.withLock { state in
                    state.count -= 1
                    state.seats[topic]?[number] = nil
                    if state.seats[topic]?.isEmpty == true { state.seats[topic] = nil }
                }
            }
        }
        return try await body(number == nil ? nil : seat)
    }

    func wake(_ topic: Topic) {
        let seats = self.state.withLock { $0.seats[topic].map { Array($0.values) } ?? [] }
        for seat in seats {
            seat.wake()
        }
    }

    /// Wakes everyone: after a time in which wake-ups may have been missed.
    func wakeAll() {
        let seats = self.state.withLock { state in state.seats.values.flatMap(\.values) }
        for seat in seats {
            seat.wake()
        }
    }

    /// Lets nobody wait any longer.
    func close() {
        self.state.withLock { $0.isClosed = true }
        self.wakeAll()
    }
}

/// One who waits. A wake-up that comes while nobody waits is kept for the next `wait`.
final class Seat: Sendable {
    private enum State {
        case idle
        case woken
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.idle)

    func wake() {
        let continuation: CheckedContinuation<Void, Never>? = self.state.withLock { state in
            switch state {
            case .idle, .woken:
                state = .woken
                return nil
            case .waiting(let continuation):
                state = .idle
                return continuation
            }
        }
        continuation?.resume()
    }

    /// Returns when woken, after `limit`, or when the task is cancelled. One task waits at a time.
    func wait(atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Cancelled when the other child was first.
                try? await Task.sleep(for: limit)
            }
            group.addTask { await self.waitUntilWoken() }
            await group.next()
            group.cancelAll()
        }
    }

    private func waitUntilWoken() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWoken = self.state.withLock { state in
                    switch state {
                    case .woken:
                        state = .idle
                        return true
                    case .idle where Task.isCancelled:
                        return true
                    case .idle:
                        state = .waiting(continuation)
                        return false
                    case .waiting:
                        preconditionFailure("Two tasks wait on one seat")
                    }
                }
                if isWoken { continuation.resume() }
            }
        } onCancel: {
            let continuation: CheckedContinuation<Void, Never>? = self.state.withLock { state in
                guard case .waiting(let continuation) = state else { return nil }
                state = .idle
                return continuation
            }
            continuation?.resume()
        }
    }
}
