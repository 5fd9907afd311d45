import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

struct JobLogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what a job's log nodes wrote.",
        discussion: """
            Lines are there about half a second after they were written. With --follow they are printed as they come, \
            until the job has ended; the command then ends as job watch does: 0 when the job completed, 9 when it \
            ended badly or waits for a person. A server keeps 10,000 lines of a job beside its result.
            """)
    @Argument(help: "The job's ID.", transform: JobArgument.parse) var job: JobArgument
    @Flag(name: .shortAndLong, help: "Print lines as they come, until the job has ended.") var follow = false
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Begin with this line; the first one is 1.", valueName: "n"),
        transform: Text.number(in: 1...Int(Int32.max)))
    var sinceLine = 1
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func validate() throws {
        if self.follow, !self.isPlain, !self.output.format.isLineByLine {
            throw ValidationError(
                "--follow prints line by line: with -o jsonl or name, or with neither -o nor --columns.")
        }
    }

    func run() async throws {
        try self.output.check(JobLogLine.columns.map(\.heading))
        try await self.connection.withClient { client, _ in
            let log = JobLog(client: client, job: self.job.id, since: self.sinceLine)
            if try await log.isKept() {
                if self.follow { try await self.printAsTheyCome(log) } else { try await self.printAll(log) }
            } else {
                StandardStreams.report(
                    "casarectl: this server does not keep a log while a job runs; its lines come with its result")
                let job =
                    self.follow
                    ? try await JobWaiter(client, follows: false, timeout: nil).wait(for: [self.job.id])[0]
                    : try await client.job(self.job.id)
                try self.printResult(of: job)
                // That it asks a person was said while it was waited for.
                if self.follow { try Self.endAs(job, isTold: job.status == .blocked) }
            }
        }
    }

    private func printAll(_ log: JobLog) async throws {
        var lines: [JobLogLine] = []
        let hasAny = try await log.read { lines += $0 }
        if hasAny { try self.print(lines) } else { try self.printResult(of: try await log.client.job(log.job)) }
    }

    private func printAsTheyCome(_ log: JobLog) async throws {
        let command = self
        let ending = try await Interruption.watching {
            var hasAny = false
            try await log.follow { lines in
                hasAny = true
                try command.print(lines)
            }
            return hasAny
        }
        switch ending {
        case .finished(let hasAny):
            let job = try await log.client.job(log.job)
            // Written by a robot that does not send lines yet, or before there was a place for them.
            if !hasAny, let result = job.result {
                let isKept = try await !log.client.log(of: log.job, limit: 1).lines.isEmpty
                if !isKept { try self.print(JobLogLine.lines(of: result, since: self.sinceLine)) }
            }
            try Self.endAs(job)
        case .interrupted(let reason):
            throw CommandFailure(
                reason, "stopped following; job \(log.job) goes on: casarectl job logs \(log.job) --follow")
        }
    }

    // MARK: - Printing

    /// Messages and nothing else.
    private var isPlain: Bool { self.output.format == .table && self.output.layout.columns == nil }

    private func print(_ lines: [JobLogLine]) throws(CommandFailure) {
        guard !self.isPlain else { return try StandardStreams.print(lines.map(\.text).joined()) }
        try self.output.print(
            Presentation(list: lines, columns: JobLogLine.columns, name: { $0.message }, json: { $0.json }))
    }

    private func printResult(of job: JobInfo) throws(CommandFailure) {
        guard let result = job.result else {
            throw CommandFailure(
                .conflict,
                "job \(job.id) is \(job.status.rawValue) and has left no log"
                    + (job.status.isTerminal ? "" : " yet: casarectl job logs \(job.id) --follow"))
        }
        try self.print(JobLogLine.lines(of: result, since: self.sinceLine))
    }

    /// Says how the job ended, where that is not as it should.
    private static func endAs(_ job: JobInfo, isTold: Bool = false) throws {
        guard ExitReason.ofWaiting(for: [job]) != .success else { return }
        var progress = JobProgress()
        if !isTold, let line = progress.saw(job) { StandardStreams.report(TerminalText.line("job \(job.id) " + line)) }
        throw QuietExit(.jobEndedBadly)
    }
}
