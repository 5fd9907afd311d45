import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials
import Glibc

struct JobExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a job into a file that job replay runs again, without effects.",
        discussion: """
            The capsule has the workflow in the job's version, the start variables and options, every recorded step \
            with its result, the history and the job's result. Values of sensitive variables are left out, and hidden \
            where else they stand; what a step made of one is not, such as the token of a session: treat the file like \
            the data that the job worked on. --without-results leaves out what the steps and the job brought, too.

              casarectl job export 0192f0c1-… --file failed.json
              casarectl job replay failed.json --trace
            """)
    @Argument(help: "The job's ID.", transform: JobArgument.parse) var job: JobArgument

    @OptionGroup var target: PrivateFileOptions

    @Flag(help: "Leave out the results of the steps and of the job; a replay then needs a --stub for each step.")
    var withoutResults = false

    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func run() async throws {
        let file = self.target.privateFile
        try file?.check()
        try await self.connection.withClient { client, _ in
            let records = try await JobRecords(
                of: self.job.id, results: !self.withoutResults, from: client)
            let job = records.job
            let version = try await client.workflowVersion(job.workflowVersion, of: job.workflowID.description)
            guard let document = version.document else {
                throw CommandFailure(
                    .versionSkew, "the server gives no document of \(job.workflow) version \(job.workflowVersion)")
            }
            let capsule = try Capsule(
                records, document: document, seedID: try await Self.seedID(of: job, from: client),
                exportedAt: Date(), withResults: !self.withoutResults)
            let text = try capsule.json().jsonText(.pretty(indent: 2)) + "\n"
            if let file {
                try file.write(text)
            } else {
                try StandardStreams.print(TerminalText.json(text))
                if Self.isExposed { Self.report("others may read the file; --file writes one that they cannot") }
            }
            if !job.status.isTerminal {
                Self.report("job \(job.id) is \(job.status.rawValue): the capsule has what there is so far")
            }
            if !capsule.leftOut.isEmpty {
                Self.report("left out as sensitive: \(capsule.leftOut.keys.joined(separator: ", "))")
            }
        }
    }

    /// How many forks of forks are followed.
    private static let originsMax = 1000

    /// The job that first did the steps which this one has, at the end of what it was forked from.
    private static func seedID(of job: JobInfo, from client: CasareClient) async throws -> String {
        var job = job
        for _ in 0..<Self.originsMax {
            guard let origin = job.forkedFrom else { break }
            do throws(ClientError) {
                job = try await client.job(origin)
            } catch {
                // It is gone; whether it was a fork, too, nobody knows any more.
                if case .api(let problem) = error, problem.code == .notFound { return origin.description }
                throw error
            }
        }
        return job.id.description
    }

    /// Whether stdout is a file that others may read.
    private static var isExposed: Bool {
        StandardStreams.outputFilePermissions.map { $0 & 0o077 != 0 } ?? false
    }

    private static func report(_ text: String) { StandardStreams.report("casarectl: " + TerminalText.line(text)) }
}
