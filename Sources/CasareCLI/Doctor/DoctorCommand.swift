import ArgumentParser
import CasareClient
import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Find out what is wrong, and what to do about it.",
        subcommands: [ServerLook.self, Db.self], defaultSubcommand: ServerLook.self)

    struct Db: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "db", abstract: "Look at the server's database.",
            discussion: """
                Dead rows and autovacuum, the oldest snapshot and who holds it, lock waits, indexes, partitions, replication, \
                wraparound, connections, settings: each check is ok, warning or critical, with what to run. Ends with 1 \
                when something is critical. It takes an administrator's token; with --database-url it asks the database \
                itself, where no server answers.
                """)
        @Option(
            help: ArgumentHelp(
                "Ask this database, not a server. Others on this machine can read arguments: - takes it from DATABASE_URL.",
                valueName: "url"), transform: Text.notEmpty)
        var databaseURL: String?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(DoctorReport.Finding.columns.map(\.heading))
            if let databaseURL {
                return try self.show(
                    DoctorReport(try await Doctor.examine(Self.database(databaseURL)), checkedAt: Date()))
            }
            try await self.connection.withClient { client, _ in try self.show(try await client.databaseReport()) }
        }

        private static func database(_ text: String) throws(CommandFailure) -> PostgresConfiguration {
            guard let url = text == "-" ? Environment.process.nonEmpty("DATABASE_URL") : text else {
                throw CommandFailure(.usage, "which database? Set DATABASE_URL to postgres://user@host/name")
            }
            do throws(PostgresError) {
                return try PostgresConfiguration(url: url)
            } catch {
                throw CommandFailure(.usage, "\(error)")
            }
        }

        private func show(_ report: DoctorReport) throws {
            try self.output.print(try report.presentation(self.output))
            if report.level == .critical { throw QuietExit(.failure) }
        }
    }
}

extension DoctorReport.Finding {
    static let columns: [Column<DoctorReport.Finding>] = [
        Column("check") { .text($0.check.rawValue) },
        Column("level") { .state($0.level.rawValue, $0.level.tone) },
        Column("summary", shrinks: true) { .text($0.summary) },
        Column("advice", wide: true) { .text($0.advice.isEmpty ? nil : $0.advice.joined(separator: " ")) },
    ]
}

extension DoctorFinding.Level {
    var tone: Tone {
        switch self {
        case .ok: .good
        case .warning: .attention
        case .critical: .bad
        }
    }
}

extension DoctorReport {
    func presentation(_ output: OutputOptions) throws -> Presentation {
        try Presentation(
            report: self, sheet: self.sheet, parts: self.findings, columns: Finding.columns, name: \.check.rawValue,
            for: output)
    }

    private var sheet: Sheet {
        DoctorLine.sheet(
            self.findings.map { finding in
                DoctorLine(
                    check: finding.check.rawValue, level: finding.level, summary: finding.summary,
                    advice: finding.advice)
            }, of: "The database")
    }
}
