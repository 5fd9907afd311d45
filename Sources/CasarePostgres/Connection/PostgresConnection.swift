import CLibpq

/// One session on a PostgreSQL server.
///
/// libpq blocks, so each connection is an actor with a thread of its own. The methods are synchronous on the actor:
/// from outside each call is one hop to that thread, and a closure that takes the connection as its isolated parameter
/// runs there as a whole:
///
///     try await connection.transaction { connection in
///         try connection.execute(…)
///         try connection.execute(…)
///     }
///
/// Cancelling the task that runs a statement stops it on the server and throws `PostgresError.cancelled`; the
/// connection is good afterwards. A statement that finished before the request came returns its rows. In a cancelled
/// task no further statement starts, except the `COMMIT` or `ROLLBACK` that `transaction` sends itself.
package actor PostgresConnection {
    package nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }
    package nonisolated let configuration: PostgresConfiguration

    private nonisolated let executor = ThreadExecutor(threadName: "pg-connection")
    /// Nil before the connection is open and once it is closed or lost.
    private var link: Link?
    /// Why there is no link.
    private var closeReason = "The connection is closed"
    var prepared: PreparedStatements
    /// One for each statement of a pipeline; single statements use the first. Kept for their memory.
    var parameterBuffers = [ParameterBuffer()]
    /// What the server has been told; nil when the session leaves it to the server's own setting.
    var statementTimeout: Duration?
    var isInTransactionBody = false
    var savepointDepth = 0
    /// How many foreign statements there have been.
    var foreignStatements = 0
    /// Who is told of statements, and where they are run; nil when nobody is.
    private(set) var observation: (observer: any StatementObserver, place: DatabasePlace)?

    private init(_ configuration: PostgresConfiguration) {
        self.configuration = configuration
        self.prepared = PreparedStatements(countMax: configuration.preparedStatementsMax)
        self.statementTimeout = configuration.statementTimeout
    }

    deinit { self.executor.stop() }

    /// Opens a session: connects, applies the settings and takes on the role.
    ///
    /// It waits at most `connectTimeout` for each address of each host. A cancelled task notices afterwards, because
    /// libpq looks up names and tries several hosts in one blocking call.
    package static func connect(
        _ configuration: PostgresConfiguration
    ) async throws(PostgresError) -> PostgresConnection {
        if Task.isCancelled { throw .cancelled }
        let connection = PostgresConnection(configuration)
        try await connection.open()
        return connection
    }

    private func open() throws(PostgresError) {
        let link = try Link.open(self.configuration)
        if let observer = self.configuration.observer { self.observation = (observer, link.place) }
        self.link = link
    }

    /// Ends the session. Statements after that throw `PostgresError.connection`.
    package func close() {
        self.drop("The connection is closed")
    }

    /// Whether the session can be used, as far as is known without asking the server.
    package var isOpen: Bool { self.link.map { $0.loss == nil } ?? false }

    /// The descriptor that libpq reads from; nil when it is closed.
    var socket: Int32? {
        guard let descriptor = self.link.map({ PQsocket($0.pointer) }), descriptor >= 0 else { return nil }
        return descriptor
    }

    /// The server process that serves this session, as in `pg_stat_activity`; 0 when it is closed.
    package var backendProcessID: Int32 {
        self.link.map { PQbackendPID($0.pointer) } ?? 0
    }

    /// For example 150018 for 15.18; 0 when it is closed.
    package var serverVersion: Int32 {
        self.link.map { PQserverVersion($0.pointer) } ?? 0
    }

    /// Runs a closure on the connection's thread: one hop for many statements, without a transaction.
    @discardableResult
    package func run<Result: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) rethrows -> Result {
        try body(self)
    }

    /// The link, when it can take a statement.
    func usableLink() throws(PostgresError) -> Link {
        if let loss = self.link?.loss { self.drop(loss) }
        guard let link = self.link else { throw .connection(self.closeReason) }
        return link
    }

    /// Starts watching a statement. In a cancelled task none starts.
    func watch(_ text: String, isCancellable: Bool = true) throws(PostgresError) -> StatementWatch {
        if isCancellable, Task.isCancelled { throw .cancelled }
        return StatementWatch(text, timeout: self.statementTimeout, isCancellable: isCancellable)
    }

    /// Gives the link up and lets the thread end.
    private func drop(_ reason: String) {
        self.link = nil
        self.closeReason = reason
        self.executor.stop()
    }
}
