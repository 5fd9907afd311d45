import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct DeadLetterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlq", abstract: "Work through jobs that failed for good.",
        discussion: """
            A dead letter is open until somebody deals with it: acknowledged, replayed by a new job, and resolved when \
            that has completed, or when somebody says so.

              casarectl dlq groups                                     # what is it, and what explains it?
              casarectl dlq show 0192f0c1-…                            # everything about one of them
              casarectl dlq replay --fingerprint 8d1f… --canary 3 --rate 10/s
              casarectl dlq ack --workflow invoices --reason "known: the bank is closed"
            """,
        subcommands: [
            List.self, Show.self, Groups.self, Acknowledge.self, Retry.self, Replay.self, Purge.self, Export.self,
        ])

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List dead letters, newest first.",
            discussion: "Those that are open, unless --status says otherwise.", aliases: ["ls"])
        @OptionGroup(title: "Filter") var filter: LetterFilterOptions
        @Option(help: "Which come first.") var sort = LetterSortArgument.newest
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            let filter = try self.filter.filter(otherwise: [.open])
            try await self.paging.list(DeadLetterInfo.columns, name: \.id.description, to: self.answer) {
                client, limit, cursor in
                let page = try await client.deadLetters(
                    DeadLetterQuery(filter: filter, order: self.sort.order, limit: limit, cursor: cursor))
                return (page.deadLetters, page.nextCursor)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show one dead letter, what is like it, and how to go on.",
            discussion: """
                The error, the step, the variables and the attempts; how many others are like it; the last success of \
                its workflow and what was different there; and the commands that come next, to be pasted.
                """, aliases: ["get"])
        @Argument(help: "The failed job's ID.", transform: JobArgument.parse) var job: JobArgument
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(DeadLetterInfo.headings)
            try await self.connection.withClient { client, _ in
                let letter = try await client.deadLetter(self.job.id)
                var lastSteps = LastSteps([])
                if self.output.showsSheet { lastSteps = await LastSteps(of: letter, by: client) }
                try self.output.print(try letter.presentation(lastSteps: lastSteps))
            }
        }
    }
}

/// In which order dead letters are listed.
enum LetterSortArgument: String, CaseIterable, ExpressibleByArgument, Sendable {
    case newest, oldest

    var order: DeadLetterOrder {
        switch self {
        case .newest: .newest
        case .oldest: .oldest
        }
    }
}
