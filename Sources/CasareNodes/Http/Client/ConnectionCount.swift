import NIOCore
import Synchronization

/// How many connections one HTTP client has. The library does not say whether a request was sent, but without a
/// connection none was.
final class ConnectionCount: Sendable {
    struct Mark: Sendable {
        fileprivate var opened = 0
        fileprivate var open = 0
    }

    private let count = Mutex(Mark())

    var mark: Mark { self.count.withLock { $0 } }

    /// Whether a connection was open at the mark or has been opened since.
    func hasHadAny(since mark: Mark) -> Bool { mark.open > 0 || self.mark.opened > mark.opened }

    /// To be called when a connection, and TLS on it, is there and before it is used.
    func add(_ channel: any Channel) {
        self.count.withLock {
            $0.opened += 1
            $0.open += 1
        }
        channel.closeFuture.whenComplete { _ in self.count.withLock { $0.open -= 1 } }
    }
}
