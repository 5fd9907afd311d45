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
        on ids: [Job.ID], of client: CasareClient, _ server: Server, question: @escaping (String) -> String,
        describe: (JobInfo) -> String, change: (Job.ID) async throws -> JobInfo
    ) async throws {
        let named = NamedChange(bulk: self.bulk, output: self.output, noun: "job", verb: self.verb, question: question)
        try await named.run(
            on: ids.map(\.description), of: server, columns: JobInfo.columns, name: \.id.description
        ) {
            describe(try await client.job(try JobIDs.id($0)))
        } asked: {
            try await change(try JobIDs.id($0))
        } one: {
            try $0.presentation(saying: self.pastVerb($0))
        }
    }
}
