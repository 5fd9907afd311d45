import CasareEngine
import Glibc
import Synchronization

/// Names to addresses, by the system's resolver.
enum NameResolution {
    /// All addresses of a name, in the order in which to try them (RFC 6724).
    ///
    /// The resolver blocks for as long as its configuration says. Cancelling the task returns at once; the call ends in
    /// its thread, and what it finds is dropped.
    /// - Throws: `TransportFailure` when there are none.
    static func addresses(of name: String) async throws -> [IPAddress] {
        try Task.checkCancellation()
        let answer = Answer()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                answer.expect(continuation)
                BlockingWork.start { answer.settle(Result { try Self.lookUp(name) }) }
            }
        } onCancel: {
            answer.settle(.failure(CancellationError()))
        }
    }

    private static func lookUp(_ name: String) throws -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &found)
        guard code == 0 else {
            let reason = code == EAI_NONAME ? "the name is not known" : String(cString: gai_strerror(code))
            throw TransportFailure(NodeFailure("NetworkError", "Cannot look up \(name): \(reason)"))
        }
        defer { freeaddrinfo(found) }
        var addresses: [IPAddress] = []
        var entry = found
        while let current = entry {
            if let address = Self.address(current.pointee), !addresses.contains(address) { addresses.append(address) }
            entry = current.pointee.ai_next
        }
        guard !addresses.isEmpty else {
            throw TransportFailure(NodeFailure("NetworkError", "Cannot look up \(name): the name has no address"))
        }
        return addresses
    }

    private static func address(_ entry: addrinfo) -> IPAddress? {
        guard let socketAddress = UnsafeRawPointer(entry.ai_addr) else { return nil }
        switch entry.ai_family {
        case AF_INET:
            var address = socketAddress.load(as: sockaddr_in.self).sin_addr
            return IPAddress(bytes: withUnsafeBytes(of: &address) { Array($0) })
        case AF_INET6:
            var address = socketAddress.load(as: sockaddr_in6.self).sin6_addr
            return IPAddress(bytes: withUnsafeBytes(of: &address) { Array($0) })
        default:
            return nil
        }
    }

    /// The first of an answer and a cancellation counts.
    private final class Answer: Sendable {
        private enum State {
            case new
            case expected(CheckedContinuation<[IPAddress], any Error>)
            case settled(Result<[IPAddress], any Error>)
            case delivered
        }

        private let state = Mutex(State.new)

        func expect(_ continuation: CheckedContinuation<[IPAddress], any Error>) {
            let early: Result<[IPAddress], any Error>? = self.state.withLock { state in
                if case .settled(let result) = state {
                    state = .delivered
                    return result
                }
                state = .expected(continuation)
                return nil
            }
            if let early { continuation.resume(with: early) }
        }

        func settle(_ result: Result<[IPAddress], any Error>) {
            let waiting: CheckedContinuation<[IPAddress], any Error>? = self.state.withLock { state in
                switch state {
                case .new:
                    state = .settled(result)
                    return nil
                case .expected(let continuation):
                    state = .delivered
                    return continuation
                case .settled, .delivered:
                    return nil
                }
            }
            waiting?.resume(with: result)
        }
    }
}
