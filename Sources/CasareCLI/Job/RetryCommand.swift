import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Run failed jobs again, as new jobs.",
        discussion: """
            The failed job stays as it is, and its dead letter is marked as replayed. Variables given here replace \
            those of the job that have the same names, and the changes are shown; sensitive values as ***. More than \
            one job is asked about first.

            With --from the new job takes over what was recorded before a step, and goes on there: that is not done \
            again, and keeps the variables that it was given. What is done to the world once more is named.

              casarectl retry 0192f0c1-… --var amount=5 --wait
              casarectl retry 0192f0c1-… --from failed
              casarectl job list --status failed -o name | casarectl retry - --yes
            """)

    @Argument(help: "IDs of failed jobs or dead letters, or - for stdin.") var jobs: [String]
    @OptionGroup var resume: ResumeOption
    @Option(help: ArgumentHelp("Why; kept with what was done.", valueName: "text"), transform: Text.notEmpty)
    var reason: String?
    @OptionGroup var variables: VariableOptions
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Waiting") var waiting: WaitOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func validate() throws {
        if self.jobs == ["-"] { try self.variables.check(besides: "-") }
    }

    func run() async throws {
        try self.output.check(JobInfo.headings)
        let ids = try JobIDs(self.jobs).all
        let replacements = try self.variables.variables()
        try await self.connection.withClient { client, server in
            let retrial = Retrial(
                client: client, server: server, bulk: self.bulk, waiting: self.waiting, output: self.output,
                replacements: replacements)
            try await retrial.run(
                // Without a look at each job, which only the question, the dry run and other variables need.
                ids.map { Selection.Item(id: $0.description, detail: "") }, isSelection: ids.count > 1, noun: "job",
                look: { Retrial.Subject(try await client.job($0)) },
                point: { try await self.resume.point(in: $0, of: client) },
                again: {
                    try await client.retryJob($0, RetryJobRequest(variables: $1, from: $2, reason: self.reason))
                })
        }
    }
}

/// Where retried jobs begin.
struct ResumeOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where to begin: start, failed (at the step that failed), or a step: its number in job steps, or its node.",
            valueName: "start|failed|step"),
        transform: ResumeArgument.parse)
    var from: ResumeArgument?

    func point(in job: Job.ID, of client: CasareClient) async throws -> Job.ResumePoint? {
        try await self.from?.point(in: job, of: client)
    }
}
