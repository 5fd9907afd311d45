import CasareClient
import CasareWire
import Synchronization

/// Follows events, and remembers where it got to.
final class EventFollower: Sendable {
    private let cursor: Mutex<String?>

    init(from cursor: String?) { self.cursor = Mutex(cursor) }

    /// Where somebody may go on who follows again.
    var lastCursor: String? { self.cursor.withLock { $0 } }

    /// Hands over events as they come; a server that is away is waited for, for a while.
    ///
    /// - Parameters:
    ///   - outageMax: how long the server may be away.
    ///   - show: its event counts as shown when it returns.
    func follow(
        _ news: some AsyncSequence<EventNews, ClientError>, outageMax: Duration = Outage.lengthMax,
        _ show: (EventInfo) throws -> Void
    ) async throws {
        var awaySince: ContinuousClock.Instant?
        for try await news in news {
            switch news {
            case .event(let event):
                awaySince = nil
                try show(event)
                self.cursor.withLock { $0 = event.cursor }
            case .caughtUp(let cursor):
                awaySince = nil
                self.cursor.withLock { $0 = cursor }
            case .interrupted(let error):
                let now = ContinuousClock.now
                if awaySince == nil {
                    StandardStreams.report("casarectl: the server does not answer; trying again")
                }
                let since = awaySince ?? now
                awaySince = since
                if now - since > outageMax { throw error }
            }
        }
    }
}
