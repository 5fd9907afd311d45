import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension JobCommand {
    struct Priority: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "priority", abstract: "Give jobs that wait another priority.",
            usage: "casarectl job priority <job> ... <priority> [options]",
            discussion: """
                Each gets a new place, behind those of that priority which are there already; later attempts keep it. A job \
                that runs or has ended is refused. More than one job is asked about first.
                """)
        @Argument(
            help: ArgumentHelp(
                "IDs of jobs, or - for stdin; and then \(PriorityArgument.form).", valueName: "job ... priority"))
        var words: [String]
        @Option(help: ArgumentHelp("Why; kept with what was done.", valueName: "text"), transform: Text.notEmpty)
        var reason: String?
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(JobInfo.headings)
            guard self.words.count > 1, let last = self.words.last else {
                throw CommandFailure(.usage, "expected IDs of jobs and then a priority: casarectl job priority JOB 15")
            }
            guard let priority = PriorityArgument(argument: last)?.priority else {
                throw CommandFailure(.usage, "'\(last)' is no priority: expected \(PriorityArgument.form)")
            }
            let ids = try JobIDs(Array(self.words.dropLast())).all
            try await self.connection.withClient { client, server in
                try await JobChange(
                    bulk: self.bulk, output: self.output, verb: "change the priority of",
                    pastVerb: { _ in "gave priority \(priority) to" }
                ).run(
                    on: ids, of: client, server, question: { "give \($0) priority \(priority)" },
                    describe: { "\($0.detail), priority \($0.priority) → \(priority)" },
                    change: { try await client.changePriority(of: $0, to: priority, reason: self.reason) })
            }
        }
    }
}
