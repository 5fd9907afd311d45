import CasareDomain
import CasareEngine
import CasarePostgres

/// Opening connections.
enum DatabaseConnectActions {
    /// - Parameter sslName: The parameter that asks for TLS, which the super node calls otherwise.
    static func connect(
        _ inputs: Inputs, _ environment: NodeEnvironment, sslName: String = "ssl"
    ) async throws -> NodeResult {
        guard inputs["auto_commit"].bool ?? true else {
            throw NodeFailure.value(
                "auto_commit false is not supported: statements outside a transaction take effect at once; use "
                    + "BeginTransactionNode and CommitTransactionNode")
        }
        guard await environment.session.count < DatabaseHandle.connectionsMax else {
            throw NodeFailure.value(
                "A run keeps at most \(DatabaseHandle.connectionsMax) connections open: close those that are done")
        }
        let handle = DatabaseHandle(kind: inputs.string("db_type"), environment)
        let (driver, loss) = try await DatabaseRetry(inputs, isRepeatable: { $0.isConnecting }).run {
            () async throws -> (any DatabaseDriver, TransactionState.Loss?) in
            try await Self.open(inputs, environment, sslName)
        }.result
        await handle.keep(OpenDatabase(driver, reopenedWithout: loss), in: environment.session)
        return NodeResult(["connection": handle.value, "success": true, "error": ""])
    }

    private static func open(
        _ inputs: Inputs, _ environment: NodeEnvironment, _ sslName: String
    ) async throws -> (any DatabaseDriver, TransactionState.Loss?) {
        let timeout = Duration.milliseconds(Int64((inputs.double("timeout") * 1000).rounded(.up)))
        switch inputs.string("db_type") {
        case "postgresql":
            let configuration = try Self.postgres(inputs, environment, sslName)
            return (try await PostgresDriver.open(PostgresDriver.settled(configuration, timeout: timeout)), nil)
        case "mysql":
            throw NodeFailure("NodeError", "MySQL is not supported: this robot has drivers for postgresql and sqlite")
        default:
            let policy = PathPolicy(environment)
            let path = try Self.sqlitePath(inputs).map { try policy.resolve($0) }
            let driver = try await SQLiteDriver.open(path: path, timeout: timeout, policy: policy)
            return (driver, path == nil && environment.isReopening ? .memory : nil)
        }
    }

    private static func sqlitePath(_ inputs: Inputs) throws(NodeFailure) -> String? {
        var text = inputs.firstText("connection_string") ?? inputs.string("database")
        if text.hasPrefix("postgres") && text.contains("://") {
            throw .value("connection_string is of a PostgreSQL server, but db_type is sqlite: set db_type")
        }
        if text.hasPrefix("sqlite:///") { text = String(text.dropFirst("sqlite:///".count)) }
        return text.isEmpty || text == ":memory:" ? nil : text
    }

    /// What a connection string says. Files that it names fall under the path rules.
    private static func postgres(_ text: String, _ policy: PathPolicy) throws(NodeFailure) -> PostgresConfiguration {
        var configuration: PostgresConfiguration
        do throws(PostgresError) {
            configuration = try PostgresConfiguration(url: text)
        } catch {
            throw .value(error.description)
        }
        for (keyword, path) in configuration.files {
            // It would name the account's own file of servers and passwords.
            if keyword == "service" { throw .value("connection_string must not name a service") }
            configuration.files[keyword] = try policy.resolve(path)
        }
        return configuration
    }

    private static func postgres(
        _ inputs: Inputs, _ environment: NodeEnvironment, _ sslName: String
    ) throws -> PostgresConfiguration {
        if let text = inputs.firstText("connection_string") {
            return try Self.postgres(text, PathPolicy(environment))
        }
        let variables = RunVariables(of: environment)
        guard let user = inputs.firstText("username") ?? variables["DB_USERNAME"] else {
            throw NodeFailure.value(
                "username is missing: " + Credentials.advice("DB_USERNAME", CredentialField.usernameFields, inputs))
        }
        var keywords = [
            "host": inputs.string("host"), "port": String(inputs.int("port")), "user": user,
            "dbname": inputs.firstText("database") ?? user,
        ]
        if let password = inputs.firstText("password") ?? variables["DB_PASSWORD"] { keywords["password"] = password }
        if inputs.bool(sslName) { keywords["sslmode"] = "require" }
        if let authority = inputs.firstText("ssl_ca") {
            // A certificate authority is named for the server to be checked by it.
            keywords["sslmode"] = "verify-full"
            keywords["sslrootcert"] = try PathPolicy(environment).resolve(authority)
        }
        return PostgresConfiguration(keywords: keywords)
    }
}

extension DatabaseError {
    /// Of a connection attempt: the server may be back in a moment.
    fileprivate var isConnecting: Bool {
        switch self {
        case .lost, .timedOut: true
        case .refused, .gone, .unknown, .tooLarge, .cancelled: false
        }
    }
}
