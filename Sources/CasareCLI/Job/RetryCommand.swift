import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Run failed jobs again, as new jobs.",
        discussion: """
            The failed job stays as it is, and its dead letter is marked as replayed. Variables given here replace \
            those of the job that have the same names. More than one job is asked about first.

              casarectl retry 0192f0c1-… --var amount=5 --wait
              casarectl job list --status failed -o name | casarectl retry - --yes
            """)

    @Argument(help: "IDs of failed jobs or dead letters, or - for stdin.") var jobs: [String]
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
                // Without a look at each job, which only the question and the dry run need.
                ids.map { Selection.Item(id: $0.description, detail: "") }, isSelection: ids.count > 1, noun: "job",
                variables: { try await client.job($0).variables },
                retry: { try await client.retryJob($0, variables: $1) },
                describe: { try await client.job($0).detail })
        }
    }
}

/// What `retry` and `dlq retry` have in common once they know what to retry.
struct Retrial {
    let client: CasareClient
    let server: Server
    let bulk: BulkOptions
    let waiting: WaitOptions
    let output: OutputOptions
    /// Replace variables of the same name.
    let replacements: Object?

    /// - Parameters:
    ///   - isSelection: The person has not named one single thing.
    ///   - variables: What a job started with, asked for when some are to be replaced.
    ///   - describe: What a person knows a job by, asked for when the items do not say.
    func run(
        _ items: [Selection.Item], isSelection: Bool, noun: String, variables: (Job.ID) async throws -> Object,
        retry: (Job.ID, Object?) async throws -> JobInfo, describe: (Job.ID) async throws -> String
    ) async throws {
        let needed = Consent.needed(
            isSelection: isSelection, server: self.server, yes: self.bulk.yes, canAsk: Terminal.standard.canAsk)
        var selection = Selection(items: items, noun: noun)
        if self.bulk.dryRun || needed.asks {
            selection = await selection.described(atMost: self.bulk.dryRun ? .max : Selection.sampleMax) { item in
                try await describe(try JobIDs.id(item.id))
            }
        }
        if self.bulk.dryRun {
            return try self.output.print(selection.presentation)
        }
        try needed.obtain(for: "retry \(selection.count)", showing: selection)
        let outcome = await BulkOutcome.of(selection.items, verb: "retry") { item in
            let id = try JobIDs.id(item.id)
            let changed = try await self.replacements.mapAsync { try await variables(id).merging($0) }
            let job = try await retry(id, changed)
            if self.waiting.isWanted { StandardStreams.report("retried \(id) as \(job.id)") }
            return job
        }
        var jobs = outcome.done
        if self.waiting.isWanted, !jobs.isEmpty {
            jobs = try await JobWaiter(self.client, self.waiting).wait(for: jobs.map(\.id))
        }
        try self.show(jobs, isSelection: isSelection)
        try outcome.check(selection)
        if self.waiting.isWanted, ExitReason.ofWaiting(for: jobs) != .success { throw QuietExit(.jobEndedBadly) }
    }

    private func show(_ jobs: [JobInfo], isSelection: Bool) throws {
        if isSelection {
            try self.output.print(try JobInfo.presentation(of: jobs))
        } else if let job = jobs.first {
            try self.output.print(
                self.waiting.isWanted ? try job.presentation() : try job.presentation(saying: "retried as"))
        }
    }
}

extension Optional {
    func mapAsync<Result>(_ body: (Wrapped) async throws -> Result) async rethrows -> Result? {
        guard let self else { return nil }
        return try await body(self)
    }
}
