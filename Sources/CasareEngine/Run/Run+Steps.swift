import CasareDomain
import FoundationEssentials

/// How steps are answered: from the journal, by doing them, or by a person.
extension Run {
    /// Answers a step from the journal, or does it; a question when a person must decide.
    mutating func perform(_ step: Interpreter.Step) async throws -> Job.Question? {
        guard let entry = self.recorded[step.index] else { return try await self.execute(step) }
        guard entry.node == step.node.id, entry.nodeType == step.node.type.name else {
            throw JournalMismatch(
                step: step.index, recorded: "\(entry.node) (\(entry.nodeType))",
                requested: "\(step.node.id) (\(step.node.type.name))")
        }
        if let result = entry.result {
            if step.node.type.opensSession, case .succeeded = result {
                self.reopenings.removeAll { $0.node.id == step.node.id }
                self.reopenings.append(step)
            }
            self.interpreter.resume(with: result)
            return nil
        }
        // The intent is known and nothing of what followed.
        guard entry.effect == .effect else { return try await self.execute(step) }
        if step.node.onRecovery == .retry { return try await self.execute(step) }
        return self.decide(
            about: step, because: "its robot was lost in the middle of it, or its time was up",
            startedAt: entry.startedAt)
    }

    private mutating func execute(_ step: Interpreter.Step) async throws -> Job.Question? {
        try await self.reopenSessions()
        let startedAt = self.driver.environment.now()
        if step.node.effect == .effect {
            self.pending.append(self.entry(step, result: nil, startedAt: startedAt, finishedAt: nil))
            self.mustFlush = true
        }
        try await self.flush()
        self.driver.environment.onEvent?(
            .stepStarted(step: step.index, node: step.node.id, nodeType: step.node.type.name))
        switch try await self.outcome(of: step) {
        case .known(let result):
            self.keep(result, of: step, startedAt: startedAt)
            return nil
        case .unknown(let reason):
            return self.decide(about: step, because: reason, startedAt: startedAt)
        }
    }

    /// Deals with an effect that may or may not have happened, by the node's `on_recovery`.
    ///
    /// - Parameter reason: The end of a sentence about the step.
    private mutating func decide(
        about step: Interpreter.Step, because reason: String, startedAt: Date
    ) -> Job.Question? {
        switch step.node.onRecovery ?? .ask {
        case .retry:
            // A failure like any other: whatever repeats failed steps may repeat this one.
            let message = "Node \(step.node.id) was cut off: \(reason)"
            self.keep(.failed(NodeFailure("TimeoutError", message)), of: step, startedAt: startedAt)
        case .skip:
            self.keep(.succeeded(NodeResult()), of: step, startedAt: startedAt)
        case .fail:
            // Its intent stays as it is in the journal: no attempt to come can do the step again.
            let message = "Step \(step.index) (\(step.node.id)) may or may not have happened: \(reason)"
            self.tellFinished(step, error: message)
            self.interpreter.resume(with: .failed(.inDoubt(message)))
        case .ask:
            let text = "Did \(step.node.id) (\(step.node.type.name)) happen? \(Self.sentence(reason))"
            self.tellFinished(step, error: text)
            return Job.Question(step: step.index, node: step.node.id, nodeType: step.node.type.name, text: text)
        }
        return nil
    }

    private static func sentence(_ words: String) -> String { "\(words.prefix(1).uppercased())\(words.dropFirst())." }

    /// Opens what replayed steps had open. One that fails leaves nothing open, and the node that needs it says so.
    private mutating func reopenSessions() async throws {
        let steps = self.reopenings
        self.reopenings = []
        for step in steps { _ = try await self.outcome(of: step) }
    }

    private enum StepOutcome {
        case known(StepResult)
        /// It was cut off; why, as the end of a sentence about it.
        case unknown(reason: String)
    }

