import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension JobCommand {
    struct Fork: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "fork", abstract: "Run a job again from one of its steps, as a new job.",
            discussion: """
                The job has ended or is blocked, and stays as it is; it may be forked any number of times. The new job \
                takes over what was recorded before the step. From there on everything is done again, changes of the \
                world too: those that the first job has made, or may have made, are named. The step itself, when \
                nobody knows whether it happened, is taken over as well: the new job asks.

                Variables given here replace those of the same names, and the changes are shown; sensitive values as \
                ***. What was recorded keeps the variables that it was given, so a change that makes the workflow go \
                another way before the step ends the new job as rejected.

                  casarectl job steps 0192f0c1-…
                  casarectl job fork 0192f0c1-… --from-step 7 --var amount=5 --reason "wrong amount" --wait
                """)
        @Argument(help: "The job's ID.", transform: JobArgument.parse) var job: JobArgument
        @Option(
            help: ArgumentHelp(
                "The first step that is done again, by its number in job steps or by a node that has one step only.",
                valueName: "step"),
            transform: StepArgument.parse)
        var fromStep: StepArgument
        @OptionGroup var why: ReasonOption
        @OptionGroup var variables: VariableOptions
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Waiting") var waiting: WaitOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(JobInfo.headings)
            let replacements = try self.variables.variables()
            try await self.connection.withClient { client, server in
                let step = try await self.fromStep.position(in: self.job.id, of: client)
                let retrial = Retrial(
                    client: client, server: server, bulk: self.bulk, waiting: self.waiting, output: self.output,
                    changes: RerunChanges(set: replacements), reason: self.why.reason, verb: .fork)
                try await retrial.run(
                    [Selection.Item(id: self.job.id.description, detail: "")], isSelection: false, noun: "job",
                    look: { Retrial.Subject(try await client.job($0)) }, point: { _ in .step(step) },
                    again: { id, request in
                        try await client.forkJob(
                            id, ForkJobRequest(fromStep: step, variables: request.variables, reason: request.reason))
                    })
            }
        }
    }
}
