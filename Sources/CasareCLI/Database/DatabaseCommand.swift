import ArgumentParser
import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials

struct DatabaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db", abstract: "The database's schema, and the first token.",
        subcommands: [Migrate.self, Status.self, FirstToken.self, Grant.self, Restored.self])

    /// Which database.
    struct Target: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "The database (DATABASE_URL, which others on this machine cannot read, unlike arguments).",
                valueName: "url"), transform: Text.notEmpty)
        var databaseURL: String?

        /// - Throws: `.usage` when nobody says which, or not in the form of a URL.
        func configuration() throws(CommandFailure) -> PostgresConfiguration {
            guard let url = self.databaseURL ?? Environment.process.nonEmpty("DATABASE_URL") else {
                throw CommandFailure(.usage, "which database? Set DATABASE_URL to postgres://user@host/name")
            }
            do {
                return try PostgresConfiguration(url: url)
            } catch {
                throw CommandFailure(.usage, "\(error)")
            }
        }

        func withConnection<Result: Sendable>(
            _ body: @Sendable (isolated PostgresConnection) throws -> Result
        ) async throws -> Result {
            let connection = try await PostgresConnection.connect(try self.configuration())
            do {
                let result = try await connection.run(body)
                await connection.close()
                return result
            } catch {
                await connection.close()
                throw error
            }
        }
    }

    struct Migrate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "migrate", abstract: "Bring the schema up to date.",
            discussion: "Sign in as the owner of the tables. Of several at once, one works and the others wait for it.")
        @OptionGroup var target: Target
        @Flag(help: "Show what would be applied, and apply nothing.") var dryRun = false
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try self.output.check(Step.columns.map(\.heading))
            let isDryRun = self.dryRun
            let steps = try await self.target.withConnection { connection in
                let migrator = Migrator()
                let status = try migrator.status(on: connection)
                if let problem = status.problem { throw problem }
                let migrations = isDryRun ? status.pending : try Self.migrate(migrator, on: connection)
                return migrations.map { Step(version: $0.version, name: $0.name, appliedAt: isDryRun ? nil : Date()) }
            }
            if steps.isEmpty { StandardStreams.report("the schema is up to date") }
            try self.output.print(Step.presentation(of: steps))
        }

        static func migrate(
            _ migrator: Migrator = Migrator(), on connection: isolated PostgresConnection
        ) throws -> [Migration] {
            try migrator.migrate(
                as: { migration in
                    .fromShell(
                        "casarectl db migrate", action: "database.migrate",
                        subject: "\(migration.version) \(migration.name)")
                }, on: connection)
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status", abstract: "Show which migrations the database has.",
            discussion: "Ends with 13 when some are pending, and with 11 when the schema does not fit this program.")
        @OptionGroup var target: Target
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try self.output.check(Step.columns.map(\.heading))
            let status = try await self.target.withConnection { connection in
                try Migrator().status(on: connection)
            }
            let applied = status.applied.map { Step(version: $0.version, name: $0.name, appliedAt: $0.appliedAt) }
            let pending = status.pending.map { Step(version: $0.version, name: $0.name, appliedAt: nil) }
            try self.output.print(Step.presentation(of: applied + pending))
            if let problem = status.problem { throw problem }
            if !pending.isEmpty {
                StandardStreams.report("casarectl: \(pending.count) pending; run casarectl db migrate")
                throw QuietExit(.differencesFound)
            }
        }
    }

    /// A migration and when the database got it.
    struct Step: Sendable {
        let version: Int
        let name: String
        let appliedAt: Date?

        static let columns: [Column<Step>] = [
            Column("version") { .number($0.version) },
            Column("name") { .text($0.name) },
            Column("status") { $0.appliedAt == nil ? .state("pending", .attention) : .state("applied", .good) },
            Column("applied_at") { .time($0.appliedAt) },
        ]

        static func presentation(of steps: [Step]) -> Presentation {
            Presentation(list: steps, columns: Self.columns, name: { String($0.version) }) { step in
                [
                    "version": .int(step.version), "name": .string(step.name),
                    "status": .string(step.appliedAt == nil ? "pending" : "applied"),
                    "applied_at": step.appliedAt.map { .string(Timestamp.text($0)) } ?? .null,
                ]
            }
        }
    }
}
