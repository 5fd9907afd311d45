import CLibpq

/// How to reach a database, and how a session there begins.
///
/// Everything that libpq understands goes through the connection string, TLS (`sslmode`, `sslrootcert`, …) and several
/// hosts included; what it does not name comes from the environment (`PGPASSWORD`, `~/.pgpass`, …), as with psql.
package struct PostgresConfiguration: Sendable {
    /// Connection parameters as libpq names them. The password is among them, so they are never printed.
    private(set) var keywords: [String: String]
    /// `SET ROLE` right after connecting: the role whose privileges the session has.
    package var role: String?
    /// Shown in `pg_stat_activity`, unless the connection string says another.
    package var applicationName = "casare"
    /// For each host and address that is tried; libpq counts whole seconds, from 2. The connection string's
    /// `connect_timeout` comes first.
    package var connectTimeout: Duration = .seconds(10)
    /// The server stops a statement that runs longer. Nil leaves the server's own setting.
    package var statementTimeout: Duration?
    /// Server settings of the session, such as `plan_cache_mode`.
    package var settings: [String: String] = [:]
    /// A statement that begins the session once it has its role. Where it fails, so does the connection.
    package var admission: StaticString?
    /// Whether libpq may take a password or a client's certificate from the process: its environment and the files of
    /// its account. They are the process's own, so a connection on behalf of somebody else must do without.
    package var usesProcessCredentials = true
    /// How many statements a connection keeps prepared. The least recently used goes first.
    package var preparedStatementsMax = 256
    /// Who is told of the statements of its connections, and of its pools; nil: nobody, and it costs nothing.
    package var observer: (any StatementObserver)?

    /// - Parameter url: `postgres://user:password@host:5432/database?sslmode=require`, or `host=… dbname=…`.
    package init(url: String) throws(PostgresError) {
        // libpq's own message quotes the string, and the password in it, so it is not passed on.
        guard let options = PQconninfoParse(url, nil) else {
            throw .misuse(
                "The connection string is not valid: write it as "
                    + "postgres://user:password@host:5432/database?sslmode=require or host=… dbname=…, "
                    + "with special characters of the password percent-encoded")
        }
        defer { PQconninfoFree(options) }
        var keywords: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                keywords[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        self.keywords = keywords
    }

    /// Connection parameters as libpq names them.
    package init(keywords: [String: String]) {
        self.keywords = keywords
    }

    /// A server that is reached through a unix socket in `socketFolder`; the port is part of the socket's name.
    package init(socketFolder: String, port: Int = 5432, user: String, database: String) {
        self.keywords = ["host": socketFolder, "port": String(port), "user": user, "dbname": database]
    }

    /// The database's name, if the configuration names one.
    package var database: String? {
        get { self.keywords["dbname"] }
        set { self.keywords["dbname"] = newValue }
    }

    package var user: String? {
        get { self.keywords["user"] }
        set { self.keywords["user"] = newValue }
    }

    /// Files of this machine that the configuration names, by libpq's name of what they are for.
    package var files: [String: String] {
        get {
            self.keywords.filter {
                ["passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir", "service"].contains($0.key)
            }
        }
        set { self.keywords.merge(newValue) { _, new in new } }
    }

    /// Of the one server that the configuration names; nil where it names none, or several.
    package var port: Int? { self.keywords["port"].flatMap { Int($0) } }

    package var host: String? { self.keywords["host"] ?? self.keywords["hostaddr"] }

    /// What connections are opened to, in the order in which it is tried: names, addresses, folders of sockets. None:
    /// as libpq does by itself.
    package var hosts: [String] {
        (self.keywords["hostaddr"] ?? self.keywords["host"] ?? "").split(separator: ",").map(String.init)
    }

    /// How TLS is used, as libpq names it; `nil`: as libpq does by itself, where the server has it.
    package var tlsMode: String? {
        get { self.keywords["sslmode"] }
        set { self.keywords["sslmode"] = newValue }
    }

    /// All parameters of a connection attempt.
    var connectionParameters: [String: String] {
        var parameters = self.keywords
        // What a lost network may cost: idle connections notice it within about a minute instead of two hours.
        let defaults = [
            "application_name": self.applicationName,
            "connect_timeout": String(max(2, (self.connectTimeout.milliseconds + 999) / 1000)),
            "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
        ]
        parameters.merge(defaults) { given, _ in given }
        parameters["client_encoding"] = "UTF8"
        if !self.usesProcessCredentials {
            // A file that is not there is passed over in silence.
            let without = [
                "password": "", "passfile": Self.noFile, "sslcert": Self.noFile, "sslkey": Self.noFile,
            ]
            parameters.merge(without) { given, _ in given }
        }
        return parameters
    }

    private static let noFile = "/nonexistent"

    /// The same as one text. An empty value counts in it, where a list of parameters would leave it out.
    var connectionString: String {
        self.connectionParameters.sorted { $0.key < $1.key }.map { keyword, value in
            "\(keyword)=" + quotedKeywordValue(value)
        }.joined(separator: " ")
    }

    /// Statements that begin a session; empty when there is nothing to set.
    var sessionScript: String {
        var statements: [String] = []
        if let timeout = self.statementTimeout {
            statements.append("SET statement_timeout = \(timeout.milliseconds)")
        }
        for (name, value) in self.settings.sorted(by: { $0.key < $1.key }) {
            statements.append("SELECT set_config(\(quotedLiteral(name)), \(quotedLiteral(value)), false)")
        }
        // The role comes last: settings may need the privileges of the user who signed in.
        if let role = self.role {
            statements.append("SET ROLE \(quotedIdentifier(role))")
        }
        if let admission { statements.append("\(admission)") }
        return statements.joined(separator: "; ")
    }

    /// Removes the password from a message of libpq's. None is known to hold it.
    func redacted(_ message: String) -> String {
        guard let password = self.keywords["password"], !password.isEmpty else { return message }
        return message.replacing(password, with: "<redacted>")
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomReflectable {
    /// Host, port, database and user; nothing secret.
    package var description: String {
        ["host", "hostaddr", "port", "dbname", "user"]
            .compactMap { keyword in self.keywords[keyword].map { "\(keyword)=\($0)" } }
            .joined(separator: " ")
    }

    package var customMirror: Mirror { Mirror(self, children: ["description": self.description]) }
}

extension Duration {
    /// Rounded up, so that a short limit does not become 0, which means none.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = self.components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
