package import CasareDomain
package import CasarePostgres

/// Looks at everything about a database that has hurt queues before: what keeps the dead rows, who holds whom up, what
/// is missing, what is about to run out.
///
/// It reads the server's catalogue and statistics, and next to nothing of the tables themselves, so it may run while
/// the database is in trouble. Sign in as the program's own user, outside of the roles that tenants' statements run as:
/// those do not see what other sessions do.
package enum Doctor {
    /// How long one check may take before it is given up.
    package static let checkMax = Duration.seconds(5)
    /// How long a check waits for a lock: that somebody holds one is what it then has to say.
    package static let lockWaitMax = Duration.seconds(1)
    /// No check begins later than this after the first one. Who asks over the API waits 30 s.
    package static let examinationMax = Duration.seconds(12)

    /// Opens a connection of its own, so that it works while the pools have none to spare.
    ///
    /// - Parameter lettersMax: how many dead letters are kept of a tenant.
    package static func examine(
        _ configuration: PostgresConfiguration, lettersMax: Int = DeadLetterStore.Keeping.lettersMaxDefault
    ) async throws -> [DoctorFinding] {
        var configuration = configuration
        configuration.role = nil
        configuration.applicationName = "casare-doctor"
        configuration.statementTimeout = self.checkMax
        // Moments go into the facts as the server writes them.
        configuration.settings = ["TimeZone": "UTC", "lock_timeout": "\(self.lockWaitMax.components.seconds)s"]
        let connection = try await PostgresConnection.connect(configuration)
        do {
            let findings = try await connection.run { try self.examine(lettersMax: lettersMax, on: $0) }
            await connection.close()
            return findings
        } catch {
            await connection.close()
            throw error
        }
    }

    /// One finding for each check, in the order of `DoctorFinding.Check`. A check that fails says so and keeps none of
    /// the others from being made.
    package static func examine(
        lettersMax: Int = DeadLetterStore.Keeping.lettersMaxDefault, on connection: isolated PostgresConnection
    ) throws -> [DoctorFinding] {
        let deadline = ContinuousClock.now + self.examinationMax
        // Before these checks themselves are held up by what this one is to find.
        let lockWaits = try self.finding(of: .lockWaits, lettersMax: lettersMax, on: connection)
        return try DoctorFinding.Check.allCases.map { check -> DoctorFinding in
            if check == .lockWaits { return lockWaits }
            guard ContinuousClock.now < deadline else {
                return DoctorFinding(
                    check, .warning,
                    "This was not looked at: the other checks took \(self.examinationMax.components.seconds) s.",
                    facts: [:])
            }
            return try self.finding(of: check, lettersMax: lettersMax, on: connection)
        }
    }

    private static func finding(
        of check: DoctorFinding.Check, lettersMax: Int, on connection: isolated PostgresConnection
    ) throws -> DoctorFinding {
        do {
            switch check {
            case .migrations: return try self.migrations(on: connection)
            case .settings: return try self.settings(on: connection)
            case .privileges: return try self.privileges(on: connection)
            case .connections: return try self.connections(on: connection)
            case .deadTuples: return try self.deadTuples(on: connection)
            case .autovacuum: return try self.autovacuum(on: connection)
            case .oldestSnapshot: return try self.oldestSnapshot(on: connection)
            case .preparedTransactions: return try self.preparedTransactions(on: connection)
            case .replicationSlots: return try self.replicationSlots(on: connection)
            case .replication: return try self.replication(on: connection)
            case .lockWaits: return try self.lockWaits(on: connection)
            case .indexes: return try self.indexes(on: connection)
            case .partitions: return try self.partitions(on: connection)
            case .wraparound: return try self.wraparound(on: connection)
            case .backgroundLoops: return try self.backgroundLoops(on: connection)
            case .blockedJobs: return try self.blockedJobs(on: connection)
            case .deadLetters: return try self.deadLetters(max: lettersMax, on: connection)
            case .restore: return try self.restore(on: connection)
            case .secretProviders: return try self.secretProviders(on: connection)
            }
        } catch let error as PostgresError {
            switch error {
            case .server(let server) where server.state == .lockNotAvailable:
                return try self.lockedOut(check, on: connection)
            case .server, .decoding, .misuse, .timedOut:
                return DoctorFinding(check, .warning, "This could not be looked at: \(error)", facts: [:])
            case .connection, .cancelled, .poolExhausted, .poolClosed: throw error
            }
        }
    }

    /// The column `facts` of every row, under one name.
    static func facts(_ name: String, _ rows: Rows) throws -> Object {
        [name: .list(try rows.map { .object(try self.facts($0)) })]
    }

    static func facts(_ row: Row) throws -> Object {
        try StoredJSON.object(try row.string("facts"), in: "what the server says of itself")
    }

    // MARK: Words

    static func span(_ seconds: Double) -> String {
        switch seconds {
        case ..<90: "\(Int(seconds.rounded())) s"
        case ..<5400: "\(Int((seconds / 60).rounded())) min"
        case ..<172_800: "\(Int((seconds / 3600).rounded())) h"
        default: "\(Int(min(seconds / 86_400, 1e9).rounded())) days"
        }
    }

    static func size(_ bytes: Int64) -> String {
        switch bytes {
        case ..<(10 << 20): "\(bytes >> 10) KiB"
        case ..<(10 << 30): "\(bytes >> 20) MiB"
        default: "\(bytes >> 30) GiB"
        }
    }

    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
