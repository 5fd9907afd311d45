import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Who did what, and proof that nobody has changed the record.",
        discussion: """
              casarectl audit list --since 1d --action 'secret.*'
              casarectl audit follow -o jsonl
              casarectl audit export --file audit.jsonl
              casarectl audit verify audit.jsonl --anchor 12000:9f86d081…

            Every change that somebody asks for is an entry, as is every secret that was shown or handed out, and who \
            was refused. Entries are linked by hashes: one that is removed, changed, put in or moved is found by \
            verify.
            """,
        subcommands: [List.self, Follow.self, Export.self, Verify.self, Anchors.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List entries, the newest first.", aliases: ["ls"])
        @Option(help: "Only of whoever has this name.", transform: Text.notEmpty) var actor: String?
        @Option(
            help: ArgumentHelp("Only of this action, or of all of a noun, such as 'secret.*'."),
            transform: Text.notEmpty)
        var action: String?
        @Option(help: "Only what was done to this: a name or an ID.", transform: Text.notEmpty) var subject: String?
        @Option(help: "Only with this outcome.") var outcome: CaseArgument<AuditEntry.Outcome>?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Since then: ISO 8601, or how long ago, such as 2h.", valueName: "time"),
            transform: PastMoment.parse)
        var since: PastMoment?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Before then: ISO 8601, or how long ago.", valueName: "time"),
            transform: PastMoment.parse)
        var until: PastMoment?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func query(now: Date) -> AuditQuery {
            AuditQuery(
                actor: self.actor, action: self.action, subject: self.subject, outcome: self.outcome?.value,
                since: self.since?.date(now: now), until: self.until?.date(now: now))
        }

        func run() async throws {
            try self.output.check(AuditEntryInfo.columns.map(\.heading))
            let query = self.query(now: Date())
            try await self.connection.withClient { client, _ in
                try await self.paging.show(as: self.output.format) { limit, cursor in
                    let page = try await client.auditEntries(query, limit: limit, cursor: cursor)
                    return (page.entries, page.nextCursor)
                } to: { entries in
                    try self.output.print(try AuditEntryInfo.presentation(of: entries))
                }
            }
        }
    }

    struct Anchors: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "anchors", abstract: "List places of the chain that were put on record, the newest first.",
            discussion: """
                Keep them where those who rule the database do not: verify --anchor NUMBER:HASH then proves that \
                everything up to there is as it was.
                """)
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        static let columns: [Column<AuditAnchorInfo>] = [
            Column("number") { .number(Int($0.number)) },
            Column("at") { .text($0.at) },
            Column("reason") { .text($0.reason.rawValue) },
            Column("hash") { .text($0.hash) },
            Column("public_key", wide: true) { .text($0.publicKey) },
            Column("signature", wide: true, shrinks: true) { .text($0.signature) },
        ]

        func run() async throws {
            try self.output.check(Self.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                try await self.paging.show(as: self.output.format) { limit, cursor in
                    let page = try await client.auditAnchors(limit: limit, cursor: cursor)
                    return (page.anchors, page.nextCursor)
                } to: { anchors in
                    try self.output.print(
                        try Presentation(
                            list: anchors, columns: Self.columns, name: { "\($0.number):\($0.hash)" },
                            json: { try ValueEncoder.encode($0) }))
                }
            }
        }
    }
}
