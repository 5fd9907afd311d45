import CLibpq
import Glibc

extension PostgresConnection {
    /// Prepares a foreign statement, in place of the connection's one before.
    ///
    /// Nothing is changed yet: when this throws, the statement has not been run.
    package func prepare(foreign text: String) throws(PostgresError) -> ForeignStatement {
        if text.utf8.contains(0) { throw .misuse("The statement contains a zero byte") }
        let link = try self.usableLink()
        var watch = try self.watch(text)
        defer { link.settle(watch) }
        self.foreignStatements += 1
        // The unnamed statement: the next one replaces it.
        guard PQsendPrepare(link.pointer, "", text, 0, nil) == 1 else { throw link.lose() }
        PQclear(try self.onlyResult(on: link, &watch))
        guard PQsendDescribePrepared(link.pointer, "") == 1 else { throw link.lose() }
        let description = try self.onlyResult(on: link, &watch)
        defer { PQclear(description) }
        return ForeignStatement(
            text: text,
            parameterTypes: (0..<PQnparams(description)).map { PostgresType(rawValue: PQparamtype(description, $0)) },
            columns: Rows.Columns(description).foreign, number: self.foreignStatements)
    }

    /// Runs the foreign statement that was prepared last.
    ///
    /// - Parameter parameters: In the server's text forms; `nil` is NULL.
    /// - Throws: When the connection was lost (`isOpen` is then false), whether the statement took effect is not known.
    package func execute(
        _ statement: ForeignStatement, _ parameters: [String?], limits: ForeignLimits
    ) throws(PostgresError) -> ForeignRows {
        guard statement.number == self.foreignStatements else {
            throw .misuse("The foreign statement was replaced by another before it was run")
        }
        guard parameters.count == statement.parameterTypes.count else {
            throw .misuse(
                "Parameters given: \(parameters.count); placeholders in the statement: "
                    + "\(statement.parameterTypes.count)")
        }
        for (index, value) in parameters.enumerated() where value?.utf8.contains(0) ?? false {
            throw .misuse("Parameter \(index + 1) holds a zero byte, which PostgreSQL's texts cannot")
        }
        let link = try self.usableLink()
        var watch = try self.watch(statement.text)
        defer { link.settle(watch) }
        let copies = parameters.map { $0.flatMap { strdup($0) } }
        defer { for copy in copies { free(copy) } }
        let wasSent = copies.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
            PQsendQueryPrepared(link.pointer, "", Int32(values.count), values.baseAddress, nil, nil, 0)
        }
        guard wasSent == 1 else { throw link.lose() }
        // Row by row, so that a result of any size takes no more memory here than is kept of it.
        _ = PQsetSingleRowMode(link.pointer)
        return try self.foreignRows(of: statement, on: link, &watch, limits)
    }

    private func foreignRows(
        of statement: ForeignStatement, on link: Link, _ watch: inout StatementWatch, _ limits: ForeignLimits
    ) throws(PostgresError) -> ForeignRows {
        var rows = ForeignRows(columns: statement.columns, rows: [], affectedRows: 0, isTooLarge: false)
        var bytes = 0
        var failure: PostgresError?
        while let result = try link.nextResult(&watch) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_SINGLE_TUPLE:
                if rows.isTooLarge { continue }
                let row = (0..<PQnfields(result)).map { column in
                    PQgetisnull(result, 0, column) == 1 ? nil : String(cString: PQgetvalue(result, 0, column))
                }
                bytes += row.reduce(0) { $0 + 16 + ($1?.utf8.count ?? 0) }
                rows.rows.append(row)
                rows.isTooLarge = rows.rows.count > limits.rowsMax || bytes > limits.bytesMax
                if rows.isTooLarge { rows.rows = [] }
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                rows.affectedRows = Int(String(cString: PQcmdTuples(result))) ?? 0
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                throw link.refuseCopy()
            default:
                failure = failure ?? link.error(of: result, watch)
            }
        }
        if let failure { throw failure }
        return rows
    }

    // MARK: Transactions that stay open between calls

    /// Whether a transaction is open on the server, healthy or failed.
    package var isInTransaction: Bool {
        guard let link = try? self.usableLink() else { return false }
        return link.transactionStatus != PQTRANS_IDLE
    }

    /// Begins a transaction that the connection's only user ends, by `commitTransaction` or `rollBackTransaction`.
    ///
    /// Where a transaction fits into one closure, `transaction` is the safer form: it cannot be left open.
    package func beginTransaction() throws(PostgresError) {
        guard try self.usableLink().transactionStatus == PQTRANS_IDLE else {
            throw .misuse("A transaction is open on this connection")
        }
        try self.control("BEGIN", as: .begin)
    }

    /// - Throws: The transaction is rolled back then, unless the connection was lost meanwhile: whether it was
    ///   committed is then not known.
    package func commitTransaction() throws(PostgresError) { try self.commit() }

    package func rollBackTransaction() { self.rollBack() }
}

extension Rows.Columns {
    fileprivate var foreign: [ForeignStatement.Column] {
        zip(self.names, self.types).map { ForeignStatement.Column(name: $0, type: $1) }
    }
}
