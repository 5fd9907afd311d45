import CasareDomain
import Synchronization

/// What is said to all robots about sessions, as far as it is about the one that is open here.
final class SessionNews: Sendable {
    private let session = Mutex<Robot.SessionID?>(nil)
    private let signal = ReadySignal()

    /// From here on it is about this session.
    func began(_ session: Robot.SessionID) { self.session.withLock { $0 = session } }

    /// - Parameter session: its number, as it is notified.
    func heard(of session: String) {
        guard let number = Int64(session) else { return }
        self.heard(of: Robot.SessionID(rawValue: number))
    }

    func heard(of session: Robot.SessionID) {
        if self.session.withLock({ $0 }) == session { self.signal.signal() }
    }

    /// Something may have been said that nobody heard.
    func mayHaveMissed() { self.signal.signal() }

    /// Returns when there is news, or when the task is cancelled. One task waits at a time.
    func wait() async { await self.signal.wait() }
}
