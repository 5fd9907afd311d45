import ArgumentParser
import CasarePostgres
import CasareStore

extension DatabaseCommand {
    struct Grant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "grant", abstract: "Let a user of the database run services.",
            discussion: """
                The user becomes a member of the roles that services work as, and of pg_read_all_stats for doctor. It \
                owns nothing, and row-level security holds for it: migrations need the owner. Sign in as the owner of \
                the tables, or a superuser.

                  createuser casare_service --pwprompt
                  casarectl db grant casare_service
                """)
        @Argument(help: "A user that there is.", transform: Text.notEmpty) var user: String
        @OptionGroup var target: Target

        func run() async throws {
            let user = self.user
            try await self.target.withConnection { connection in try Self.grant(to: user, on: connection) }
            StandardStreams.report(
                TerminalText.line("\(user) may run services; casarectl doctor db tells what it may not see"))
        }

        /// With its entry of the audit log, or not at all.
        static func grant(to user: String, on connection: isolated PostgresConnection) throws {
            try Migrator().status(on: connection).check()
            try connection.transaction { connection in
                try ServiceRole.grant(to: user, on: connection)
                try AuditLog.appendAsOwner(
                    .fromShell("casarectl db grant", action: "database.grant", subject: user), on: connection)
            }
        }
    }
}
