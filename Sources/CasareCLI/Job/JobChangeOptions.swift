import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

/// What a command is given that does one thing to some jobs and needs to know no more than why.
struct JobChangeOptions: ParsableArguments {
    @Argument(help: "IDs of jobs, or - for stdin.") var jobs: [String]
    @Option(help: ArgumentHelp("Why; kept with what was done.", valueName: "text"), transform: Text.notEmpty)
    var reason: String?
    @OptionGroup var bulk: BulkOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    /// - Parameters:
    ///   - verb: `cancel`.
    ///   - past: What is said of a lone job afterwards: `cancelled`.
    func run(
        _ verb: String, past: @escaping (JobInfo) -> String, _ change: (CasareClient, Job.ID) async throws -> JobInfo
    ) async throws {
        try self.output.check(JobInfo.headings)
        let ids = try JobIDs(self.jobs).all
        try await self.connection.withClient { client, server in
            try await JobChange(bulk: self.bulk, output: self.output, verb: verb, pastVerb: past).run(
                on: ids, of: client, server, question: { "\(verb) \($0)" }, describe: \.detail,
                change: { try await change(client, $0) })
        }
    }
}
