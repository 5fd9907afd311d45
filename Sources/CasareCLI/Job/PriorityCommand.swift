import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension JobCommand {
    struct Priority: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "priority", abstract: "Give jobs that wait another priority.",
            usage: "casarectl job priority [<job> ...] <priority> [options]",
            discussion: """
                Each gets a new place, behind those of that priority which are there already; later attempts keep it. A job \
                that runs or has ended is refused. More than one job is asked about first.

                With a filter the server does it, to the jobs that wait:

                  casarectl job priority low --workflow reports --at-priority normal
                """)
        @Argument(
            help: ArgumentHelp(
                "IDs of jobs, or - for stdin; and then \(PriorityArgument.form).", valueName: "job ... priority"))
        var words: [String]
        @OptionGroup(title: "Filter") var filter: JobFilterOptions
        @OptionGroup(title: "Operation") var operation: OperationOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            // A lone ID is a priority that was forgotten.
            guard let last = self.words.last, self.words.count > 1 || Job.ID(last) == nil else {
                throw ValidationError("Expected IDs of jobs and then a priority: casarectl job priority JOB 15.")
            }
            guard PriorityArgument(argument: last) != nil else {
                throw ValidationError("'\(last)' is no priority: expected \(PriorityArgument.form).")
            }
            try BulkSelection.check(
                words: Array(self.words.dropLast()), hasFilter: !self.filter.isEmpty,
                name: self.operation.pace.selection, noun: "job", filters: JobFilterOptions.names)
        }

        func run() async throws {
            guard let priority = self.words.last.flatMap(PriorityArgument.init(argument:))?.priority else {
                preconditionFailure("The priority was checked when the command line was read")
            }
            let terms = self.operation.terms()
            let selection = try BulkSelection(
                words: Array(self.words.dropLast()), name: self.operation.pace.selection
            ) {
                .jobs(self.filter.selection(otherwise: [.pending]))
            }
            guard case .ids(let ids) = selection, !terms.needOperation else {
                let run = BulkRun(.priority, selection, terms, output: self.output) { $0.priority = priority }
                return try await run.run(on: self.connection)
            }
            try self.output.check(JobInfo.headings)
            try await self.connection.withClient { client, server in
                try await JobChange(
                    bulk: self.operation.bulk, output: self.output, verb: "change the priority of",
                    pastVerb: { _ in "gave priority \(priority) to" }
                ).run(
                    on: ids, of: client, server, question: { "give \($0) priority \(priority)" },
                    describe: { "\($0.detail), priority \($0.priority) → \(priority)" },
                    change: { try await client.changePriority(of: $0, to: priority, reason: terms.reason) })
            }
        }
    }
}
