import ArgumentParser
import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire

extension DatabaseCommand {
    struct FirstToken: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "token", abstract: "Create an administrator's token in the database, and print it.",
            discussion: """
                For the first one, and for when all are lost: whoever may sign in to the database needs no other. It is \
                shown this once; with it casarectl login signs in, and casarectl token create makes others.

                  DATABASE_URL=postgres://casare@db.example/casare casarectl db token ann
                """)
        @Argument(help: "Whose it is; jobs and workflows keep this name.", transform: Text.notEmpty) var name: String
        @OptionGroup var target: Target
        @OptionGroup(title: "Output") var output: OutputOptions

        func run() async throws {
            try self.output.check(TokenInfo.columns.map(\.heading))
            let database = Database(try self.target.configuration(), connectionsMax: 1)
            let created: CreateTokenResponse
            do {
                created = try await Self.create(self.name, in: database)
                await database.close()
            } catch {
                await database.close()
                throw error
            }
            StandardStreams.report("created \(TerminalText.line(created.info.name)); the token is not shown again")
            try self.output.print(
                Presentation(
                    single: created.info, columns: TokenInfo.columns, name: created.info.name,
                    json: try ValueEncoder.encode(created), sheet: Sheet(created.token)))
        }

        static func create(_ name: String, in database: Database) async throws -> CreateTokenResponse {
            let (text, token) = try await database.asTenant(.default) { connection in
                let created = try TokenStore.create(name: name, role: .admin, on: connection)
                try AuditLog.append(
                    .fromShell("casarectl db token", action: "token.create", subject: name), on: connection)
                return created
            }
            return CreateTokenResponse(
                token: text.reveal(),
                info: TokenInfo(
                    id: token.id, name: token.name, prefix: token.prefix, role: token.role, robot: token.robot,
                    createdAt: token.createdAt, expiresAt: token.expiresAt, revokedAt: token.revokedAt))
        }
    }
}
