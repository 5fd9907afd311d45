import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension SecretCommand {
    struct Provider: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "provider", abstract: "What keeps secrets elsewhere, such as HashiCorp Vault.",
            discussion: """
                  casarectl secret provider list
                  casarectl secret provider paths vault apps/
                  casarectl secret set crm --kind api_key --provider vault --path apps/crm

                Which there are says a file that CASARE_SECRET_PROVIDERS names for the server. Secrets there are read \
                only, whenever a job needs them; they are changed there.
                """,
            subcommands: [List.self, Paths.self], aliases: ["providers"])
    }
}

extension SecretCommand.Provider {
    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List what keeps secrets elsewhere for the tenant, by name.",
            discussion: """
                versions     a version can be named: {{$secret:NAME@3}}
                paths        casarectl secret provider paths lists what there is
                credentials  it makes some anew for each job, and ends them
                """,
            aliases: ["ls"])
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(SecretProviderInfo.columns.map(\.heading)) { client, _ in
                let providers = try await client.secretProviders().providers
                if providers.isEmpty, self.output.format == .table {
                    StandardStreams.report(
                        "there are no providers for your tenant; CASARE_SECRET_PROVIDERS of the server names their "
                            + "file")
                }
                let sick = providers.filter { $0.isHealthy == false }.map(\.name)
                if !sick.isEmpty {
                    StandardStreams.report(
                        TerminalText.line(
                            "casarectl: no secrets come from \(sick.joined(separator: ", ")); casarectl doctor db says "
                                + "why"))
                }
                return try Presentation(list: providers, columns: SecretProviderInfo.columns, name: \.name)
            }
        }
    }

    struct Paths: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "paths", abstract: "List the paths that a provider has, without what stands there.",
            discussion: """
                  casarectl secret provider paths vault
                  casarectl secret provider paths vault apps/c

                One folder at a time: what ends with a slash is a folder, to be listed by itself. A path is as it stands \
                behind --path of casarectl secret set.
                """)
        @Argument(help: "The provider's name.", transform: Text.notEmpty) var provider: String
        @Argument(
            help: "How the paths begin, such as apps/ or apps/c (default: those in no folder).",
            transform: Text.notEmpty)
        var prefix: String?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(
                SecretPathInfo.columns, name: \.path, orElse: "no path begins so", to: self.answer
            ) { client, limit, cursor in
                let page = try await client.secretPaths(
                    of: self.provider, prefix: self.prefix, limit: limit, cursor: cursor)
                return (page.paths, page.nextCursor)
            }
        }
    }
}

extension SecretProviderInfo {
    static let columns: [Column<SecretProviderInfo>] = [
        Column("name") { .text($0.name) },
        Column("kind") { .text($0.kind.rawValue) },
        Column("healthy") { $0.isHealthy.map(Cell.flag) ?? .empty },
        Column("abilities") { .text($0.abilities.map(\.rawValue).joined(separator: " ")) },
        Column("checked_at", wide: true) { .time($0.checkedAt) },
    ]
}

extension SecretPathInfo {
    static let columns: [Column<SecretPathInfo>] = [
        Column("path") { .text($0.path) },
        Column("folder") { .flag($0.isFolder) },
    ]
}
