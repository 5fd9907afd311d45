import CasareDomain
package import CasareEngine

/// The nodes that work on databases (node catalogue §1.15 and §1.8).
package enum DatabaseNodes {
    package static let types: [NodeType] =
        Self.connectionTypes + Self.statementTypes + Self.tableTypes + [Self.superType]

    static let family = "Database"
    static let connection = NodeType.Parameter(
        "connection", .any, "The connection: an output of DatabaseConnectNode.")
    static let query = NodeType.Parameter(
        "query", .string, default: "", "One statement. Values go in by `?` and `parameters`, not into the text.")
    private static let parameters = NodeType.Parameter(
        "parameters", .list, default: [], "The values of the placeholders, in order.")
    private static let tableName = NodeType.Parameter("table_name", .string, required: true, "The table.")
    static let statements = NodeType.Parameter(
        "statements", .list, default: [],
        "Texts, or objects with `query` and `parameters`; each takes effect by itself outside a transaction.")
    static let stopOnError = NodeType.Parameter(
        "stop_on_error", .boolean, default: true, "Whether the statements after one that failed are left out.")
    private static let ending: [NodeType.Output] = [.init("success", .boolean), .init("error", .string)]

    static func retry(interval: Int) -> [NodeType.Parameter] {
        [
            .init(
                "retry_count", .integer, default: 0, range: 0...100,
                "How often to try again what failed without having changed anything."),
            .init(
                "retry_interval", .integer, default: .int(interval), range: 0...3_600_000,
                "Milliseconds between attempts."),
        ]
    }

    /// What `DatabaseConnectNode` and `DatabaseSuperNode` have in common.
    static let server: [NodeType.Parameter] = [
        .credential,
        .init(
            "db_type", .string, default: "sqlite", choices: ["sqlite", "postgresql", "mysql"],
            "The kind of database; for mysql there is no driver."),
        .init("host", .string, default: "localhost", "The server."),
        .init("port", .integer, default: 5432, range: 1...65535, "The server's port."),
        .init(
            "database", .string, default: "",
            "The database's name; for sqlite its file, and without one a database in memory."),
        .init("username", .string, default: "", "The user; else DB_USERNAME of the environment."),
        .init("password", .string, default: "", "The password; else DB_PASSWORD of the environment."),
        .init(
            "connection_string", .string, default: "",
            "In place of the others: postgres://user:password@host:5432/database, or sqlite:///file."),
        .init(
            "timeout", .number, default: 30.0, range: 0.1...86_400,
            "Seconds that connecting, and then each statement, may take."),
        .init("pool_size", .integer, default: 5, range: 1...1000, "One connection serves a run, whatever it says."),
    ]

    private static let connectionTypes: [NodeType] = [
        NodeType(
            "DatabaseConnectNode", family: Self.family, "Connects to a database; the run keeps the connection.",
            parameters: Self.server + [
                .init("ssl", .boolean, default: false, "Refuse a PostgreSQL server without TLS."),
                .init(
                    "ssl_ca", .string, default: "",
                    "A file of certificate authorities, by which the server and its name are then checked."),
                .init("auto_commit", .boolean, default: true, "Only true: transactions are begun by a node."),
                .init("charset", .string, default: "utf8mb4", "Of mysql."),
            ] + Self.retry(interval: 2000),
            outputs: [.init("connection", .any)] + Self.ending,
            effect: .captured, opensSession: true, .database { try await DatabaseConnectActions.connect($0, $1) }
        ).taking(Credentials.database),
        NodeType(
            "BeginTransactionNode", family: Self.family, "Begins a transaction on a connection.",
            parameters: [Self.connection], outputs: [.init("connection", .any)] + Self.ending,
            effect: .captured, opensSession: true, .database(DatabaseActions.begin)),
        NodeType(
            "CommitTransactionNode", family: Self.family, "Makes what a transaction did take effect.",
            parameters: [Self.connection], outputs: [.init("connection", .any)] + Self.ending,
            effect: .effect, opensSession: true, .database(DatabaseActions.commit)),
        NodeType(
            "RollbackTransactionNode", family: Self.family, "Undoes what a transaction did.",
            parameters: [Self.connection], outputs: [.init("connection", .any)] + Self.ending,
            effect: .idempotent, opensSession: true, .database(DatabaseActions.rollBack)),
        NodeType(
            "CloseDatabaseNode", family: Self.family, "Ends a connection; an open transaction is rolled back.",
            parameters: [Self.connection], outputs: Self.ending,
            effect: .idempotent, opensSession: true, .database(DatabaseActions.close)),
    ]

    private static let statementTypes: [NodeType] = [
        NodeType(
            "ExecuteQueryNode", family: Self.family, "Runs a statement and gives the rows that it returns.",
            parameters: [Self.connection, Self.query, Self.parameters] + Self.retry(interval: 1000),
            outputs: [
                .init("results", .list), .init("row_count", .integer), .init("columns", .list),
            ] + Self.ending,
            effect: .effect, effectFor: SQLStatement.effectFor, .database(DatabaseActions.query)),
        NodeType(
            "ExecuteNonQueryNode", family: Self.family, "Runs a statement and tells how many rows it changed.",
            parameters: [Self.connection, Self.query, Self.parameters] + Self.retry(interval: 1000),
            outputs: [.init("rows_affected", .integer), .init("last_insert_id", .integer)] + Self.ending,
            effect: .effect, .database(DatabaseActions.nonQuery)),
        NodeType(
            "ExecuteBatchNode", family: Self.family, "Runs several statements, one after the other.",
            parameters: [Self.connection, Self.statements, Self.stopOnError] + Self.retry(interval: 1000),
            outputs: [.init("results", .list), .init("total_rows_affected", .integer)] + Self.ending,
            effect: .effect, .database(DatabaseBatch.execute)),
    ]

    private static let tableTypes: [NodeType] = [
        NodeType(
            "TableExistsNode", family: Self.family, "Tells whether a database has a table or view.",
            parameters: [Self.connection, Self.tableName], outputs: [.init("exists", .boolean)] + Self.ending,
            effect: .captured, .database(DatabaseActions.tableExists)),
        NodeType(
            "GetTableColumnsNode", family: Self.family, "Lists the columns of a table.",
            parameters: [Self.connection, Self.tableName],
            outputs: [.init("columns", .list), .init("column_names", .list)] + Self.ending,
            effect: .captured, .database(DatabaseActions.tableColumns)),
    ]
}

extension NodeType.Behaviour {
    /// Work with a database, whose errors become the node's failure.
    static func database(
        _ work: @escaping @Sendable (Inputs, NodeEnvironment) async throws -> NodeResult
    ) -> NodeType.Behaviour {
        .reporting(error: true) { inputs, environment in
            do {
                return try await work(inputs, environment)
            } catch let error as DatabaseError {
                throw try error.failure()
            } catch let exhausted as DatabaseRetry.Exhausted {
                throw try exhausted.error.failure()
            }
        }
    }
}
