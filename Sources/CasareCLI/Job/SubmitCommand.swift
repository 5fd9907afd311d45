import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire
import FoundationEssentials

struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Submit a job.",
        discussion: """
            A file becomes a version of the workflow that its metadata names, unless it is one already; subflow files \
            that it refers to go along. Anything else is the name or ID of a stored workflow.

              casarectl submit invoices.json --var month=11 --wait
              casarectl submit invoices --vars november.yaml --priority high --at 2026-11-30T06:00:00Z
              casarectl submit sync --queue-key customer-7 --unique-key sync-7 --debounce 30s --debounce-max 5m
              casarectl submit render --require-tag gpu --expires-in 1h
            """)

    @Argument(
        help: "A workflow's JSON file, the name or ID of a stored workflow, or - for stdin.",
        completion: .file(extensions: ["json", "gz", "zst"]), transform: Text.notEmpty)
    var workflow: String

    @OptionGroup var variables: VariableOptions

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Version of a stored workflow (default: the newest).", valueName: "n"),
        transform: Text.number(in: 1...Int(Int32.max)))
    var version: Int?

    @Option(
        parsing: .unconditional, help: "0 to 20, or low, normal, high, urgent or critical (both 20).",
        completion: .list(PriorityArgument.names), transform: PriorityArgument.parse)
    var priority: PriorityArgument?

    @Option(
        help: ArgumentHelp("A later submit with the same key returns this job.", valueName: "key"),
        transform: Text.notEmpty)
    var idempotencyKey: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Begin no sooner than after this time, \(TimeSpan.help).", valueName: "time"),
        transform: JobSpan.parse)
    var delay: JobSpan?

    @Option(
        help: ArgumentHelp("Begin no sooner than at this time, such as 2026-11-30T06:00:00Z.", valueName: "time"),
        transform: Moment.parse)
    var at: Moment?

    @Flag(help: "Put the trace and the nodes' outputs into the result.")
    var trace = false

    @Flag(help: "After an error that nobody handles, end that branch and go on with the others.")
    var continueOnError = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How long one node may take, \(TimeSpan.help).", valueName: "time"),
        transform: PositiveJobSpan.parse)
    var nodeTimeout: PositiveJobSpan?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long each attempt may run before it fails as timeout (default: 1h).", valueName: "time"),
        transform: PositiveJobSpan.parse)
    var timeLimit: PositiveJobSpan?

    @Flag(help: "Check all that can be checked and show the request, without submitting it.")
    var dryRun = false

    @OptionGroup(title: "Retries") var retries: RetryPolicyOptions
    @OptionGroup(title: "Queue") var queue: QueueOptions
    @OptionGroup(title: "Waiting") var waiting: WaitOptions
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Server") var connection: ConnectionOptions

    func validate() throws {
        try self.variables.check(besides: self.workflow)
        if self.delay != nil && self.at != nil { throw ValidationError("Give --delay or --at, not both.") }
        try self.queue.check(delay: self.delay?.seconds, at: self.at)
    }

    func run() async throws {
        try self.output.check(JobInfo.headings)
        let request = try self.request()
        try await self.connection.withClient { client, _ in
            if self.dryRun { return try await self.showRequest(request, client) }
            let submission = try await client.submit(request)
            let job = submission.job
            if let note = submission.note { StandardStreams.report("casarectl: \(note)") }
            guard self.waiting.isWanted else { return try self.output.print(try submission.presentation()) }
            let jobs = try await JobWaiter(client, self.waiting)
                .wait(for: [job.id], saying: "\(submission.verb) \(job.id)")
            try self.output.print(try submission.presentation(of: jobs[0]))
            if ExitReason.ofWaiting(for: jobs) != .success { throw QuietExit(.jobEndedBadly) }
        }
    }

    func request() throws -> SubmitJobRequest {
        let source = WorkflowSource(self.workflow)
        var request = SubmitJobRequest(
            version: self.version, variables: try self.variables.variables() ?? [:],
            priority: self.priority?.priority ?? .normal, idempotencyKey: self.idempotencyKey,
            delaySeconds: self.delay?.seconds, runAt: self.at?.date, options: try self.options())
        try self.queue.apply(to: &request)
        switch source {
        case .stored(let name):
            request.workflow = name
        case .document(let input):
            if self.version != nil {
                throw CommandFailure(.usage, "--version belongs to a stored workflow, and \(input.name) is a file")
            }
            let bundle = try WorkflowBundle.load(input)
            bundle.reportWarnings()
            request.document = bundle.document
        }
        return request
    }

    private func options() throws -> Job.Options {
        Job.Options(
            continueOnError: self.continueOnError, nodeTimeoutSeconds: self.nodeTimeout?.seconds,
            timeoutSeconds: self.timeLimit?.seconds ?? Job.Options.timeoutSecondsDefault, trace: self.trace,
            retry: try self.retries.policy())
    }
}

/// What `submit` was given.
enum WorkflowSource: Hashable, Sendable {
    case document(TextInput)
    /// A name or an ID.
    case stored(String)

    /// What is there as a file, or is named like one, is a file.
    init(_ argument: String) {
        if argument == "-" || Self.isFileName(argument) || FileManager.default.fileExists(atPath: argument) {
            self = .document(TextInput(argument))
        } else {
            self = .stored(argument)
        }
    }

    private static func isFileName(_ argument: String) -> Bool {
        [".json", ".json.gz", ".json.zst"].contains { argument.hasSuffix($0) }
    }
}
