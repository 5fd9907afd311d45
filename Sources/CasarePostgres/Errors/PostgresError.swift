/// What can go wrong between this process and PostgreSQL.
///
/// No text in here holds a password or a connection string. `server` texts may quote data (`detail` of a violated
/// constraint does), so they belong in a log, not in an answer to a stranger.
package enum PostgresError: Error, Hashable, Sendable {
    /// The server cannot be reached, refused the connection, or the connection was lost. When it was lost during a
    /// `COMMIT`, whether that took effect is not known.
    case connection(String)
    /// The server refused a statement.
    indirect case server(ServerError)
    /// A limit that this process or the connection's settings gave has passed; the statement was stopped.
    case timedOut(operation: String, after: Duration)
    /// The calling task was cancelled. The statement was stopped, or never sent.
    case cancelled
    /// No connection of the pool became free in time.
    case poolExhausted(connectionsMax: Int, waited: Duration)
    case poolClosed
    /// A column does not hold what was asked for.
    case decoding(column: String, reason: String)
    /// The calling code is wrong: a missing parameter, a nested transaction.
    case misuse(String)

    /// What the server says about a refused statement (manual §34.3.2, "PQresultErrorField").
    package struct ServerError: Hashable, Sendable {
        package var state: SQLState
        package var message: String
        package var detail: String?
        package var hint: String?
        package var constraint: String?
        package var table: String?
        package var column: String?
        /// The call stack inside the server: functions, triggers, the line of a COPY.
        package var context: String?
        /// From 1, in characters of the statement's text as it was sent.
        package var position: Int?
    }

    /// The server's code, when the server refused something.
    package var sqlState: SQLState? {
        if case .server(let error) = self { error.state } else { nil }
    }

    /// The violated constraint's name.
    package var constraint: String? {
        if case .server(let error) = self { error.constraint } else { nil }
    }

    /// Whether the same work may succeed when it is done again later.
    ///
    /// It says nothing about whether repeating is safe: after a lost connection a commit may have taken effect.
    package var isRetryable: Bool {
        switch self {
        case .connection, .poolExhausted, .timedOut: true
        case .server(let error): error.state.isTransient
        case .cancelled, .poolClosed, .decoding, .misuse: false
        }
    }
}

extension PostgresError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .connection(let message): message
        case .server(let error): error.description
        case .timedOut(let operation, let duration): "\(operation) was stopped after \(duration)"
        case .cancelled: "The task was cancelled, and its statement with it"
        case .poolExhausted(let connectionsMax, let waited):
            "None of the pool's \(connectionsMax) connections became free within \(waited); "
                + "use a larger pool, or shorter transactions"
        case .poolClosed: "The pool of connections is closed"
        case .decoding(let column, let reason): "Column \"\(column)\" \(reason)"
        case .misuse(let message): message
        }
    }
}

extension PostgresError.ServerError: CustomStringConvertible {
    package var description: String {
        var text = "\(self.message) (SQLSTATE \(self.state)"
        if let table = self.table { text += ", table \(table)" }
        if let column = self.column { text += ", column \(column)" }
        if let constraint = self.constraint { text += ", constraint \(constraint)" }
        text += ")"
        if let detail = self.detail { text += "; \(detail)" }
        if let hint = self.hint { text += "; hint: \(hint)" }
        if let context = self.context { text += "; \(context)" }
        return text
    }
}
