import CasareDomain
import CasareEngine
import CasareNodes
import CasareWire

/// Puts a blocked job's question to whoever sits at the terminal, as far as the command line does not answer it.
struct ResolutionQuestion: Sendable {
    let answer: ResolutionAnswer?
    let reason: String?
    let canAsk: Bool

    /// - Throws: `.usage` when something is missing and nobody can be asked.
    func check() throws(CommandFailure) {
        guard !self.canAsk else { return }
        if self.answer == nil {
            throw CommandFailure(
                .usage,
                "what became of the step? Add --done, --retry, --skip or --fail; casarectl job get shows the question")
        }
        if self.reason == nil {
            throw CommandFailure(.usage, "why? Add --reason with a text; it is kept with what was done")
        }
    }

    /// - Throws: `.confirmationNeeded` when the question stays open.
    func asked(
        about question: Job.Question, of job: JobInfo
    ) throws(CommandFailure) -> (answer: ResolutionAnswer, reason: String) {
        if let given = self.answer, let why = self.reason { return (given, why) }
        for line in Self.lines(about: question, of: job) { StandardStreams.report(line) }
        var chosen = self.answer
        if chosen == nil {
            for choice in ResolutionAnswer.allCases {
                StandardStreams.report("  \(choice.rawValue): \(choice.sentence)")
            }
            chosen = Prompt.ask("What became of it? [done/retry/skip/fail] ").flatMap {
                ResolutionAnswer(typed: $0.withoutEnds)
            }
        }
        guard let decided = chosen else {
            throw CommandFailure(.confirmationNeeded, "not done: the question stays open")
        }
        let why = self.reason ?? Prompt.ask("Why? It is kept with what was done: ")?.withoutEnds ?? ""
        guard !why.isEmpty else {
            throw CommandFailure(
                .confirmationNeeded, "not done: a reason is kept with what was done, and none was given")
        }
        return (decided, why)
    }

    /// What there is to know before one answers.
    static func lines(about question: Job.Question, of job: JobInfo) -> [String] {
        [
            "Job \(job.id) of \(job.workflow) version \(job.workflowVersion) waits for a decision.",
            "  step \(question.step): \(question.node) (\(question.nodeType)), attempt \(job.attempt)"
                + (job.robot.map { " on robot \($0)" } ?? ""),
            "  \(question.text)",
        ].map(TerminalText.line)
    }
}

/// What a person says that a step gave to those behind it: for `job resolve`, and as a stub for `job replay`.
enum ResultFile {
    /// - Throws: `.usage` for what is no JSON object, with the place, no text, no file or too long; `.notFound`.
    static func outputs(in input: TextInput) throws(CommandFailure) -> Object {
        let text: String
        do throws(CommandFailure) {
            text = try input.read(bytesMax: Job.Resolution.outputsBytesMax)
        } catch {
            throw CommandFailure(error.status == .failure ? .usage : error.status, error.message)
        }
        let value: Value
        do {
            value = try Value(parsingJSON: text)
        } catch {
            throw CommandFailure(.usage, "\(input.name) is not JSON: \(error)")
        }
        guard let outputs = value.object else {
            throw CommandFailure(
                .usage,
                "\(input.name) must hold a JSON object of the step's outputs, such as {\"status_code\": 200}, not "
                    + value.kindName)
        }
        return outputs
    }
}

extension Job.Resolution {
    /// What templates behind the step will miss.
    func warnings(for question: Job.Question) -> [String] {
        switch self {
        case .done(let outputs):
            let missing = (StandardNodes.catalogue.type(named: question.nodeType)?.outputs ?? []).filter { output in
                ([output.name] + output.aliases).allSatisfy { outputs[$0] == nil }
            }
            guard !missing.isEmpty else { return [] }
            let names = missing.map { "{{\(question.node).\($0.name)}}" }.joined(separator: ", ")
            return [
                TerminalText.line(
                    "\(question.node) is taken as done without all of its outputs: templates find nothing for \(names); "
                        + "--result gives them")
            ]
        case .retry, .skip, .fail: return []
        }
    }
}

extension String {
    /// Without white space at either end.
    fileprivate var withoutEnds: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
