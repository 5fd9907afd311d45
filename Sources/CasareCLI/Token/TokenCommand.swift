import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Tokens that people, programs and robots show the server.",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Create a token and print it.",
            discussion: "It is shown this once: only its hash is kept.")
        @Argument(help: "What it is for; jobs and workflows keep this name.", transform: Text.notEmpty) var name: String
        @Option(help: "What its bearer may do.") var role: RoleArgument
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
            if self.role.role != .robot && self.robot != nil {
                throw ValidationError("--robot goes with --role robot only.")
            }
        }

        func run() async throws {
            try self.output.check(TokenInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                let created = try await client.createToken(
                    CreateTokenRequest(
                        name: self.name, role: self.role.role, robot: self.robot?.id,
                        expiresAt: self.expiresIn.map { Date(timeIntervalSinceNow: $0.seconds) }))
                StandardStreams.report("created \(TerminalText.line(created.info.name)); the token is not shown again")
                try self.output.print(
                    Presentation(
                        single: created.info, columns: TokenInfo.columns, name: created.info.name,
                        json: try ValueEncoder.encode(created), sheet: Sheet(created.token)))
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List tokens, without the secrets themselves.", aliases: ["ls"])
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(TokenInfo.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                try await self.paging.show(as: self.output.format) { limit, cursor in
                    let page = try await client.tokens(limit: limit, cursor: cursor)
                    return (page.tokens, page.nextCursor)
                } to: { tokens in
                    try self.output.print(
                        try Presentation(
                            list: tokens, columns: TokenInfo.columns, name: \.name,
                            json: { try ValueEncoder.encode($0) }))
                }
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
                    Presentation(
                        single: token, columns: TokenInfo.columns, name: token.name,
                        json: try ValueEncoder.encode(token), sheet: Sheet("revoked \(token.name)")))
            }
        }
    }
}

struct RoleArgument: ExpressibleByArgument, Hashable, Sendable {
    let role: Role

    init?(argument: String) {
        guard let role = Role(rawValue: argument.lowercased()) else { return nil }
        self.role = role
    }

    static var allValueStrings: [String] { Role.allCases.map(\.rawValue) }
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
