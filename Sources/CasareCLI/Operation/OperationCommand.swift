import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct OperationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "op", abstract: "Operations on many jobs: look at them, follow, steer and undo them.",
        discussion: """
            A command with a filter, such as job cancel or dlq replay, makes an operation: the server keeps which jobs it \
            is about, and works through them whoever is still connected.

              casarectl op list --status running
              casarectl op watch 0192f0c1-…
              casarectl op pause 0192f0c1-… --reason "the bank is closed"
            """,
        subcommands: [
            List.self, Show.self, Watch.self, Items.self, Pause.self, Resume.self, Cancel.self, Undo.self,
            Approvals.self, Approve.self, Deny.self,
        ],
        aliases: ["ops", "operation"])

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List operations, newest first.", aliases: ["ls"])
        @Option(help: "Only operations in this state.") var status: CaseArgument<Operation.Status>?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(OperationInfo.columns, name: \.id.description, to: self.answer) {
                client, limit, cursor in
                let page = try await client.operations(status: self.status?.value, limit: limit, cursor: cursor)
                return (page.operations, page.nextCursor)
            }
        }
    }

    struct Show: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show one operation.", aliases: ["get"])
        @Argument(help: "The operation's ID.", transform: OperationArgument.parse) var operation: OperationArgument
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.answer.show(OperationInfo.headings) { client, _ in
                try await client.operation(self.operation.id).presentation()
            }
        }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "watch", abstract: "Follow an operation to its end.",
            discussion: """
                Ends as the command that made it would have: 0 when all is done, 7 when some failed or it was stopped or \
                cancelled. One that was undone is at its end, too, with 0.
                """)
        @Argument(help: "The operation's ID.", transform: OperationArgument.parse) var operation: OperationArgument
        @Flag(help: "Follow the jobs that were run again, too; 9 when one of them ended badly.") var wait = false
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Stop following after this long and end with 8.", valueName: "time"),
            transform: TimeSpan.parse)
        var timeout: TimeSpan?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(OperationInfo.headings)
            try await self.connection.withClient { client, _ in
                let first = try await client.operation(self.operation.id)
                let follower = OperationFollower(
                    client, timeout: self.timeout, awaitsReplays: self.wait, awaitsHeld: true)
                let end = try await follower.follow(first, saying: "operation \(first.id): \(first.what)")
                await follower.reportFailures(of: end)
                try self.output.print(try end.presentation())
                if end.status != .undone { try end.check(naming: false, awaitsReplays: self.wait) }
            }
        }
    }

    struct Items: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "items", abstract: "List what became of each job of an operation.",
            discussion: "Those that it has not come to yet are not among them.")
        @Argument(help: "The operation's ID.", transform: OperationArgument.parse) var operation: OperationArgument
        @Option(help: "Only items in this state.") var state: CaseArgument<Operation.ItemState>?
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try await self.paging.list(OperationItemInfo.columns, name: \.job.description, to: self.answer) {
                client, limit, cursor in
                let page = try await client.operationItems(
                    self.operation.id, state: self.state?.value, limit: limit, cursor: cursor)
                return (page.items, page.nextCursor)
            }
        }
    }
}
