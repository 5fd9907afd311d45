import CasareDomain
import CasareStore
import Synchronization

/// Where each session's leasing has got to in its queue. Losing one costs nothing but a longer look.
final class SessionWatermarks: Sendable {
    private static let sessionsMax = 10_000

    private let marks = Mutex<[Robot.SessionID: Watermarks]>([:])

    subscript(session: Robot.SessionID) -> Watermarks {
        get { self.marks.withLock { $0[session] } ?? Watermarks() }
        set {
            self.marks.withLock { marks in
                if marks.count >= Self.sessionsMax { marks.removeAll() }
                marks[session] = newValue
            }
        }
    }

    func forget(_ session: Robot.SessionID) {
        self.marks.withLock { $0[session] = nil }
    }
}
