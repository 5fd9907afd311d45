import CasareClient
import CasareDomain
import CasareWire

/// What `job cancel`, `job priority`, `job pause` and `job resume` have in common: one change to each of some jobs,
/// after a yes.
struct JobChange {
    let bulk: BulkOptions
    let output: OutputOptions
    /// For what went wrong: "could not cancel 0192…".
    let verb: String
    /// For the one job that was changed: "cancelled".
    let pastVerb: (JobInfo) -> String

    /// - Parameters:
    ///   - question: What is about to happen to "12 jobs": "cancel 12 jobs".
    ///   - describe: What a person knows a job by, and what would change.
    func run(
        on ids: [Job.ID], of client: CasareClient, _ server: Server, question: (String) -> String,
        describe: (JobInfo) -> String, change: (Job.ID) async throws -> JobInfo
    ) async throws {
        let needed = Consent.needed(
            isSelection: ids.count > 1, server: server, yes: self.bulk.yes, canAsk: Terminal.standard.canAsk)
        var selection = Selection(items: ids.map { Selection.Item(id: $0.description, detail: "") }, noun: "job")
        if self.bulk.dryRun || needed.asks {
            selection = await selection.described(atMost: self.bulk.dryRun ? .max : Selection.sampleMax) {
                describe(try await client.job(try JobIDs.id($0.id)))
            }
        }
        if self.bulk.dryRun { return try selection.show(in: self.output) }
        try needed.obtain(for: question(selection.count), showing: selection)
        let outcome = await BulkOutcome.of(selection.items, verb: self.verb) { try await change(try JobIDs.id($0.id)) }
        if ids.count > 1 {
            try self.output.print(try JobInfo.presentation(of: outcome.done))
        } else if let job = outcome.done.first {
            try self.output.print(try job.presentation(saying: self.pastVerb(job)))
        }
        try outcome.check(selection)
    }
}
