import Synchronization

/// Is told of the statements that connections run, and of the pools that they are borrowed from: whoever measures.
///
/// It is called in the path of the work, so it must take next to no time and wait for nothing.
package protocol StatementObserver: Sendable {
    /// Called on the connection's thread, in the task that ran the statement.
    func ended(_ statement: FinishedStatement)

    /// A pool was made. The observer must not keep it alive.
    func began(_ pool: PostgresPool)

    /// Work got a connection, after having waited for it. Called when the work is done.
    func lent(from pool: PostgresPool, after waited: Duration)

    /// Work waited for a connection until its time was up.
    func timedOut(waitingFor pool: PostgresPool)
}

/// A statement that was run, well or not; or several that were sent together.
package struct FinishedStatement: Sendable {
    package let plan: Query.Plan
    /// Statements that were sent together.
    package let batchSize: Int
    package let startedAt: ContinuousClock.Instant
    package let duration: Duration
    /// Selected, inserted, updated, deleted or copied; 0 after a failure.
    package let rows: Int
    /// Why it failed: the server's code or a word of `PostgresError.kind`; `nil` where it did not.
    package let errorType: String?
    /// The server's code, when the server refused it.
    package let sqlState: SQLState?
    package let place: DatabasePlace
}

/// Where a database is. There is one object for each place, for as long as the process lives.
package final class DatabasePlace: Sendable {
    /// The server's name or address, or the folder of its socket.
    package let address: String
    /// Of a socket in a folder it is part of the socket's name.
    package let port: Int
    package let database: String

    private static let all = Mutex<[String: DatabasePlace]>([:])

    private init(_ address: String, _ port: Int, _ database: String) {
        self.address = address
        self.port = port
        self.database = database
    }

    package static func at(_ address: String, port: Int, database: String) -> DatabasePlace {
        self.all.withLock { all in
            let key = "\(address)\u{0}\(port)\u{0}\(database)"
            if let place = all[key] { return place }
            let place = DatabasePlace(address, port, database)
            all[key] = place
            return place
        }
    }
}
