import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension JobCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pause", abstract: "Keep jobs from going on until they are resumed.",
            discussion: """
                A job that waits is paused at once. One that runs finishes the step that it is in; what it has recorded \
                stays, and no attempt is used up. A robot older than this command runs the attempt to its end. More than \
                one job is asked about first.
                """)
        @Argument(help: "IDs of jobs, or - for stdin.") var jobs: [String]
        @Option(help: ArgumentHelp("Why; kept with the job.", valueName: "text"), transform: Text.notEmpty) var reason:
            String?
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(JobInfo.headings)
            let ids = try JobIDs(self.jobs).all
            try await self.connection.withClient { client, server in
                try await JobChange(bulk: self.bulk, output: self.output, verb: "pause", pastVerb: "paused").run(
                    on: ids, of: client, server, question: { "pause \($0)" }, describe: \.detail,
                    change: { try await client.pauseJob($0, reason: self.reason) })
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Let paused jobs go on.",
            discussion: """
                Each gets a place behind the jobs that wait already, or waits for its time. Any robot goes on after the \
                last step that was recorded. More than one job is asked about first.
                """)
        @Argument(help: "IDs of jobs, or - for stdin.") var jobs: [String]
        @Option(help: ArgumentHelp("Why; kept with what was done.", valueName: "text"), transform: Text.notEmpty)
        var reason: String?
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(JobInfo.headings)
            let ids = try JobIDs(self.jobs).all
            try await self.connection.withClient { client, server in
                try await JobChange(bulk: self.bulk, output: self.output, verb: "resume", pastVerb: "resumed").run(
                    on: ids, of: client, server, question: { "resume \($0)" }, describe: \.detail,
                    change: { try await client.resumeJob($0, reason: self.reason) })
            }
        }
    }
}
