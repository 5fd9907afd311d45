import CLibpq

extension PostgresConnection {
    /// A rare long pipeline must not hold its memory for ever.
    private static let parameterBuffersKeptMax = 32

    /// Sends statements together and then reads their results: one round trip for all.
    ///
    /// Outside a transaction they form one: when a statement fails, the ones before it are undone, the ones after it do
    /// not run, and its error is thrown.
    @discardableResult
    package func pipeline(
        _ statements: [(Query, KeyValuePairs<String, PostgresValue>)]
    ) throws(PostgresError) -> [Rows] {
        if statements.isEmpty { return [] }
        return try self.pipeline(statements, as: .batch(of: statements.map { $0.0.plan }))
    }

    /// - Parameter plan: As what all of them together are told to observers.
    @discardableResult
    func pipeline(
        _ statements: [(Query, KeyValuePairs<String, PostgresValue>)], as plan: @autoclosure () -> Query.Plan
    ) throws(PostgresError) -> [Rows] {
        try self.observed(
            plan(), batchSize: statements.count, rows: { (all: [Rows]) in all.reduce(0) { $0 + $1.affectedRows } }
        ) { () throws(PostgresError) -> [Rows] in
            try self.perform(statements)
        }
    }

    private func perform(
        _ statements: [(Query, KeyValuePairs<String, PostgresValue>)]
    ) throws(PostgresError) -> [Rows] {
        let link = try self.usableLink()
        var prepared: [PreparedStatements.Statement] = []
        prepared.reserveCapacity(statements.count)
        for (query, _) in statements {
            if let statement = self.prepared.statement(for: query.plan) {
                prepared.append(statement)
            } else {
                prepared.append(try self.prepare(query.plan, on: link))
            }
        }
        // All parameters are checked before anything is sent: what is sent can only be taken back by a failure.
        while self.parameterBuffers.count < statements.count { self.parameterBuffers.append(ParameterBuffer()) }
        for (index, (_, parameters)) in statements.enumerated() {
            try self.parameterBuffers[index].fill(
                with: parameters, names: prepared[index].plan.names, types: prepared[index].parameterTypes)
        }
        defer { self.parameterBuffers.removeLast(max(0, self.parameterBuffers.count - Self.parameterBuffersKeptMax)) }
        let rows = try self.sendAndReceive(prepared, on: link)
        try self.deallocateExcess(on: link)
        return rows
    }

    private func sendAndReceive(
        _ statements: [PreparedStatements.Statement], on link: Link
    ) throws(PostgresError) -> [Rows] {
        var watch = try self.watch(statements[0].plan.text)
        defer { link.settle(watch) }
        guard PQenterPipelineMode(link.pointer) == 1 else { throw link.lose() }
        for (index, statement) in statements.enumerated() {
            try self.send(statement, parameters: index, on: link)
        }
        guard PQpipelineSync(link.pointer) == 1 else { throw link.lose() }

        var rows: [Rows] = []
        rows.reserveCapacity(statements.count)
        var failure: PostgresError?
        for statement in statements {
            guard let result = try link.nextResult(&watch) else { throw link.lose() }
            switch PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
                rows.append(Rows(Rows.Storage(result, statement.columns)))
            case PGRES_PIPELINE_ABORTED:
                PQclear(result)
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                PQclear(result)
                throw link.refuseCopy()
            default:
                failure = link.error(of: result, watch)
                PQclear(result)
                if link.loss == nil { self.forgetIfOutdated(statement, after: failure) }
            }
            if let failure, link.loss != nil { throw failure }
            // Each statement's results end with none.
            while let extra = try link.nextResult(&watch) { PQclear(extra) }
        }
        try self.leavePipeline(on: link, &watch)
        if let failure { throw failure }
        return rows
    }

    /// Reads the answer to the synchronisation point and goes back to single statements.
    private func leavePipeline(on link: Link, _ watch: inout StatementWatch) throws(PostgresError) {
        guard let result = try link.nextResult(&watch) else { throw link.lose() }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_PIPELINE_SYNC, PQexitPipelineMode(link.pointer) == 1 else {
            throw link.lose()
        }
    }
}