    /// Does what a node does, within its time.
    private func outcome(of step: Interpreter.Step) async throws -> StepOutcome {
        guard case .perform(let body) = step.node.type.behaviour else {
            preconditionFailure("Only performed nodes are asked for")
        }
        let environment = NodeEnvironment(
            workingDirectory: self.driver.environment.workingDirectory, policy: self.driver.environment.policy,
            idempotencyKey: "\(self.driver.runID)/\(step.index)", nodeID: step.node.id, session: self.session,
            now: self.driver.environment.now)
        let isEffect = step.node.effect == .effect
        do {
            let inputs = step.inputs
            let result = try await self.timeLimit(of: step).enforce { try await body(inputs, environment) }
            return .known(.succeeded(result))
        } catch let exceeded as TimeLimit.Exceeded {
            if isEffect { return .unknown(reason: exceeded.limit.reason) }
            return .known(.failed(NodeFailure("TimeoutError", exceeded.limit.message(of: step.node.id))))
        } catch let unknown as OutcomeUnknown {
            if isEffect { return .unknown(reason: unknown.reason) }
            return .known(.failed(NodeFailure("NodeError", "\(step.node.id) was cut off: \(unknown.reason)")))
        } catch let failure as NodeFailure {
            return .known(.failed(failure))
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if Task.isCancelled { throw CancellationError() }
            return .known(.failed(NodeFailure("NodeError", String(describing: error))))
        }
    }

    private mutating func keep(_ result: StepResult, of step: Interpreter.Step, startedAt: Date) {
        if step.node.effect != .pure {
            self.pending.append(
                self.entry(step, result: result, startedAt: startedAt, finishedAt: self.driver.environment.now()))
        }
        switch step.node.effect {
        case .pure, .captured: break
        case .idempotent, .effect: self.mustFlush = true
        }
        let error: String? = if case .failed(let failure) = result { failure.message } else { nil }
        self.tellFinished(step, error: error)
        self.interpreter.resume(with: result)
    }

    private func tellFinished(_ step: Interpreter.Step, error: String?) {
        self.driver.environment.onEvent?(.stepFinished(step: step.index, node: step.node.id, error: error))
    }

    private func entry(
        _ step: Interpreter.Step, result: StepResult?, startedAt: Date, finishedAt: Date?
    ) -> JournalEntry {
        JournalEntry(
            step: step.index, node: step.node.id, nodeType: step.node.type.name, effect: step.node.effect,
            result: result, startedAt: startedAt, finishedAt: finishedAt)
    }

    // MARK: Limits

    /// Seconds of one node when nothing says otherwise (workflow format §10).
    private static let nodeTimeoutSecondsDefault = 120.0
    /// What a node's own wait or timeout is given on top.
    private static let nodeTimeoutSlackSeconds = 5.0

    /// A node may take as long as it is allowed to, and no longer than the job.
    private func timeLimit(of step: Interpreter.Step) -> TimeLimit {
        let node = self.nodeSecondsMax(step)
        let job = max(0, (self.deadline - .now) / .seconds(1))
        return node <= job
            ? TimeLimit(seconds: node, owner: .node)
            : TimeLimit(seconds: job, owner: .job(seconds: self.driver.options.timeoutSeconds))
    }

    private func nodeSecondsMax(_ step: Interpreter.Step) -> Double {
        if let seconds = self.driver.options.nodeTimeoutSeconds { return seconds }
        let own = Self.ownSeconds(step.inputs)
        let setting = self.driver.program.settings.timeoutSeconds ?? Self.nodeTimeoutSecondsDefault
        return max(setting, own > 0 ? own + Self.nodeTimeoutSlackSeconds : 0)
    }

    /// What a node says itself that it may take, its own repetitions included: it should come to know of its end before
    /// it is cut off from outside.
    private static func ownSeconds(_ inputs: Inputs) -> Double {
        let once = max(inputs["timeout"].double ?? 0, inputs["duration"].double ?? 0)
        let repeats = max(0, inputs["retry_count"].double ?? 0)
        let pause = max(inputs["retry_delay"].double ?? 0, (inputs["retry_interval"].double ?? 0) / 1000)
        return once > 0 ? once * (1 + repeats) + pause * repeats : 0
    }
}
