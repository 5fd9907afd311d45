package import CasarePostgres
package import FoundationEssentials

/// Why a database's schema cannot be used or changed by this program.
package enum MigrationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A migration that the database has is not, or no longer, the one that this program knows by its number.
    case edited(version: Int, name: String)
    /// The database has a migration that this program does not know.
    case newer(version: Int, name: String)
    /// The program needs migrations that the database does not have.
    case pending([String])

    package var description: String {
        switch self {
        case .edited(let version, let name):
            "migration \(version) (\(name)) was applied to this database with another text than this program has; "
                + "use the program that migrated the database, or restore the migration"
        case .newer(let version, let name):
            "the database has migration \(version) (\(name)), which this program does not know; use a newer version of "
                + "the program"
        case .pending(let names):
            "the database is not migrated (missing: \(names.joined(separator: ", "))); run `casarectl db migrate`"
        }
    }
}

/// Brings a database's schema up to date. Runs as the user who owns the tables, not as one of the two roles.
package struct Migrator: Sendable {
    package struct Applied: Hashable, Sendable {
        package let version: Int
        package let name: String
        package let checksum: String
        package let appliedAt: Date
    }

    package struct Status: Sendable {
        package let applied: [Applied]
        package let pending: [Migration]
        /// What forbids to migrate and to run.
        package let problem: MigrationError?

        /// Throws unless the schema is the one that this program was written for.
        package func check() throws(MigrationError) {
            if let problem { throw problem }
            guard self.pending.isEmpty else {
                throw .pending(self.pending.map { "\($0.version) \($0.name)" })
            }
        }
    }

    /// First key of the advisory lock that a migration holds.
    private static let lockClass: Int32 = 0x4361_6D67

    private let migrations: [Migration]

    /// - Parameter migrations: in order of their versions, which begin with 1 and have no gap.
    package init(_ migrations: [Migration] = Migration.all) {
        precondition(migrations.map(\.version) == Array(1...migrations.count), "The migrations' versions have a gap")
        self.migrations = migrations
    }

    package func status(on connection: isolated PostgresConnection) throws -> Status {
        guard try connection.execute(MigrationQueries.hasTable).only().bool("exists") else {
            return Status(applied: [], pending: self.migrations, problem: nil)
        }
        let applied = try connection.execute(MigrationQueries.applied).map { row in
            Applied(
                version: try row.int("version"), name: try row.string("name"), checksum: try row.string("checksum"),
                appliedAt: try row.date("applied_at"))
        }
        let versions = Set(applied.map(\.version))
        return Status(
            applied: applied, pending: self.migrations.filter { !versions.contains($0.version) },
            problem: self.problem(with: applied))
    }

    /// The migrations that the database lacks, in order.
    package func pending(on connection: isolated PostgresConnection) throws -> [Migration] {
        try self.status(on: connection).pending
    }

    /// Applies what is pending, each migration in a transaction of its own. Of several programs that do this at once
    /// one works and the others wait for it.
    ///
    /// - Parameter entry: what the audit log says of a migration; it is written with it, from the one on that makes the
    ///   log. `nil`: nothing is.
    /// - Returns: the migrations that this call applied.
    @discardableResult
    package func migrate(
        as entry: (@Sendable (Migration) -> NewAuditEntry)? = nil, on connection: isolated PostgresConnection
    ) throws -> [Migration] {
        try connection.execute(MigrationQueries.lock, ["class": .int4(Self.lockClass)])
        // A connection that is lost has lost the lock too.
        defer { _ = try? connection.execute(MigrationQueries.unlock, ["class": .int4(Self.lockClass)]) }
        let status = try self.status(on: connection)
        if let problem = status.problem { throw problem }
        for migration in status.pending {
            try connection.transaction { connection in
                try connection.execute(MigrationQueries.createTable)
                try connection.script(migration.sql)
                try connection.execute(
                    MigrationQueries.record,
                    [
                        "version": .int(migration.version), "name": .text(migration.name),
                        "checksum": .text(migration.checksum),
                    ])
                if let entry, migration.version >= Migration.audit.version {
                    try AuditLog.appendAsOwner(entry(migration), on: connection)
                }
            }
        }
        return status.pending
    }

    private func problem(with applied: [Applied]) -> MigrationError? {
        for entry in applied {
            guard let known = self.migrations.first(where: { $0.version == entry.version }) else {
                return .newer(version: entry.version, name: entry.name)
            }
            guard known.checksum == entry.checksum else {
                return .edited(version: entry.version, name: entry.name)
            }
        }
        return nil
    }
}
