import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Run jobs that have ended again, as new jobs.",
        discussion: """
            Any job that has ended: failed, completed or cancelled. It stays as it is; the dead letter of a failed one \
            is marked as replayed. Variables given here replace those of the job that have the same names, --json-patch \
            changes them in any way, and the changes are shown; sensitive values as ***. More than one job is asked \
            about first.

            With --from the new job takes over what was recorded before a step, and goes on there: that is not done \
            again, and keeps the variables that it was given. What is done to the world once more is named. With \
            --version latest it runs the newest version of its workflow, from the start.

            With a filter the server does it, to the jobs that failed unless --status says otherwise.

              casarectl retry 0192f0c1-… --var amount=5 --wait
              casarectl retry 0192f0c1-… --from failed
              casarectl retry 0192f0c1-… --version latest --json-patch fix.json
              casarectl job list --status failed -o name | casarectl retry - --yes
              casarectl retry --workflow invoices --since 2h --canary 3 --rate 10/s
            """)

    @Argument(help: "IDs of jobs that have ended, or - for stdin.") var jobs: [String] = []
    @OptionGroup(title: "Filter") var filter: JobFilterOptions
    @OptionGroup var rerun: RerunOptions
    @OptionGroup var why: ReasonOption
    @OptionGroup var pace: PaceOptions
    @OptionGroup var caution: CautionOptions
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Waiting") var waiting: WaitOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func validate() throws {
        try BulkSelection.check(
            words: self.jobs, hasFilter: !self.filter.isEmpty, name: self.pace.selection, noun: "job",
            filters: JobFilterOptions.names)
        try self.rerun.check(words: self.jobs)
        if self.pace.detach && self.waiting.isWanted {
            throw ValidationError("--detach follows nothing: leave out --wait and --follow.")
        }
    }

    func run() async throws {
        let selection = try BulkSelection(words: self.jobs, name: self.pace.selection) {
            .jobs(self.filter.selection(otherwise: [.failed]))
        }
        var terms = OperationTerms(
            pace: self.pace, reason: self.why.reason, timeout: nil, bulk: self.bulk, caution: self.caution)
        guard case .ids(let ids) = selection, !terms.needOperation else {
            terms.timeout = self.waiting.timeout
            terms.awaitsReplays = self.waiting.isWanted
            let changes = try self.rerun.changesOfMany()
            return try await BulkRun(.retry, selection, terms, output: self.output) { $0.apply(changes) }
                .run(on: self.connection)
        }
        try await self.retry(ids)
    }

    /// One by one, as they were named.
    private func retry(_ ids: [Job.ID]) async throws {
        try self.output.check(JobInfo.headings)
        let changes = try self.rerun.changes()
        try await self.connection.withClient { client, server in
            let retrial = Retrial(
                client: client, server: server, bulk: self.bulk, waiting: self.waiting, output: self.output,
                changes: changes, reason: self.why.reason)
            try await retrial.run(
                // Without a look at each job, which only the question, the dry run and changes need.
                ids.map { Selection.Item(id: $0.description, detail: "") }, isSelection: ids.count > 1, noun: "job",
                look: { Retrial.Subject(try await client.job($0)) },
                point: { try await self.rerun.resume.point(in: $0, of: client) },
                again: { try await client.retryJob($0, $1) })
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
