import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

extension SecretCommand {
    struct Audit: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "audit", abstract: "List who did what to a secret, and who was given it, the latest first.",
            discussion: "casarectl audit has all of the log, and verifies it.")
        @Argument(help: "The secret's name.", transform: Text.notEmpty) var secret: String
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Only since then: ISO 8601, or how long ago, such as 7d.", valueName: "time"),
            transform: PastMoment.parse)
        var since: PastMoment?
        @Option(help: "Only entries with this outcome.") var outcome: CaseArgument<AuditEntry.Outcome>?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            let query = AuditQuery(
                action: "secret.*", subject: self.secret, outcome: self.outcome?.value,
                since: self.since?.date(now: Date()))
            try await self.paging.list(
                AuditEntryInfo.columns, name: \.id.description, orElse: "nothing was done to \(self.secret)",
                to: self.answer
            ) { client, limit, cursor in
                let page = try await client.auditEntries(query, limit: limit, cursor: cursor)
                return (page.entries, page.nextCursor)
            }
        }
    }
}
