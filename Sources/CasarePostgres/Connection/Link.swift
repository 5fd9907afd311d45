import CLibpq
import Glibc

/// A libpq connection with the waiting on top: every wait sees cancellation, limits and the loss of the server.
///
/// Safe to hand over, not to share: one thread at a time may use a PGconn (manual §34.20). Its owner, a connection
/// actor or a listener's thread, sees to that.
final class Link: @unchecked Sendable {
    /// How often a waiting statement looks whether its task was cancelled. The server's answer wakes it at once.
    private static let tickMilliseconds: Int32 = 20
    /// How much later than it should the server's answer may come before the link is given up.
    private static let lateAnswerMax: Duration = .seconds(10)

    let pointer: OpaquePointer
    private let configuration: PostgresConfiguration
    /// Why the link cannot be used any more.
    private(set) var loss: String?

    private init(_ pointer: OpaquePointer, _ configuration: PostgresConfiguration) {
        self.pointer = pointer
        self.configuration = configuration
    }

    deinit { PQfinish(self.pointer) }

    /// Connects and sets the session up. Blocks.
    static func open(_ configuration: PostgresConfiguration) throws(PostgresError) -> Link {
        let pointer = PQconnectdb(configuration.connectionString)
        guard let pointer else { throw .connection("There is no memory for a connection") }
        let link = Link(pointer, configuration)
        guard PQstatus(pointer) == CONNECTION_OK else { throw .connection(link.message) }
        PQsetNoticeReceiver(pointer, { _, _ in }, nil)
        // libpq must not block: all waiting happens in `wait`.
        PQsetnonblocking(pointer, 1)
        let script = configuration.sessionScript
        if !script.isEmpty {
            var watch = StatementWatch("session set-up", timeout: configuration.connectTimeout, isCancellable: false)
            try link.run(script, &watch)
        }
        return link
    }

    /// Runs statements by the simple protocol and returns the last one's command tag.
    @discardableResult
    func run(_ sql: String, _ watch: inout StatementWatch) throws(PostgresError) -> String {
        guard PQsendQuery(self.pointer, sql) == 1 else { throw self.lose() }
        var tag = ""
        var failure: PostgresError?
        while let result = try self.nextResult(&watch) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                tag = String(cString: PQcmdStatus(result))
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                throw self.refuseCopy()
            default:
                failure = failure ?? self.error(of: result, watch)
            }
        }
        if let failure { throw failure }
        return tag
    }

    /// The next result of what was sent; nil at the end of a statement's results.
    func nextResult(_ watch: inout StatementWatch) throws(PostgresError) -> OpaquePointer? {
        while PQisBusy(self.pointer) == 1 {
            try self.wait(for: .answer, &watch)
        }
        return PQgetResult(self.pointer)
    }

    enum Event {
        case answer
        /// Or an answer: a server that stops reading may have something to say.
        case roomToSend
    }

    /// Blocks until the server has sent something, can take more, or one tick is over.
    func wait(for event: Event, _ watch: inout StatementWatch) throws(PostgresError) {
        let flushed = PQflush(self.pointer)
        guard flushed >= 0 else { throw self.lose() }
        if watch.hasWaited { try self.interrupt(&watch) }
        watch.hasWaited = true
        let wantsToSend = flushed == 1 || event == .roomToSend
        let ready = self.poll(wantsToSend ? POLLIN | POLLOUT : POLLIN, Self.tickMilliseconds)
        if ready & ~Int16(POLLOUT) != 0 {
            guard PQconsumeInput(self.pointer) == 1 else { throw self.lose() }
        }
    }

    /// Stops the statement of a cancelled task, and gives up a server that does not answer.
    private func interrupt(_ watch: inout StatementWatch) throws(PostgresError) {
        let now = ContinuousClock.now
        if let request = watch.cancelRequest {
            guard now - request.requestedAt > Self.lateAnswerMax else { return }
            self.lose("The connection was given up: the server did not stop a cancelled statement")
            throw .cancelled
        }
        if watch.isCancellable, Task.isCancelled {
            watch.cancelRequest = CancelRequest(stopping: self.pointer)
        } else if let timeout = watch.timeout, now - watch.startedAt > timeout + Self.lateAnswerMax {
            self.lose("The connection was given up: the server did not answer in time")
            throw .timedOut(operation: watch.operation, after: now - watch.startedAt)
        }
    }

    /// Ends a watch: a request to cancel that is still under way must not reach the next statement.
    func settle(_ watch: StatementWatch) {
        if let request = watch.cancelRequest, !request.wait() {
            self.lose("The connection was given up: the server did not answer the request to cancel")
        }
    }

    /// Whether an idle session is still there. What the server sent meanwhile is read; nothing is waited for.
    func isAlive() -> Bool {
        guard self.loss == nil, PQstatus(self.pointer) == CONNECTION_OK else { return false }
        while self.poll(POLLIN, 0) != 0 {
            guard PQconsumeInput(self.pointer) == 1 else { return false }
            // Lets libpq look at what came; between statements that is notices and settings.
            _ = PQisBusy(self.pointer)
        }
        return PQstatus(self.pointer) == CONNECTION_OK
    }

    /// Which of the servers that may be tried it is.
    var place: DatabasePlace {
        func text(_ value: UnsafePointer<CChar>?) -> String { value.map { String(cString: $0) } ?? "" }
        return DatabasePlace.at(
            text(PQhost(self.pointer)), port: Int(text(PQport(self.pointer))) ?? 5432,
            database: text(PQdb(self.pointer)))
    }

    var transactionStatus: PGTransactionStatusType { PQtransactionStatus(self.pointer) }

    /// What a failed result means. A fatal one ends the link.
    func error(of result: OpaquePointer, _ watch: StatementWatch) -> PostgresError {
        guard let error = PostgresError.ServerError(result) else {
            return PQstatus(self.pointer) == CONNECTION_OK ? .connection(self.message) : self.lose()
        }
        if PostgresError.ServerError.isFatal(result) {
            self.lose("The connection was ended by the server: \(error)")
        }
        guard error.state == .queryCanceled else { return .server(error) }
        if watch.cancelRequest != nil { return .cancelled }
        // The code is the same when an administrator cancels; only the time tells them apart.
        let elapsed = ContinuousClock.now - watch.startedAt
        if let timeout = watch.timeout, elapsed >= timeout {
            return .timedOut(operation: watch.operation, after: timeout)
        }
        return .server(error)
    }

    /// Marks the link as lost, with libpq's message.
    @discardableResult
    func lose() -> PostgresError {
        let message = self.message
        self.lose(message)
        return .connection(message)
    }

    func lose(_ reason: String) {
        self.loss = self.loss ?? reason
    }

    /// A COPY where none can be served leaves the link in the middle of a protocol.
    func refuseCopy() -> PostgresError {
        self.lose("The connection was given up: it was asked for a COPY in the wrong place")
        return .misuse("COPY … FROM STDIN goes through copyIn; COPY … TO STDOUT is not supported")
    }

    /// libpq's message in one line, without the password.
    private var message: String {
        let message = String(cString: PQerrorMessage(self.pointer))
        let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
        return self.configuration.redacted(line.isEmpty ? "The connection failed without a message" : line)
    }

    private func poll(_ events: Int32, _ milliseconds: Int32) -> Int16 {
        var descriptor = pollfd(fd: PQsocket(self.pointer), events: Int16(events), revents: 0)
        // An interruption by a signal counts as a tick.
        return Glibc.poll(&descriptor, 1, milliseconds) > 0 ? descriptor.revents : 0
    }
}
