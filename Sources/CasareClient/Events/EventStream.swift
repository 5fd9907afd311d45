public import CasareWire

/// What comes of following events.
public enum EventNews: Hashable, Sendable {
    case event(EventInfo)
    /// Everything up to this cursor has come, or is left out by the filter.
    case caughtUp(cursor: String)
    /// The server cannot be reached just now. Asking for the next element tries again, after a pause that grows.
    case interrupted(ClientError)
}

/// Events as they happen, over a WebSocket that is opened again where it breaks: every event comes once.
///
/// The first connection must succeed; later ones are tried for as long as somebody asks for the next element. Each
/// iterator has a connection of its own, which is closed when the iterator goes.
public struct EventStream: AsyncSequence, Sendable {
    public typealias Element = EventNews
    public typealias Failure = ClientError

    private let transport: Transport
    private let path: String
    private let query: EventQuery

    init(_ transport: Transport, path: String, _ query: EventQuery) {
        self.transport = transport
        self.path = path
        self.query = query
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self.transport, path: self.path, self.query) }

    public struct Iterator: AsyncIteratorProtocol {
        private let transport: Transport
        private let path: String
        /// With the place where to go on.
        private var query: EventQuery
        private var socket: StreamSocket?
        private var hasConnected = false
        private var isOver = false
        /// Connections in a row that came to nothing.
        private var failures = 0
        /// What the server said last before it closed.
        private var problem: StreamFrame.Problem?

        private static let pauseMin = Duration.milliseconds(200)
        private static let pauseMax = Duration.seconds(15)

        fileprivate init(_ transport: Transport, path: String, _ query: EventQuery) {
            self.transport = transport
            self.path = path
            self.query = query
        }

        /// - Returns: `nil` after the last event of a job.
        /// - Throws: `ClientError` for what another try does not change, and for every failure of the first connection;
        ///   `.cancelled` when the task is.
        public mutating func next() async throws(ClientError) -> EventNews? {
            while !self.isOver {
                guard let socket = self.socket else {
                    do throws(ClientError) {
                        try await self.connect()
                    } catch {
                        guard self.hasConnected, Self.isPassing(error) else {
                            self.isOver = true
                            throw error
                        }
                        self.failures += 1
                        return .interrupted(error)
                    }
                    continue
                }
                switch await socket.next() {
                case .message(let bytes):
                    if let news = try self.received(bytes) { return news }
                case .closed(let code, let reason):
                    self.socket = nil
                    if let news = try self.closed(code, reason) { return news }
                case .broken:
                    self.socket = nil
                    self.failures += 1
                case .cancelled:
                    self.isOver = true
                    self.socket = nil
                    throw .cancelled
                }
            }
            return nil
        }

        private mutating func connect() async throws(ClientError) {
            if self.failures > 0 {
                let growing = Self.pauseMin * Double(1 << Swift.min(self.failures - 1, 10))
                do {
                    try await Task.sleep(for: Swift.min(growing, Self.pauseMax) * Double.random(in: 0.5...1))
                } catch {
                    throw .cancelled
                }
            }
            self.socket = try await self.transport.openSocket(self.path, self.query.items)
            self.hasConnected = true
            self.problem = nil
        }

        private mutating func received(_ bytes: [UInt8]) throws(ClientError) -> EventNews? {
            let frame: StreamFrame
            do throws(WireJSON.Failure) {
                frame = try WireJSON.decode(from: bytes)
            } catch {
                self.isOver = true
                throw .versionSkew(
                    operation: "GET \(self.path)", serverVersion: nil, reason: "a frame cannot be read: \(error)")
            }
            switch frame {
            case .event(let event):
                self.go(on: event.cursor)
                return .event(event)
            case .caughtUp(let cursor):
                self.go(on: cursor)
                return .caughtUp(cursor: cursor)
            case .error(let problem):
                self.problem = problem
                return nil
            }
        }

        private mutating func go(on cursor: String) {
            self.failures = 0
            self.query.cursor = cursor
            self.query.since = nil
        }

        private mutating func closed(_ code: UInt16, _ reason: String) throws(ClientError) -> EventNews? {
            switch code {
            case StreamClose.ended:
                self.isOver = true
                return nil
            case StreamClose.refused:
                self.isOver = true
                throw .api(
                    ClientError.Problem(
                        status: ErrorCode.tokenInvalid.status,
                        codeText: self.problem?.code ?? ErrorCode.tokenInvalid.rawValue,
                        message: self.problem?.message ?? reason, field: nil, details: nil, requestID: "",
                        retryAfterSeconds: nil))
            case StreamClose.protocolError, StreamClose.unacceptable, StreamClose.tooLarge:
                self.isOver = true
                throw .versionSkew(
                    operation: "GET \(self.path)", serverVersion: nil,
                    reason: "the server closed with \(code): \(reason)")
            default:
                // It goes on from the last cursor: also where the server could not wait for this client.
                self.failures += 1
                guard self.problem?.code == StreamFrame.ProblemCode.unavailable.rawValue else { return nil }
                return .interrupted(
                    .unreachable(url: self.transport.base, reason: self.problem?.message ?? reason))
            }
        }

        private static func isPassing(_ error: ClientError) -> Bool {
            switch error {
            // A certificate that has ended is renewed.
            case .unreachable, .tlsFailed, .timedOut: true
            case .api(let problem): problem.status == 503
            case .versionSkew, .notCasare, .responseTooLarge, .invalidURL, .invalidTLS, .invalidRequest, .cancelled:
                false
            }
        }
    }
}

@available(*, unavailable)
extension EventStream.Iterator: Sendable {}
