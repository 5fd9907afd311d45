import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Tokens that people, programs and robots show the server.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Create a token and print it.",
            discussion: "It is shown this once: only its hash is kept.")
        @Argument(help: "What it is for; jobs and workflows keep this name.", transform: Text.notEmpty) var name: String
        @Option(help: "What its bearer may do.") var role: CaseArgument<Role>
        @Option(
            help: "The one robot that a token of the role robot speaks for (default: any).",
            transform: RobotArgument.parse)
        var robot: RobotArgument?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("It is worthless after this time, such as 90d (default: never).", valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var expiresIn: PositiveTimeSpan?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if self.role.value != .robot && self.robot != nil {
                throw ValidationError("--robot goes with --role robot only.")
            }
        }

        func run() async throws {
            try await self.answer.show(TokenInfo.columns.map(\.heading)) { client, _ in
                let created = try await client.createToken(
                    CreateTokenRequest(
                        name: self.name, role: self.role.value, robot: self.robot?.id,
                        expiresAt: self.expiresIn.map { Date(timeIntervalSinceNow: $0.seconds) }))
                return try created.shownOnce()
            }
        }
    }

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List tokens, without the secrets themselves.", aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(TokenInfo.columns, name: \.name, to: self.answer) { client, limit, cursor in
                let page = try await client.tokens(limit: limit, cursor: cursor)
                return (page.tokens, page.nextCursor)
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Make a token worthless, at once and for good.")
        @Argument(help: "The token's name.", transform: Text.notEmpty) var name: String
        @Flag(name: .shortAndLong, help: "Answer yes to the question.") var yes = false
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(TokenInfo.columns.map(\.heading))
            try await self.connection.withClient { client, server in
                // Whoever uses the token is locked out at once: always ask.
                try Consent.needed(
                    isSelection: true, server: server, yes: self.yes, canAsk: Terminal.standard.canAsk
                ).obtain(for: "revoke token \(self.name)")
                let token = try await client.revokeToken(named: self.name)
                try self.output.print(
                    try Presentation(
                        single: token, columns: TokenInfo.columns, name: token.name,
                        sheet: Sheet("revoked \(token.name)")))
            }
        }
    }
}

extension TokenInfo {
    static let columns: [Column<TokenInfo>] = [
        Column("name", shrinks: true) { .text($0.name) },
        Column("role") { .text($0.role.rawValue) },
        Column("robot") { .text($0.robot?.description) },
        Column("created_at") { .time($0.createdAt) },
        Column("expires_at") { .time($0.expiresAt) },
        Column("revoked_at") { .time($0.revokedAt) },
        Column("id", wide: true) { .number($0.id) },
    ]
}

extension CreateTokenResponse {
    /// The token itself for people; says on stderr that it is not shown again.
    func shownOnce() throws -> Presentation {
        StandardStreams.report("created \(TerminalText.line(self.info.name)); the token is not shown again")
        return Presentation(
            single: self.info, columns: TokenInfo.columns, name: self.info.name, json: try ValueEncoder.encode(self),
            sheet: Sheet(self.token))
    }
}
