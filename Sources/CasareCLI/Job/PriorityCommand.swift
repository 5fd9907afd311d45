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
                let needed = Consent.needed(
                    isSelection: ids.count > 1, server: server, yes: self.bulk.yes, canAsk: Terminal.standard.canAsk)
                var selection = Selection(
                    items: ids.map { Selection.Item(id: $0.description, detail: "") }, noun: "job")
                if self.bulk.dryRun || needed.asks {
                    selection = await selection.described(atMost: self.bulk.dryRun ? .max : Selection.sampleMax) {
                        let job = try await client.job(try JobIDs.id($0.id))
                        return "\(job.detail), priority \(job.priority) → \(priority)"
                    }
                }
                if self.bulk.dryRun { return try self.output.print(selection.presentation) }
                try needed.obtain(for: "give \(selection.count) priority \(priority)", showing: selection)
                let outcome = await BulkOutcome.of(selection.items, verb: "change the priority of") {
                    try await client.changePriority(of: try JobIDs.id($0.id), to: priority, reason: self.reason)
                }
                if ids.count > 1 {
                    try self.output.print(try JobInfo.presentation(of: outcome.done))
                } else if let job = outcome.done.first {
                    try self.output.print(try job.presentation(saying: "gave priority \(priority) to"))
                }
                try outcome.check(selection)
            }
        }
    }
}
