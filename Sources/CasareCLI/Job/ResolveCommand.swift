import ArgumentParser
import CasareClient
import CasareDomain
import CasareWire

extension JobCommand {
    struct Resolve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "resolve", abstract: "Say what became of the step that a blocked job asks about.",
            discussion: """
                A step that changes the world was cut off, and nobody knows whether it happened. Look where it would have \
                left a trace, and say so: the job goes on from there. On a terminal the question is shown where the \
                answer or the reason is missing, and they are asked for; elsewhere both are needed, and job get shows \
                the question. Of two people who answer at once, one is refused.

                  casarectl job resolve 0192f0c1-… --done --result receipt.json --reason "booked as 4711"
                  casarectl job resolve 0192f0c1-… --retry --reason "the bank has no such transfer"
                """)

        @Argument(help: "The job's ID.", transform: JobArgument.parse) var job: JobArgument
        @Flag(exclusivity: .exclusive) var answer: ResolutionAnswer?
        @Option(
            help: ArgumentHelp(
                "With --done: what the step gives to those behind it, a JSON object in this file or on stdin (-).",
                valueName: "file"), transform: Text.notEmpty)
        var result: String?
        @OptionGroup var why: ReasonOption
        @OptionGroup var bulk: BulkOptions
        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Server") var connection: ConnectionOptions

        func validate() throws {
            if self.result != nil, self.answer != .done {
                throw ValidationError("--result is what a step gave that happened: add --done.")
            }
        }

        func run() async throws {
            try self.output.check(JobInfo.headings)
            let asking = ResolutionQuestion(
                answer: self.answer, reason: self.why.reason,
                canAsk: Terminal.standard.canAsk && self.result != "-")
            try asking.check()
            let outputs = try self.result.map { try ResultFile.outputs(in: TextInput($0)) }
            try await self.connection.withClient { client, server in
                let job = try await client.job(self.job.id)
                guard let question = job.question else {
                    // A server before it kept histories has none to give.
                    throw Self.refusal(of: job, try? await client.history(of: job.id))
                }
                let (answer, reason) = try asking.asked(about: question, of: job)
                let resolution = answer.resolution(outputs: outputs ?? [:])
                for line in resolution.warnings(for: question) { StandardStreams.report("casarectl: \(line)") }
                let selection = Selection(
                    items: [
                        Selection.Item(
                            id: job.id.description, detail: "step \(question.step) \(question.node): \(answer.deed)")
                    ], noun: "job")
                if self.bulk.dryRun { return try self.output.print(selection.presentation) }
                try self.bulk.consent(on: server)
                    .obtain(for: "resolve \(selection.count) as \(answer.rawValue)", showing: selection)
                let resolved = try await client.resolveJob(
                    job.id,
                    ResolveJobRequest(resolution, ofStep: question.step, attempt: job.attempt, reason: reason))
                try self.output.print(try resolved.presentation(saying: "resolved as \(answer.rawValue)"))
            }
        }
    }
}

extension JobCommand.Resolve {
    /// Why nothing can be answered: what was said to the last question and by whom, where somebody has answered it.
    static func refusal(of job: JobInfo, _ history: JobHistory?) -> CommandFailure {
        let stands = "job \(job.id) is \(job.status.rawValue)"
        if let question = history?.attempts.last(where: { $0.question != nil })?.question, let answer = question.answer
        {
            return CommandFailure(
                .conflict,
                TerminalText.line(
                    "\(stands): its question about step \(question.step) (\(question.node)) was answered already: "
                        + "\(answer.by) said \(answer.answer) at \(Timestamp.text(answer.at)) (\(answer.reason)); "
                        + "nothing was changed"))
        }
        return CommandFailure(.conflict, "\(stands) and asks nothing: only a blocked job can be resolved")
    }
}

/// The four answers, as flags and as words at the prompt.
enum ResolutionAnswer: String, EnumerableFlag {
    case done, retry, skip, fail

    /// What somebody types: the word, or its first letter.
    init?(typed text: String) {
        let word = text.lowercased()
        guard let answer = Self.allCases.first(where: { word == $0.rawValue || word == $0.rawValue.prefix(1) }) else {
            return nil
        }
        self = answer
    }

    static func help(for value: ResolutionAnswer) -> ArgumentHelp? { ArgumentHelp(value.sentence) }

    var sentence: String {
        switch self {
        case .done: "It happened: the job goes on behind it."
        case .retry: "It did not happen: it is performed, under the same idempotency key."
        case .skip: "Go on behind it, whether or not it happened."
        case .fail: "It counts as failed: the workflow's handlers may deal with it, and nothing repeats it."
        }
    }

    /// What the answer does to the step.
    var deed: String {
        switch self {
        case .done: "taken as done"
        case .retry: "performed once more"
        case .skip: "skipped"
        case .fail: "taken as failed"
        }
    }

    func resolution(outputs: Object) -> Job.Resolution {
        switch self {
        case .done: .done(outputs: outputs)
        case .retry: .retry
        case .skip: .skip
        case .fail: .fail
        }
    }
}
