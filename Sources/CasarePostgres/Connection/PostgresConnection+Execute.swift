import CLibpq

extension PostgresConnection {
    /// Runs a statement, which is prepared on its first use by this connection.
    @discardableResult
    package func execute(
        _ query: Query, _ parameters: KeyValuePairs<String, PostgresValue> = [:]
    ) throws(PostgresError) -> Rows {
        try self.observed(query.plan, rows: { (rows: Rows) in rows.affectedRows }) { () throws(PostgresError) -> Rows in
            try self.perform(query, parameters)
        }
    }

    private func perform(
        _ query: Query, _ parameters: KeyValuePairs<String, PostgresValue>
    ) throws(PostgresError) -> Rows {
        let link = try self.usableLink()
        guard let known = self.prepared.statement(for: query.plan) else {
            let statement = try self.prepare(query.plan, on: link)
            try self.deallocateExcess(on: link)
            return try self.execute(statement, parameters, on: link)
        }
        do {
            return try self.execute(known, parameters, on: link)
        } catch {
            self.forgetIfOutdated(known, after: error)
            // Nothing happened, so it may be done again, unless a transaction around it has failed with it.
            guard Self.isOutdated(after: error), link.transactionStatus == PQTRANS_IDLE else { throw error }
            return try self.execute(try self.prepare(query.plan, on: link), parameters, on: link)
        }
    }

    /// Runs a statement with a limit of its own instead of the connection's. It costs two more round trips.
    @discardableResult
    package func execute(
        _ query: Query, _ parameters: KeyValuePairs<String, PostgresValue> = [:], timeout: Duration
    ) throws(PostgresError) -> Rows {
        try self.withStatementTimeout(timeout) { () throws(PostgresError) in
            try self.execute(query, parameters)
        }
    }

    /// Runs statements, separated by semicolons, by the simple protocol: migrations, and what cannot be prepared.
    ///
    /// Without `BEGIN` in it, all of them take effect or none does.
    package func script(_ sql: String) throws(PostgresError) {
        try self.observed(.script, rows: { _ in 0 }) { () throws(PostgresError) -> Void in
            let link = try self.usableLink()
            var watch = try self.watch(sql)
            defer {
                link.settle(watch)
                self.endStrayTransaction(on: link)
            }
            try link.run(sql, &watch)
        }
    }

    /// Runs a closure with another limit for each statement in it.
    package func withStatementTimeout<Result>(
        _ timeout: Duration, _ body: () throws(PostgresError) -> Result
    ) throws(PostgresError) -> Result {
        let previous = self.statementTimeout
        try self.control("SET statement_timeout = \(timeout.milliseconds)", as: .setting)
        self.statementTimeout = timeout
        defer {
            self.statementTimeout = previous
            // In a failed transaction nothing can be set, and its rollback undoes what was set in it.
            if let link = try? self.usableLink(), link.transactionStatus != PQTRANS_INERROR {
                let value = previous.map { "\($0.milliseconds)" } ?? "DEFAULT"
                do {
                    try self.control("SET statement_timeout = \(value)", as: .setting)
                } catch {
                    link.lose("The connection was given up: its limits could not be restored: \(error)")
                }
            }
        }
        return try body()
    }

    /// Sends a statement that must go through even in a cancelled task, and returns its command tag.
    ///
    /// - Parameter plan: As what it is told to observers.
    @discardableResult
    func control(_ sql: String, as plan: Query.Plan) throws(PostgresError) -> String {
        try self.observed(plan, isCancellable: false, rows: { _ in 0 }) { () throws(PostgresError) -> String in
            try self.control(unobserved: sql)
        }
    }

    /// The same of what is part of another statement.
    @discardableResult
    private func control(unobserved sql: String) throws(PostgresError) -> String {
        let link = try self.usableLink()
        var watch = try self.watch(sql, isCancellable: false)
        return try link.run(sql, &watch)
    }

