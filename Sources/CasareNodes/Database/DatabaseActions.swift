import CasareDomain
import CasareEngine

/// What the database nodes do with an open connection; shared with `DatabaseSuperNode`.
enum DatabaseActions {
    /// Statements of one batch at most.
    static let statementsMax = 10_000
    /// Letters of a table's name at most.
    private static let nameLengthMax = 128

    static func query(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let outcome = try await self.execute(inputs, environment)
        let rows = outcome.rows.map { row in Value.object(Object(zip(outcome.columns, row))) }
        return NodeResult([
            "results": .list(rows), "row_count": .int(rows.count),
            "columns": .list(outcome.columns.map(Value.string)), "success": true, "error": "",
        ])
    }

    static func nonQuery(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let outcome = try await self.execute(inputs, environment)
        return NodeResult([
            "rows_affected": .int(outcome.rowsAffected),
            "last_insert_id": outcome.lastInsertedID.map(Value.int) ?? .null, "success": true, "error": "",
        ])
    }

    private static func execute(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> DatabaseOutcome {
        let database = try await DatabaseHandle(inputs["connection"]).database(in: environment.session)
        guard let query = inputs.firstText("query"), !query.isBlank else {
            throw NodeFailure.value("query is required")
        }
        let parameters = try self.parameters(inputs["parameters"])
        return try await DatabaseRetry(inputs) { $0.canRepeat }
            .run {
                try await database.traced(query, environment) { try await database.execute(query, parameters) }
            }.result
    }

    static func parameters(_ value: Value) throws(NodeFailure) -> [Value] {
        if value.isNull { return [] }
        guard let list = value.list else { throw .value("parameters must be a list, not \(value.kindName)") }
        return list
    }

    static func tableExists(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let database = try await DatabaseHandle(inputs["connection"]).database(in: environment.session)
        let exists = try await database.traced("SELECT", environment) {
            try await database.hasTable(inputs.string("table_name"))
        }
        return NodeResult(["exists": .bool(exists), "success": true, "error": ""])
    }

    static func tableColumns(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let database = try await DatabaseHandle(inputs["connection"]).database(in: environment.session)
        let table = inputs.string("table_name")
        guard self.isName(table) else {
            throw NodeFailure.value("table_name must be letters, digits and underscores, not '\(table.prefix(100))'")
        }
        let columns = try await database.traced("SELECT", environment) { try await database.columns(of: table) }
        if columns.isEmpty { throw NodeFailure.value("Table not found: \(table)") }
        return NodeResult([
            "columns": .list(columns.map(\.value)), "column_names": .list(columns.map { .string($0.name) }),
            "success": true, "error": "",
        ])
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, text.unicodeScalars.count <= self.nameLengthMax else {
            return false
        }
        return (first == "_" || first.properties.isAlphabetic) && !("0"..."9").contains(first)
            && text.unicodeScalars.allSatisfy {
                $0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil
            }
    }

    // MARK: Transactions

    static func begin(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        try await self.onConnection(inputs, environment) { database in
            if environment.isReopening { return await database.replayBegin() }
            try await database.traced("BEGIN", environment) { try await database.begin() }
        }
    }

    static func commit(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        try await self.onConnection(inputs, environment) { database in
            if environment.isReopening { return await database.replayEnd() }
            try await database.traced("COMMIT", environment) { try await database.commit() }
        }
    }

    static func rollBack(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        try await self.onConnection(inputs, environment) { database in
            if environment.isReopening { return await database.replayEnd() }
            try await database.traced("ROLLBACK", environment) { try await database.rollBack() }
        }
    }

    /// Ends the connection, and with it a transaction that is open.
    static func close(_ inputs: Inputs, _ environment: NodeEnvironment) async throws -> NodeResult {
        let handle = try DatabaseHandle(inputs["connection"])
        await handle.remove(from: environment.session)?.close()
        return NodeResult(["success": true, "error": ""])
    }

    private static func onConnection(
        _ inputs: Inputs, _ environment: NodeEnvironment, _ body: (OpenDatabase) async throws -> Void
    ) async throws -> NodeResult {
        let handle = try DatabaseHandle(inputs["connection"])
        try await body(try await handle.database(in: environment.session))
        return NodeResult(["connection": handle.value, "success": true, "error": ""])
    }
}
