import CasareDomain
import CasareEngine

/// A connection that a run keeps between its nodes, with what is known of its transaction.
///
/// A transaction lives in one connection and ends with it. So when a robot is lost, its transaction is rolled back, and
/// the run that goes on elsewhere must not go on as if nothing were: statements after the lost ones would take effect
/// without them, one by one. What began and ended transactions is therefore performed again after a recovery, marked as
/// such, and a transaction that turns out to have been open is remembered as lost.
actor OpenDatabase: RunResource {
    nonisolated let driver: any DatabaseDriver
    private var transaction = TransactionState()

    /// - Parameter reopenedWithout: What was lost with the robot that had the connection before, if anything was.
    init(_ driver: any DatabaseDriver, reopenedWithout loss: TransactionState.Loss? = nil) {
        self.driver = driver
        if let loss { self.transaction.wasLost(loss) }
    }

    func close() async { await self.driver.close() }

    func execute(_ sql: String, _ parameters: [Value]) async throws(DatabaseError) -> DatabaseOutcome {
        try self.transaction.checkStatement()
        let statement = SQLStatement(sql)
        if statement.controlsTransactions || (statement.isSavepoint && !self.transaction.isOpen) {
            throw .refused(
                type: "ValueError",
                message: "A transaction is begun and ended by the nodes for it (BeginTransactionNode, "
                    + "CommitTransactionNode, RollbackTransactionNode), not by a statement: a recovery must know of it")
        }
        do {
            let outcome = try await self.driver.execute(sql, parameters)
            await self.lookAfterStatement()
            return outcome
        } catch {
            await self.lookAfterStatement()
            // Without its commit the statement of a transaction is undone, whether it was carried out or not.
            if case .unknown(let message) = error, case .connection = self.transaction.loss {
                throw .lost(message: message)
            }
            throw error
        }
    }

    func begin() async throws(DatabaseError) {
        try self.transaction.checkBegin()
        try await self.driver.begin()
        self.transaction.began()
    }

    func commit() async throws(DatabaseError) {
        guard try self.transaction.checkCommit() else { return }
        do {
            try await self.driver.commit()
            self.transaction.ended()
        } catch {
            self.transaction.wasLost(.commitFailed(error.message))
            throw error
        }
    }

    func rollBack() async throws(DatabaseError) {
        if self.transaction.canRollBack { try await self.driver.rollBack() }
        self.transaction.ended()
    }

    /// Takes note of what nodes did before their robot was lost.
    func replayBegin() { self.transaction.wasLost(.robot) }

    func replayEnd() { self.transaction.ended() }

    func hasTable(_ name: String) async throws(DatabaseError) -> Bool {
        try self.transaction.checkStatement()
        return try await self.driver.hasTable(name)
    }

    func columns(of table: String) async throws(DatabaseError) -> [DatabaseColumn] {
        try self.transaction.checkStatement()
        return try await self.driver.columns(of: table)
    }

    /// A statement may end a transaction: SQLite rolls back on some errors, and a lost connection has none.
    private func lookAfterStatement() async {
        let isOpen = await self.driver.isInTransaction
        if self.transaction.isOpen, !isOpen { self.transaction.wasLost(.connection) }
    }
}
