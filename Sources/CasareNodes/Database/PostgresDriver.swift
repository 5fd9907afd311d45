import CasareDomain
import CasareEngine
import CasarePostgres

/// A session on a PostgreSQL server.
struct PostgresDriver: DatabaseDriver {
    let productName = "PostgreSQL"

    private let connection: PostgresConnection

    var server: DatabaseServer {
        let configuration = self.connection.configuration
        return DatabaseServer(
            system: "postgresql", address: configuration.host, port: configuration.port,
            database: configuration.database)
    }

    static func open(_ configuration: PostgresConfiguration) async throws(DatabaseError) -> PostgresDriver {
        do {
            return PostgresDriver(connection: try await PostgresConnection.connect(configuration))
        } catch {
            // Nothing was sent that could have changed anything.
            if case .unknown(let message) = Self.error(error, isKnown: true) { throw .lost(message: message) }
            throw Self.error(error, isKnown: true)
        }
    }

    /// How a run on behalf of a workflow begins a session there: with nothing of this process's own, and with texts in
    /// forms that `PostgresText` reads.
    static func settled(_ configuration: PostgresConfiguration, timeout: Duration) -> PostgresConfiguration {
        var configuration = configuration
        configuration.applicationName = "casare workflow"
        configuration.usesProcessCredentials = false
        configuration.connectTimeout = timeout
        configuration.statementTimeout = timeout
        configuration.settings = ["datestyle": "ISO", "bytea_output": "hex", "standard_conforming_strings": "on"]
        return configuration
    }

    func execute(_ sql: String, _ parameters: [Value]) async throws(DatabaseError) -> DatabaseOutcome {
        let text = SQLPlaceholders.numbered(sql)
        let rows = try await self.run { connection throws(DatabaseError) in
            let statement = try Self.known { () throws(PostgresError) in try connection.prepare(foreign: text) }
            let texts = try PostgresText.parameters(parameters, as: statement.parameterTypes)
            do throws(PostgresError) {
                return try connection.execute(statement, texts, limits: ForeignLimits())
            } catch {
                throw Self.error(error, isKnown: connection.isOpen)
            }
        }
        if rows.isTooLarge {
            let limits = ForeignLimits()
            throw .tooLarge(
                message: "The statement was carried out, but returned more than \(limits.rowsMax) rows or "
                    + "\(limits.bytesMax) bytes: select less, for example with LIMIT")
        }
        let types = rows.columns.map(\.type)
        return DatabaseOutcome(
            columns: rows.columns.map(\.name),
            rows: rows.rows.map { row in zip(row, types).map { PostgresText.value($0, of: $1) } },
            rowsAffected: rows.affectedRows)
    }

    func begin() async throws(DatabaseError) {
        try await self.run { connection throws(DatabaseError) in
            try Self.known { () throws(PostgresError) in try connection.beginTransaction() }
        }
    }

    func commit() async throws(DatabaseError) {
        try await self.run { connection throws(DatabaseError) in
            do throws(PostgresError) {
                try connection.commitTransaction()
            } catch {
                throw Self.error(error, isKnown: connection.isOpen)
            }
        }
    }

    func rollBack() async throws(DatabaseError) {
        await self.connection.rollBackTransaction()
    }

    var isInTransaction: Bool { get async { await self.connection.isInTransaction } }

    func hasTable(_ name: String) async throws(DatabaseError) -> Bool {
        let outcome = try await self.execute(
            """
            SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = $2
                AND CASE WHEN $1 = '' THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = $1 END
            """, Self.qualified(name))
        return !outcome.rows.isEmpty
    }

    func columns(of table: String) async throws(DatabaseError) -> [DatabaseColumn] {
        let outcome = try await self.execute(
            """
            SELECT a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
                pg_catalog.pg_get_expr(d.adbin, d.adrelid),
                EXISTS (SELECT 1 FROM pg_catalog.pg_index i
                    WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey))
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = $2
                AND CASE WHEN $1 = '' THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = $1 END
            ORDER BY a.attnum
            """, Self.qualified(table))
        return outcome.rows.map { row in
            DatabaseColumn(
                name: row[0].string ?? "", type: row[1].string ?? "", isNullable: row[2].bool ?? true,
                defaultExpression: row[3].string, isPrimaryKey: row[4].bool ?? false)
        }
    }

    func close() async { await self.connection.close() }

    /// Schema and name; an empty schema stands for those of the search path.
    private static func qualified(_ name: String) -> [Value] {
        let parts = name.split(separator: ".", maxSplits: 1).map { Value.string(String($0)) }
        return parts.count == 2 ? parts : ["", .string(name)]
    }

    /// Runs a closure on the connection's own thread.
    private func run<R: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws(DatabaseError) -> R
    ) async throws(DatabaseError) -> R {
        do {
            return try await self.connection.run(body)
        } catch let error as DatabaseError {
            throw error
        } catch {
            preconditionFailure("The closure throws nothing else: \(error)")
        }
    }

    /// Something that changes nothing, so that a lost connection leaves no doubt.
    private static func known<R>(_ work: () throws(PostgresError) -> R) throws(DatabaseError) -> R {
        do throws(PostgresError) {
            return try work()
        } catch {
            throw Self.error(error, isKnown: true)
        }
    }

    private static func error(_ error: PostgresError, isKnown: Bool) -> DatabaseError {
        switch error {
        case .server(let server) where isKnown: .refused(type: "DatabaseError", message: server.description)
        case .cancelled: .cancelled
        case .timedOut where isKnown: .timedOut(message: error.description)
        case .misuse(let message): .refused(type: "DatabaseError", message: message)
        case .decoding: .refused(type: "DatabaseError", message: error.description)
        case .connection, .poolExhausted, .poolClosed, .server, .timedOut:
            isKnown ? .lost(message: error.description) : .unknown(message: error.description)
        }
    }
}
