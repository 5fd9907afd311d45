import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Tokens that people, programs and robots show the server.",
        subcommands: [Create.self, List.self, Get.self, Rotate.self, Revoke.self, CanI.self])

    struct Create: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Create a token and print it.",
            discussion: "It is shown this once: only its hash is kept.")
        @Argument(help: "What it is for; jobs and workflows keep this name.", transform: Text.notEmpty) var name: String
        @Option(
            help: "What its bearer may do: a role that casarectl role list shows.",
            completion: .list(Role.allCases.map(\.rawValue)), transform: RoleArgument.parse)
        var role: RoleArgument
        @Option(
            help: "The one robot that a token of the role robot speaks for (default: any).",
            transform: RobotArgument.parse)
        var robot: RobotArgument?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("It is worthless after this time, such as 90d (default: never).", valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var expiresIn: PositiveTimeSpan?
        @Option(help: "What people should know of it.", transform: Text.notEmpty) var description: String?
        @Option(
            name: .customLong("scope"),
            help: ArgumentHelp(
                "Cut it down to this permission, such as workflow.execute or workflow.*; may be given several times "
                    + "(default: all that the role has).", valueName: "permission"),
            transform: Text.notEmpty)
        var scopes: [String] = []
        @Option(
            name: .customLong("network"),
            help: ArgumentHelp(
                "It counts from this network only, such as 10.0.0.0/8 or 2001:db8::/32; may be given several times "
                    + "(default: from anywhere).", valueName: "network"),
            transform: NetworkArgument.parse)
        var networks: [NetworkArgument] = []
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if self.role.name != .robot && self.robot != nil {
                throw ValidationError("--robot goes with --role robot only.")
            }
        }

        func run() async throws {
            try await self.change.run(TokenInfo.headings, "create the token \(self.name)") { client in
                .shown(try await self.request.dryRun(client))
            } asked: { client, _ in
                try await client.createToken(self.request).shownOnce()
            }
        }

        private var request: CreateTokenRequest {
            CreateTokenRequest(
                name: self.name, role: self.role.name, robot: self.robot?.id,
                expiresAt: self.expiresIn.map { Date(timeIntervalSinceNow: $0.seconds) },
                description: self.description, scopes: self.scopes.isEmpty ? nil : self.scopes,
                networks: self.networks.isEmpty ? nil : self.networks.map(\.range.description),
                reason: self.why.reason)
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

    struct Get: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Show what is known of a token, without the secret itself.")
        @Argument(help: "The token's name.", transform: Text.notEmpty) var name: String
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(TokenInfo.headings) { client, _ in
                try await client.token(named: self.name).presentation()
            }
        }
    }

    struct Rotate: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Put a new token in the place of one, and print it.",
            discussion: """
                The new one has the name and everything else of the old one, and lives as long as that was to. It is \
                shown this once. Without --overlap the old one is worthless at once.
                """)
        @Argument(help: "The token's name.", transform: Text.notEmpty) var name: String
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("The old one works on for this time, such as 1h, at most 30d.", valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var overlap: PositiveTimeSpan?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("The new one is worthless after this time, such as 90d.", valueName: "time"),
            transform: PositiveTimeSpan.parse)
        var expiresIn: PositiveTimeSpan?
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            // Without an overlap whoever uses the old one is locked out at once.
            let isSudden = self.overlap == nil
            let what = "rotate token \(self.name)" + (isSudden ? " without an overlap" : "")
            try await self.change.run(TokenInfo.headings, what, isSelection: isSudden) { client in
                let known = try await client.token(named: self.name)
                try known.checkCounts()
                let old =
                    self.overlap.map { "works on for \(TimeSpan.text(seconds: $0.seconds)) at most" }
                    ?? "is worthless at once"
                return .shown(
                    try known.presentation(saying: "would put a new token in the place of \(known.name), which \(old)"))
            } asked: { client, _ in
                try await client.rotateToken(
                    named: self.name,
                    RotateTokenRequest(
                        overlapSeconds: self.overlap?.seconds,
                        expiresAt: self.expiresIn.map { Date(timeIntervalSinceNow: $0.seconds) },
                        reason: self.why.reason)
                ).shownOnce()
            }
        }
    }

    struct Revoke: AsyncParsableCommand, Changing {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Make a token worthless, at once and for good.")
        @Argument(help: "The token's name.", transform: Text.notEmpty) var name: String
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            // Whoever uses the token is locked out at once: always ask.
            try await self.change.run(TokenInfo.headings, "revoke token \(self.name)", isSelection: true) { client in
                let known = try await client.token(named: self.name)
                try known.checkCounts()
                return .shown(try known.presentation(saying: "would revoke \(known.name)"))
            } asked: { client, _ in
                let token = try await client.revokeToken(named: self.name, reason: self.why.reason)
                return try Presentation(
                    single: token, columns: TokenInfo.columns, name: token.name, sheet: Sheet("revoked \(token.name)"))
            }
        }
    }
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
