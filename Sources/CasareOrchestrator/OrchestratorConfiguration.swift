package import CasarePostgres
package import Logging

/// How an orchestrator is set up, read once at start from the environment:
///
/// - `DATABASE_URL` (required): `postgres://user:password@host/database`.
/// - `CASARE_HOST`, or `HOST` (default `127.0.0.1`): the address to listen on.
/// - `CASARE_PORT`, or `PORT` (default 8000, range 0–65535; 0 lets the system choose): the port to listen on.
/// - `CASARE_DATABASE_CONNECTIONS` (default 10, range 2–200): connections in all that requests and loops share.
/// - `CASARE_LOG_LEVEL`, or `LOG_LEVEL` (default `info`): `trace`, `debug`, `info`, `notice`, `warning`, `error` or
///   `critical`.
package struct OrchestratorConfiguration: Sendable {
    package var database: PostgresConfiguration
    package var host: String
    package var port: Int
    package var databaseConnectionsMax: Int
    package var logLevel: Logger.Level

    package static let hostDefault = "127.0.0.1"
    package static let portDefault = 8000
    package static let databaseConnectionsMaxDefault = 10

    package init(
        database: PostgresConfiguration, host: String = OrchestratorConfiguration.hostDefault,
        port: Int = OrchestratorConfiguration.portDefault,
        databaseConnectionsMax: Int = OrchestratorConfiguration.databaseConnectionsMaxDefault,
        logLevel: Logger.Level = .info
    ) {
        self.database = database
        self.host = host
        self.port = port
        self.databaseConnectionsMax = databaseConnectionsMax
        self.logLevel = logLevel
    }

    package init(environment: [String: String]) throws(ConfigurationError) {
        guard let (_, url) = Self.find(["DATABASE_URL"], environment) else {
            throw ConfigurationError(
                variable: "DATABASE_URL", problem: "is not set; set it to postgres://user:password@host/database")
        }
        do throws(PostgresError) {
            self.database = try PostgresConfiguration(url: url)
        } catch {
            // The URL holds a password: the error's text never repeats it.
            throw ConfigurationError(variable: "DATABASE_URL", problem: "cannot be used: \(error)")
        }
        self.host = Self.find(["CASARE_HOST", "HOST"], environment)?.value ?? Self.hostDefault
        self.port = try Self.number(["CASARE_PORT", "PORT"], 0...65535, environment) ?? Self.portDefault
        self.databaseConnectionsMax =
            try Self.number(["CASARE_DATABASE_CONNECTIONS"], 2...200, environment) ?? Self.databaseConnectionsMaxDefault
        self.logLevel = .info
        if let (name, text) = Self.find(["CASARE_LOG_LEVEL", "LOG_LEVEL"], environment) {
            guard let level = Logger.Level(rawValue: text.lowercased()) else {
                throw ConfigurationError(
                    variable: name,
                    problem: "is \"\(text)\"; it must be one of "
                        + Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))
            }
            self.logLevel = level
        }
    }

    /// The first variable that is set to something.
    private static func find(_ names: [String], _ environment: [String: String]) -> (name: String, value: String)? {
        for name in names {
            if let value = environment[name], !value.isEmpty { return (name, value) }
        }
        return nil
    }

    private static func number(
        _ names: [String], _ range: ClosedRange<Int>, _ environment: [String: String]
    ) throws(ConfigurationError) -> Int? {
        guard let (name, text) = Self.find(names, environment) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw ConfigurationError(
                variable: name,
                problem: "is \"\(text)\"; it must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

/// A variable of the environment that cannot be used, in one line.
package struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let variable: String
    package let problem: String

    package var description: String { "\(self.variable) \(self.problem)" }
}
