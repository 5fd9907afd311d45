import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension SecretCommand {
    struct Get: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Show a secret; its value with --reveal alone.",
            discussion: """
                  casarectl secret get db/prod
                  casarectl secret get db/prod --reveal --reason 'checking the login by hand' -o json
                  casarectl secret get db/prod --reveal --reason migration --field password | ./use-it

                Who reveals a value says why; the audit log keeps it before the value is sent.
                """, aliases: ["show"])
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var secret: String
        @Flag(help: "Show its value, which is audited; takes --reason.") var reveal = false
        @Option(help: ArgumentHelp("Why it is revealed.", valueName: "text"), transform: Text.notEmpty)
        var reason: String?
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Reveal this version (default: the current one).", valueName: "n"),
            transform: Text.number(in: 1...Int(Int32.max)))
        var version: Int?
        @Option(
            help: ArgumentHelp("Reveal this field alone, as it is, without anything around it.", valueName: "name"),
            transform: Text.notEmpty)
        var field: String?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if self.reveal, self.reason == nil {
                throw ValidationError("Say why: --reveal takes --reason, which the audit log keeps.")
            }
            if !self.reveal, self.reason != nil || self.version != nil || self.field != nil {
                throw ValidationError("--reason, --version and --field are about a value: add --reveal.")
            }
        }

        func run() async throws {
            guard let reason else {
                return try await self.answer.show(SecretInfo.headings) { client, _ in
                    try await client.secret(self.secret).presentation()
                }
            }
            let output = self.answer.output
            try output.check(RevealedSecret.headings)
            try await self.answer.connection.withClient { client, _ in
                let revealed = try await client.revealSecret(
                    self.secret, version: self.version, reason: reason)
                guard let field else { return try output.print(try revealed.presentation()) }
                guard let text = revealed.fields[field] else {
                    let known = revealed.fields.names.joined(separator: ", ")
                    throw CommandFailure(
                        .notFound,
                        "version \(revealed.version) of \(revealed.name) has no field \(field); it has \(known)")
                }
                let end = Terminal.standard.printsToPerson ? "\n" : ""
                try text.reveal { text throws(CommandFailure) in try StandardStreams.print(text + end) }
            }
        }
    }
}
