import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct TriggerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trigger", abstract: "Triggers: what makes jobs of requests, files, feeds, and jobs that end.",
        discussion: """
            A webhook has an address, /hooks/ID of the server, and a secret by which requests prove themselves. Files and \
            feeds (news, events of a server, mails) are watched by a robot. Whatever comes is in its history, with the \
            job that was made of it or the reason why none was.

              casarectl trigger create orders --auth github --workflow deploy --map ref=payload.ref
              casarectl trigger test orders --payload push.json
              casarectl trigger history orders --result rejected
            """,
        subcommands: [
            Create.self, List.self, Get.self, Update.self, Pause.self, Resume.self, Rotate.self, Test.self,
            History.self, Delete.self,
        ],
        aliases: ["triggers"])

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List triggers by name.", aliases: ["ls"])
        @Option(help: "Only triggers of this kind.") var kind: CaseArgument<Trigger.Kind>?
        @Option(help: "Only triggers in this state.") var status: CaseArgument<Trigger.Status>?
        @Option(help: "Only triggers of this workflow, as they name it.", transform: Text.notEmpty)
        var workflow: String?
        @Option(
            help: ArgumentHelp("Only triggers with this mark of casarectl apply.", valueName: "owner"),
            transform: Text.notEmpty)
        var managedBy: String?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(TriggerInfo.columns, name: \.name, to: self.answer) { client, limit, cursor in
                let page = try await client.triggers(
                    TriggerQuery(
                        kind: self.kind?.value, status: self.status?.value, workflow: self.workflow,
                        managedBy: self.managedBy, limit: limit, cursor: cursor))
                for name in page.unreadable ?? [] {
                    StandardStreams.report(
                        TerminalText.line(
                            "casarectl: trigger \(name) is left out: the server cannot read what it is; it can be "
                                + "paused and deleted"))
                }
                return (page.triggers, page.nextCursor)
            }
        }
    }

    struct Get: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "get", abstract: "Show one trigger.", aliases: ["show"])
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var trigger: String
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(TriggerInfo.headings) { client, server in
                try await client.trigger(self.trigger).presentation(on: server)
            }
        }
    }

    struct History: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "history",
            abstract: "List what came to a trigger, the latest first: which made jobs, and why others did not.")
        @Argument(help: "Its name or ID.", transform: Text.notEmpty) var trigger: String
        @Option(help: "Only deliveries of which this became.") var result: CaseArgument<TriggerDelivery.Result>?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(TriggerDeliveryInfo.columns, name: \.id.description, to: self.answer) {
                client, limit, cursor in
                let page = try await client.triggerHistory(
                    of: self.trigger, result: self.result?.value, limit: limit, cursor: cursor)
                return (page.deliveries, page.nextCursor)
            }
        }
    }
}
