import CasareDomain
import CasareEngine
import CasareWire
import FoundationEssentials

/// A run of a capsule in this process, by the engine that ran the job and with what the job recorded. Nothing outside
/// is read or changed.
struct CapsuleReplay: Sendable {
    let capsule: Capsule
    /// The capsule's, with what was left out of it.
    let variables: Object
    let stubs: CapsuleStubs
    let program: Program
    let options: Job.Options
    let entries: [JournalEntry]
    let trace: Trace?

    enum Ending: Sendable {
        /// As the job did, or as it would have.
        case finished(RunReport)
        /// The capsule does not say how it goes on; why, as the report's failure.
        case cutOff(RunReport)
    }

    func run() async throws -> Ending {
        let warnings = RunWarnings(besides: nil)
        defer { warnings.close() }
        let start = ContinuousClock.now
        let driver = RunDriver(
            program: self.program, runID: self.capsule.id, seedID: self.capsule.seedID, options: self.options,
            variables: self.variables, journal: MemoryJournal(self.entries),
            environment: self.environment(telling: warnings))
        func report(_ failure: Failure?, _ result: RunResult?) -> RunReport {
            self.trace?.close()
            var report = RunReport(
                workflow: self.program.name, seconds: (ContinuousClock.now - start) / .seconds(1), failure: failure,
                result: result
                    ?? RunResult(success: false, error: failure?.message, variables: [:], logs: [], nodeErrors: []))
            report.trace = self.trace?.kept
            return report
        }
        do {
            switch try await driver.run() {
            case .finished(let result, let failure, _):
                return .finished(report(failure, result))
            case .inDoubt(let question, let result, _):
                return .finished(report(self.doubt(question), result))
            case .interrupted:
                preconditionFailure("Nobody asks this run to stop between steps")
            }
        } catch is CancellationError {
            guard let missing = self.stubs.missing else { throw CancellationError() }
            return .cutOff(report(self.failure(for: missing), nil))
        } catch let mismatch as JournalMismatch {
            let failure = Failure(
                kind: .rejected,
                message:
                    "\(mismatch). The run goes another way than the job did: a variable or a stub is another one, or "
                    + "this version of casarectl runs the workflow in another way.",
                type: "JournalMismatch")
            return .cutOff(report(failure, nil))
        }
    }

    private func environment(telling warnings: RunWarnings) -> RunEnvironment {
        // Time stands where the capsule ends; what was recorded has the times of its own.
        let end = self.entries.map { $0.finishedAt ?? $0.startedAt }.max() ?? self.capsule.exportedAt
        let (trace, stubs) = (self.trace, self.stubs)
        var environment = RunEnvironment(workingDirectory: FileManager.default.currentDirectoryPath)
        environment.now = { end }
        environment.sleep = { _ in try Task.checkCancellation() }
        environment.submitter = stubs
        environment.secrets = { Self.placeholders(for: $0) }
        environment.onEvent = { event in
            switch event {
            case .stepStarted(let step, let node, let nodeType):
                stubs.began(step, node, nodeType)
            case .stepFinished:
                break
            case .log(let level, let node, let message):
                trace?.logged(level, node, message)
            case .warning(let node, let message):
                if let trace, trace.tellsWarnings {
                    trace.logged(.warning, node, message)
                } else {
                    warnings.came(message, of: node)
                }
            }
        }
        if let trace {
            environment.observer = RunObserver(
                nodeStarted: { trace.started($0) }, nodeFinished: { trace.finished($0) })
        }
        return environment
    }

    /// A capsule has no values of secrets: what the job was given stands there hidden, and what it was not is refused.
    private static func placeholders(for request: SecretRequest) -> [String: SecretAnswer] {
        var answers: [String: SecretAnswer] = [:]
        for reference in request.references {
            guard let names = request.recordedFields[reference] else {
                answers[reference] = .refused(
                    SecretProblem(
                        .unavailable,
                        "The job was not given the secret \"\(reference)\", and the capsule does not have it"))
                continue
            }
            var fields = SecretFields()
            for name in names { fields[name] = SecretText(Masking.mask) }
            answers[reference] = .found(fields)
        }
        return answers
    }

