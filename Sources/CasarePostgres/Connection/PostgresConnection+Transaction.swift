import CLibpq

/// How a transaction sees the others, and whether it may write.
package enum TransactionMode: Sendable {
    case readCommitted
    case repeatableRead
    case serializable
    /// Repeatable read, without writes.
    case snapshot

    private static let beginReadCommitted: Query = "BEGIN ISOLATION LEVEL READ COMMITTED"
    private static let beginRepeatableRead: Query = "BEGIN ISOLATION LEVEL REPEATABLE READ"
    private static let beginSerializable: Query = "BEGIN ISOLATION LEVEL SERIALIZABLE"
    private static let beginSnapshot: Query = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    var begin: Query {
        switch self {
        case .readCommitted: Self.beginReadCommitted
        case .repeatableRead: Self.beginRepeatableRead
        case .serializable: Self.beginSerializable
        case .snapshot: Self.beginSnapshot
        }
    }
}

extension PostgresConnection {
    /// Runs a closure in a transaction, in one hop: `COMMIT` when it returns, `ROLLBACK` when it throws.
    ///
    /// Transactions do not nest: a transaction in a transaction throws `misuse`. For a part that may fail alone there
    /// is `savepoint`. When the connection is lost during the commit, whether it took effect is not known.
    ///
    /// - Parameter opening: statements that are sent together with `BEGIN`, in the same round trip.
    @discardableResult
    package func transaction<Result: Sendable>(
        _ mode: TransactionMode = .readCommitted,
        opening: [(Query, KeyValuePairs<String, PostgresValue>)] = [],
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) throws -> Result {
        guard !self.isInTransactionBody, try self.usableLink().transactionStatus == PQTRANS_IDLE else {
            throw PostgresError.misuse("A transaction is open on this connection; use savepoint for a part of it")
        }
        self.isInTransactionBody = true
        defer { self.isInTransactionBody = false }
        let result: Result
        do {
            try self.begin(mode, opening)
            result = try body(self)
        } catch {
            self.rollBack()
            throw error
        }
        try self.commit()
        return result
    }

    /// Runs a part of a transaction: when the closure throws, what it did is undone and the transaction goes on.
    @discardableResult
    package func savepoint<Result: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> Result
    ) throws -> Result {
        guard self.isInTransactionBody else { throw PostgresError.misuse("A savepoint needs a transaction around it") }
        self.savepointDepth += 1
        defer { self.savepointDepth -= 1 }
        let name = "casare_\(self.savepointDepth)"
        try self.control("SAVEPOINT \(name)", as: .savepoint)
        do {
            let result = try body(self)
            try self.control("RELEASE \(name)", as: .release)
            return result
        } catch {
            try self.control("ROLLBACK TO \(name); RELEASE \(name)", as: .rollBack)
            throw error
        }
    }

    private func begin(
        _ mode: TransactionMode, _ opening: [(Query, KeyValuePairs<String, PostgresValue>)]
    ) throws(PostgresError) {
        if opening.isEmpty {
            try self.execute(mode.begin)
        } else {
            let begin: (Query, KeyValuePairs<String, PostgresValue>) = (mode.begin, [:])
            try self.pipeline([begin] + opening, as: mode.begin.plan)
        }
    }

    func commit() throws(PostgresError) {
        do throws(PostgresError) {
            // The server answers COMMIT with a rollback when a statement has failed and its error was dropped.
            guard try self.control("COMMIT", as: .commit) == "COMMIT" else {
                throw .misuse("The transaction was rolled back: a statement in it failed, and its error was dropped")
            }
        } catch {
            self.rollBack()
            throw error
        }
    }

    /// Ends the transaction if there is one. When that fails the link goes, and the server rolls back by itself.
    func rollBack() {
        guard let link = try? self.usableLink(), link.transactionStatus != PQTRANS_IDLE else { return }
        do {
            try self.control("ROLLBACK", as: .rollBack)
        } catch {
            link.lose("The connection was given up: its transaction could not be rolled back: \(error)")
        }
    }
}
