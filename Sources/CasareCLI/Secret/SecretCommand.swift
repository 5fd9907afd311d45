import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct SecretCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret", abstract: "Secrets: passwords, keys and tokens that workflows use by name.",
        discussion: """
            A secret has numbered versions, and its name means the current one. Values are read from a prompt, from \
            stdin or from files, never from arguments; they are shown by get --reveal alone, which is audited.

              casarectl secret set db/prod --kind username_password
              casarectl secret rotate db/prod --generate password:32 --hook ./set-password --wait-consumers
              casarectl secret consumers db/prod
            """,
        subcommands: [
            Put.self, Get.self, List.self, Versions.self, Rotate.self, Policy.self, Consumers.self, Rollback.self,
            Delete.self, Undelete.self, Destroy.self, Expire.self, Audit.self, Rekey.self, Provider.self,
        ],
        aliases: ["secrets"])

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List secrets by name, without their values.", aliases: ["ls"])
        @Option(help: ArgumentHelp("Only names that begin so.", valueName: "text"), transform: Text.notEmpty)
        var prefix: String?
        @Option(help: "Only secrets of this kind.") var kind: CaseArgument<Secret.Kind>?
        @Option(
            help: ArgumentHelp("Only secrets with this label; may be repeated.", valueName: "name=text"),
            transform: NameAndText.parse)
        var label: [NameAndText] = []
        @Flag(help: "Only deleted ones.") var deleted = false
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(
                SecretInfo.columns, name: \.name.rawValue,
                orElse: "there is no such secret; casarectl secret set makes one",
                to: self.answer
            ) { client, limit, cursor in
                let page = try await client.secrets(
                    SecretQuery(
                        prefix: self.prefix, kind: self.kind?.value,
                        labels: Dictionary(self.label.map { ($0.name, $0.text) }) { _, last in last },
                        isDeleted: self.deleted, limit: limit, cursor: cursor))
                return (page.secrets, page.nextCursor)
            }
        }
    }

    struct Versions: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "versions", abstract: "List the versions of a secret, the newest first, without their values.",
            discussion: """
                live         may be used
                overlapping  another one is current, and it counts beside that for a time
                pending      waits for the hook of a rotation
                superseded   its time beside another one is over; rollback can take its value
                deleted      nobody is given it; undelete brings it back
                destroyed    its value is gone
                """)
        @Argument(help: "The secret's name or ID.", transform: Text.notEmpty) var secret: String
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(SecretVersionInfo.headings) { client, _ in
                let list = try await client.secretVersions(of: self.secret)
                return try Presentation(
                    list: list.versions, columns: SecretVersionInfo.columns(current: list.currentVersion),
                    name: { String($0.version) })
            }
        }
    }
}
