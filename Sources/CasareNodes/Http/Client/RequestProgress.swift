import CasareEngine
import NIOHTTP1
import Synchronization

/// How far an attempt has got with a request that must not be made twice unasked.
///
/// It errs on one side: what it calls not sent was not sent.
final class RequestProgress: Sendable {
    private enum State {
        case notSent
        /// Whether it was sent is seen from the connections that there are to send it on.
        case handedOver(ConnectionCount, ConnectionCount.Mark)
        /// Final, unless the server says that it did nothing and who will.
        case sent
    }

    /// When the attempt's time began to run.
    let startedAt = ContinuousClock.now
    private let state = Mutex(State.notSent)

    var mayHaveBeenSent: Bool {
        switch self.state.withLock({ $0 }) {
        case .notSent: false
        case .handedOver(let connections, let mark): connections.hasHadAny(since: mark)
        case .sent: true
        }
    }

    /// The client is about to be given the request.
    func handingOver(_ connections: ConnectionCount) {
        let mark = connections.mark
        self.state.withLock { state in
            switch state {
            case .notSent, .handedOver: state = .handedOver(connections, mark)
            // What follows is the way to its answer.
            case .sent: break
            }
        }
    }

    /// The connection that it was for never came about.
    func connectionFailed() {
        self.state.withLock { state in
            switch state {
            case .notSent, .handedOver: state = .notSent
            case .sent: break
            }
        }
    }

    func answerBegan() { self.state.withLock { $0 = .sent } }

    /// The server answered that the same request is to be made elsewhere (RFC 9110 §15.4.8 and §15.4.9), by which it
    /// did nothing. Of 301 and 302 that cannot be said, whichever method follows: many a server answers so when it is
    /// done.
    func sentElsewhere() { self.state.withLock { $0 = .notSent } }
}

extension WebRequest {
    /// What is to be said of a request that was sent, and of which nobody knows what became.
    ///
    /// - Parameter error: Why there is no answer.
    func doubt(_ error: any Error) -> OutcomeUnknown {
        let reason =
            switch error {
            case let failure as TransportFailure: failure.reason
            case let failure as NodeFailure: failure.message
            default: "\(error)"
            }
        return OutcomeUnknown("\(self.method.rawValue) \(self.displayURL) was sent: \(reason)")
    }
}
