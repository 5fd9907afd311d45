import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

/// What a command is given that does one thing to some jobs and needs to know no more than why.
///
/// Jobs that are named by their IDs are changed one by one. A selection, and whatever only an operation does, such as a
/// rate, is handed to the server.
struct JobChangeOptions: ParsableArguments {
    @Argument(help: "IDs of jobs, or - for stdin.") var jobs: [String] = []
    @OptionGroup(title: "Filter") var filter: JobFilterOptions
    @OptionGroup(title: "Operation") var operation: OperationOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    var reason: String? { self.operation.reason }

    func validate() throws {
        try BulkSelection.check(
            words: self.jobs, hasFilter: !self.filter.isEmpty, name: self.operation.pace.selection, noun: "job",
            filters: JobFilterOptions.names)
    }

    /// - Parameters:
    ///   - statuses: which jobs a filter means that names no status.
    ///   - past: What is said of a lone job afterwards: `cancelled`.
    ///   - change: asked for one job.
    func run(
        _ verb: Operation.Verb, of statuses: Set<Job.Status>, undo: UndoOption? = nil,
        past: @escaping (JobInfo) -> String, _ change: (CasareClient, Job.ID) async throws -> JobInfo
    ) async throws {
        let terms = self.operation.terms(undo: undo)
        let selection = try BulkSelection(words: self.jobs, name: self.operation.pace.selection) {
            .jobs(self.filter.selection(otherwise: statuses))
        }
        guard case .ids(let ids) = selection, !terms.needOperation else {
            return try await BulkRun(verb, selection, terms, output: self.output).run(on: self.connection)
        }
        try self.output.check(JobInfo.headings)
        try await self.connection.withClient { client, server in
            try await JobChange(
                bulk: self.operation.bulk, output: self.output, verb: verb.rawValue, pastVerb: past
            ).run(
                on: ids, of: client, server, question: { "\(verb.rawValue) \($0)" }, describe: \.detail,
                change: { try await change(client, $0) })
        }
    }
}
