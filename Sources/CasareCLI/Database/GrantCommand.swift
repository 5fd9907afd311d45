import ArgumentParser
import CasarePostgres
import CasareStore

extension DatabaseCommand {
    struct Grant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "grant", abstract: "Let a user of the database run services, or robots.",
            discussion: """
                The user becomes a member of the roles that services work as, and of pg_read_all_stats for doctor. It \
                owns nothing, and row-level security holds for it: migrations need the owner. Sign in as the owner of \
                the tables, or a superuser.

                  createuser casare_service --pwprompt
                  casarectl db grant casare_service

                With --robot it is a user for robots over SQL, and for nothing else: it may do what a robot does for \
                its jobs, in the tenant default. It changes no token, tenant, role or secret, and reads no audit log. \
                The roles of services are taken from it where it has them; robots that are signed in keep them until \
                they connect anew, so start those again, with a version that knows this role.

                  createuser casare_robot_user --pwprompt
                  casarectl db grant casare_robot_user --robot
                """)
        @Argument(help: "A user that there is.", transform: Text.notEmpty) var user: String
        @Flag(help: "It is for robots over SQL alone, and may do what those do.") var robot = false
        @OptionGroup var target: Target

        func run() async throws {
            let user = self.user
            if self.robot {
                let taken = try await self.target.withConnection { connection in
                    try Self.grantRobot(to: user, on: connection)
                }
                if !taken.isEmpty {
                    StandardStreams.report(
                        TerminalText.line("\(user) is no member of \(taken.joined(separator: ", ")) any more"))
                }
                StandardStreams.report(TerminalText.line("\(user) may run robots over SQL"))
            } else {
                try await self.target.withConnection { connection in try Self.grant(to: user, on: connection) }
                StandardStreams.report(
                    TerminalText.line("\(user) may run services; casarectl doctor db tells what it may not see"))
            }
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

        /// The same for robots.
        ///
        /// - Returns: the roles of services that were taken from the user.
        static func grantRobot(to user: String, on connection: isolated PostgresConnection) throws -> [String] {
            try Migrator().status(on: connection).check()
            return try connection.transaction { connection in
                let taken = try ServiceRole.grantRobot(to: user, on: connection)
                try AuditLog.appendAsOwner(
                    .fromShell("casarectl db grant --robot", action: "database.grant", subject: user), on: connection)
                return taken
            }
        }
    }
}