    /// Prepares a statement and asks for the types of its parameters and columns.
    func prepare(_ plan: Query.Plan, on link: Link) throws(PostgresError) -> PreparedStatements.Statement {
        var watch = try self.watch(plan.text)
        defer { link.settle(watch) }
        let name = self.prepared.nextName()
        guard PQsendPrepare(link.pointer, name, plan.text, 0, nil) == 1 else { throw link.lose() }
        PQclear(try self.onlyResult(on: link, &watch))
        guard PQsendDescribePrepared(link.pointer, name) == 1 else { throw link.lose() }
        let description = try self.onlyResult(on: link, &watch)
        defer { PQclear(description) }
        let types = (0..<PQnparams(description)).map { PostgresType(rawValue: PQparamtype(description, $0)) }
        return self.prepared.insert(plan, name: name, parameterTypes: types, columns: Rows.Columns(description))
    }

    /// Deallocates the statements that are too many, the least recently used first.
    func deallocateExcess(on link: Link) throws(PostgresError) {
        // A failed transaction takes no statement; it is done the next time.
        while link.transactionStatus != PQTRANS_INERROR, let name = self.prepared.removeExcess() {
            try self.control(unobserved: "DEALLOCATE \(name)")
        }
    }

    private func execute(
        _ statement: PreparedStatements.Statement, _ parameters: KeyValuePairs<String, PostgresValue>, on link: Link
    ) throws(PostgresError) -> Rows {
        var watch = try self.watch(statement.plan.text)
        defer { link.settle(watch) }
        try self.parameterBuffers[0].fill(
            with: parameters, names: statement.plan.names, types: statement.parameterTypes)
        try self.send(statement, parameters: 0, on: link)
        let result = try self.onlyResult(on: link, &watch)
        return Rows(Rows.Storage(result, statement.columns))
    }

    func send(
        _ statement: PreparedStatements.Statement, parameters buffer: Int, on link: Link
    ) throws(PostgresError) {
        let wasSent = self.parameterBuffers[buffer].withPointers { count, values, lengths, formats in
            PQsendQueryPrepared(link.pointer, statement.name, count, values, lengths, formats, 1)
        }
        guard wasSent == 1 else { throw link.lose() }
    }

    /// The result of the one statement that was sent. The caller clears it.
    func onlyResult(on link: Link, _ watch: inout StatementWatch) throws(PostgresError) -> OpaquePointer {
        guard let result = try link.nextResult(&watch) else { throw link.lose() }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            do {
                while let extra = try link.nextResult(&watch) { PQclear(extra) }
            } catch {
                PQclear(result)
                throw error
            }
            return result
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            PQclear(result)
            throw link.refuseCopy()
        default:
            let error = link.error(of: result, watch)
            PQclear(result)
            if link.loss == nil {
                while let extra = try link.nextResult(&watch) { PQclear(extra) }
            }
            throw error
        }
    }

    /// Whether a prepared statement must be prepared again: the schema changed, or somebody deallocated it.
    ///
    /// 0A000 is "cached plan must not change result type", or a feature that is missing, which stays missing.
    private static func isOutdated(after error: PostgresError?) -> Bool {
        error?.sqlState == .featureNotSupported || error?.sqlState == .invalidStatementName
    }

    /// Makes the next use of the statement prepare it again, when the error says that this is needed.
    func forgetIfOutdated(_ statement: PreparedStatements.Statement, after error: PostgresError?) {
        if Self.isOutdated(after: error) { self.prepared.remove(statement.plan) }
    }

    /// A script that failed between its own `BEGIN` and `COMMIT` must not leave a transaction behind.
    private func endStrayTransaction(on link: Link) {
        guard !self.isInTransactionBody, link.loss == nil, link.transactionStatus == PQTRANS_INERROR else { return }
        do {
            try self.control(unobserved: "ROLLBACK")
        } catch {
            link.lose("The connection was given up: a failed script's transaction could not be ended: \(error)")
        }
    }
}
