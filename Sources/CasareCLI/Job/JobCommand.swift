import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct JobCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Look at jobs, watch, steer and cancel them.",
        subcommands: [
            List.self, Get.self, Steps.self, JobTraceCommand.self, JobLogsCommand.self, Watch.self, Cancel.self,
            Pause.self, Resume.self, Priority.self, Fork.self, Resolve.self, JobExportCommand.self,
            JobReplayCommand.self,
        ],
        aliases: ["jobs"])

    struct List: AsyncParsableCommand, Answering {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List jobs, newest first.", aliases: ["ls"])
        @Option(help: "Only jobs in this state.") var status: CaseArgument<Job.Status>?
        @Option(help: "Only jobs of this workflow, by name or ID.", transform: Text.notEmpty) var workflow: String?
        @OptionGroup var created: CreatedOptions
        @OptionGroup var paging: PagingOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            let now = Date()
            try await self.paging.list(JobInfo.columns, name: \.id.description, to: self.answer) {
                client, limit, cursor in
                let page = try await client.jobs(
                    JobQuery(
                        status: self.status?.value, workflow: self.workflow,
                        since: self.created.since?.date(now: now), until: self.created.until?.date(now: now),
                        limit: limit, cursor: cursor))
                return (page.jobs, page.nextCursor)
            }
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: "Show one job with its result.")
        @Argument(help: "The job's ID.", transform: JobArgument.parse) var job: JobArgument
        @Flag(help: "Show the trace and the nodes' outputs, for a job that was submitted with --trace.")
        var trace = false
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(JobInfo.headings)
            try await self.connection.withClient { client, _ in
                var job = try await client.job(self.job.id)
                if !self.trace {
                    job.result?.trace = nil
                    job.result?.nodeOutputs = nil
                } else if job.result != nil, job.result?.trace == nil {
                    StandardStreams.report("no trace was recorded: submit with --trace to have one")
                }
                var past = JobPast()
                if self.output.showsSheet { past = await JobPast(of: job, client) }
                try self.output.print(try job.presentation(past: past))
            }
        }
    }

    struct Steps: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "steps", abstract: "Show what a job did.",
            discussion: "Only what cannot be recomputed is recorded: reads of and changes to the world.")
        @Argument(help: "The job's ID.", transform: JobArgument.parse) var job: JobArgument
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(StepView.columns.map(\.heading))
            try await self.connection.withClient { client, _ in
                let steps = try await client.steps(of: self.job.id)
                // Only of a wait more is to be said than the journal does.
                let job = steps.contains { $0.outcome == .waiting } ? try await client.job(self.job.id) : nil
                var ends: [Int: Date] = [:]
                if let job { ends = await WaitEnds.known(for: steps, of: job, from: client) }
                // Only of changes of the world people are asked. A server before it kept histories has none to give.
                var answers: [Int: JobHistory.Answer] = [:]
                if steps.contains(where: \.mayBeAnswered) {
                    answers = (try? await client.history(of: self.job.id))?.answers ?? [:]
                }
                let views = steps.map { step in
                    StepView(
                        step, waitsUntil: ends[step.step], isOver: job?.status.isTerminal ?? false,
                        answer: answers[step.step])
                }
                try self.output.print(
                    try Presentation(
                        list: views, columns: StepView.columns, name: { String($0.step.step) },
                        json: { try $0.json() }))
            }
        }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "watch", abstract: "Report a job's state changes and steps until it has ended.",
            discussion: "Ends as submit --wait does: 0 when it completed, 9 when it ended badly or waits for a person.")
        @Argument(help: "The job's ID.", transform: JobArgument.parse) var job: JobArgument
        @Option(
            parsing: .unconditional,
            help: ArgumentHelp("Stop watching after this long and end with 8.", valueName: "time"),
            transform: TimeSpan.parse)
        var timeout: TimeSpan?
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func run() async throws {
            try self.output.check(JobInfo.headings)
            try await self.connection.withClient { client, _ in
                let waiter = JobWaiter(client, follows: true, timeout: self.timeout)
                let jobs = try await waiter.wait(for: [self.job.id])
                try self.output.print(try jobs[0].presentation())
                if ExitReason.ofWaiting(for: jobs) != .success { throw QuietExit(.jobEndedBadly) }
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cancel", abstract: "Cancel jobs that have not ended.",
            discussion: """
                A running job is taken from its robot at once. More than one job is asked about first.

                With a filter the server does it, to the jobs that have not ended. With --undo-within they are paused, \
                and cancelled when that time is over.

                  casarectl job cancel 0192f0c1-… --reason duplicate
                  casarectl job cancel --workflow invoices --since 2h --undo-within 10m --reason "wrong file"
                """)
        @OptionGroup var options: JobChangeOptions
        @OptionGroup(title: "Operation") var undo: UndoOption

        func run() async throws {
            try await self.options.run(
                .cancel, of: [.pending, .running, .blocked, .paused], undo: self.undo, past: { _ in "cancelled" }
            ) { client, job in
                try await client.cancelJob(job, reason: self.options.reason)
            }
        }
    }
}
