import CasareDomain
import CasareStore
import Synchronization

/// Where each session's leasing has got to in its queue, and how often it was renewed here. Losing that costs nothing
/// but a longer look, so that sessions which nobody ends are forgotten when others need their place, the least recently
/// used first.
final class SessionCursors: Sendable {
    private struct Entry {
        var cursor = LeaseCursor()
        var renewals = 0
        /// Grows with every use of any session.
        var usedAt = 0
    }

    private struct State {
        var entries: [Robot.SessionID: Entry] = [:]
        var uses = 0
    }

    /// One in so many makes place at a time: looking for the oldest takes a look at all.
    private static let evictedShare = 16

    private let sessionsMax: Int
    private let state = Mutex(State())

    init(sessionsMax: Int = 10_000) { self.sessionsMax = sessionsMax }

    subscript(session: Robot.SessionID) -> LeaseCursor {
        get {
            self.state.withLock { state in
                state.uses += 1
                state.entries[session]?.usedAt = state.uses
                return state.entries[session]?.cursor ?? LeaseCursor()
            }
        }
        set { self.change(session) { $0.cursor = newValue } }
    }

    /// Counts a session's renewal.
    ///
    /// - Returns: how many were seen before it.
    func noteRenewal(of session: Robot.SessionID) -> Int {
        self.change(session) { entry in
            defer { entry.renewals += 1 }
            return entry.renewals
        }
    }

    private func change<Result: Sendable>(_ session: Robot.SessionID, _ body: (inout Entry) -> Result) -> Result {
        self.state.withLock { state in
            if state.entries[session] == nil, state.entries.count >= self.sessionsMax {
                let oldest = state.entries.sorted { $0.value.usedAt < $1.value.usedAt }
                for (session, _) in oldest.prefix(max(1, self.sessionsMax / Self.evictedShare)) {
                    state.entries[session] = nil
                }
            }
            state.uses += 1
            state.entries[session, default: Entry()].usedAt = state.uses
            return body(&state.entries[session, default: Entry()])
        }
    }

    func forget(_ session: Robot.SessionID) {
        self.state.withLock { $0.entries[session] = nil }
    }
}