    // MARK: Where it cannot go on

    private func failure(for missing: CapsuleStubs.Missing) -> Failure {
        let job = self.capsule.error.map { "; the job ended with: \($0)" } ?? ""
        return Failure(
            kind: .rejected,
            message: "Step \(missing.step), \(missing.node) (\(missing.nodeType)), is not in the capsule. "
                + "--stub \(missing.node)=FILE gives its outputs, as a JSON object\(job)",
            type: "NotInCapsule", node: missing.node)
    }

    private func doubt(_ question: Job.Question) -> Failure {
        Failure(
            kind: .business,
            message: (self.recordedText(of: question) ?? question.text)
                + " The capsule does not say; --stub \(question.node)=FILE gives its outputs, as if it "
                + "had.", type: "InDoubtError", node: question.node)
    }

    /// What the job asked about the step: the journal does not say why it is in doubt.
    private func recordedText(of question: Job.Question) -> String? {
        if let asked = self.capsule.job["question"], asked["step"]?.int == question.step,
            let text = asked["text"]?.string
        {
            return text
        }
        return self.capsule.history?.attempts.last { $0.question?.step == question.step }?.question?.text
    }
}

extension CapsuleReplay {
    /// - Parameters:
    ///   - given: Variables that win over the capsule's.
    ///   - read: Outputs by node, for steps that the capsule has no good end of.
    /// - Throws: `.failure` for a capsule whose workflow or steps do not load.
    init(
        _ capsule: Capsule, given: Object, stubs read: (Program) throws(CommandFailure) -> [String: Object],
        trace: Trace?, recordsTrace: Bool
    ) throws(CommandFailure) {
        let outputs = try read(try Self.program(of: capsule, CapsuleStubs(outputs: [:]).catalogue))
        let stubs = CapsuleStubs(outputs: outputs)
        self.capsule = capsule
        self.stubs = stubs
        self.program = try Self.program(of: capsule, stubs.catalogue)
        self.trace = trace
        self.variables = capsule.leftOut.merging(capsule.variables).merging(given).merging([
            "_job_id": .string(capsule.id), "_job_priority": capsule.job["priority"] ?? .null,
        ])
        var options: Job.Options
        do throws(WireDecodingError) {
            options = try ValueDecoder.decode(from: capsule.job["options"] ?? .object([:]))
        } catch {
            throw CommandFailure(.failure, "the capsule's options do not read: \(error)")
        }
        if recordsTrace { options.trace = true }
        self.options = options
        let entries = capsule.steps.compactMap(Self.entry(of:))
        self.entries = Self.recorded(entries, besides: Set(outputs.keys))
    }

    private static func program(
        of capsule: Capsule, _ catalogue: NodeCatalogue
    ) throws(CommandFailure) -> Program {
        let (document, issues) = WorkflowDocument.parse(capsule.document)
        do throws(ProgramError) {
            guard let document else { throw ProgramError.invalid(issues.filter(\.isError)) }
            return try Program(document, catalogue: catalogue)
        } catch {
            throw CommandFailure(.failure, "the capsule's workflow does not load: \(error)")
        }
    }

    /// `nil` where the capsule does not have the result.
    private static func entry(of step: StepInfo) -> JournalEntry? {
        // The classes that a file may name are those of steps.
        guard let effect = NodeType.Effect(rawValue: step.effect), step.result != nil || step.finishedAt == nil else {
            return nil
        }
        return JournalEntry(
            step: step.step, node: step.node, nodeType: step.nodeType, effect: effect,
            result: step.result.map { StepResult(json: $0) }, startedAt: step.startedAt, finishedAt: step.finishedAt)
    }

    /// What the replay takes from the journal. A stub stands in for a step of its node that failed or is in doubt; what
    /// came after that is what the job did about it.
    private static func recorded(_ entries: [JournalEntry], besides stubbed: Set<String>) -> [JournalEntry] {
        let first = entries.sorted { $0.step < $1.step }.first { entry in
            guard stubbed.contains(entry.node) else { return false }
            if case .succeeded = entry.result { return false }
            return true
        }
        return first.map { first in entries.filter { $0.step < first.step } } ?? entries
    }
}
