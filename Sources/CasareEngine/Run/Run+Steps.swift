import CasareDomain
import FoundationEssentials
import Tracing

/// How steps are answered: from the journal, by doing them, or by a person.
extension Run {
    enum Answer {
        /// The interpreter has it.
        case given
        /// A person must decide.
        case needed(Job.Question)
        /// It was a wait, and the run is to stop; the same step is asked for again where the run goes on.
        case left
    }

    /// Answers a step from the journal, or does it.
    mutating func perform(_ step: Interpreter.Step) async throws -> Answer {
        guard let entry = self.recorded[step.index] else { return try await self.execute(step) }
        guard entry.node == step.node.id, entry.nodeType == step.node.type.name else {
            throw JournalMismatch(
                step: step.index, recorded: "\(entry.node) (\(entry.nodeType))",
                requested: "\(step.node.id) (\(step.node.type.name))")
        }
        // What a step without a result means is said by the class that it was begun with.
        guard entry.effect == step.effect else {
            throw JournalMismatch(
                step: step.index, recorded: "\(entry.node) with the effect \(entry.effect.rawValue)",
                requested: "\(step.node.id) with the effect \(step.effect.rawValue)")
        }
        if let recorded = entry.result {
            let result = try self.seal?.opened(recorded, of: step) ?? recorded
            self.countAsSpent(by: entry, on: step)
            if step.node.type.opensSession, case .succeeded = result {
                self.reopenings.removeAll { $0.node.id == step.node.id }
                self.reopenings.append(step)
            }
            self.interpreter.resume(with: result)
            return .given
        }
        // The intent is known and nothing of what followed.
        guard entry.effect == .effect else { return try await self.execute(step) }
        if step.onRecovery == .retry { return try await self.execute(step) }
        return self.decide(
            about: step, because: "its robot was lost in the middle of it, or its time was up",
            startedAt: entry.startedAt)
    }

    private mutating func execute(_ step: Interpreter.Step) async throws -> Answer {
        try await self.reopenSessions()
        let begunAt = self.beginning(of: step)
        if let begunAt { self.countAsSpent(self.elapsed(since: begunAt, upTo: Self.ownTime(of: step))) }
        self.journalEndedAt = nil
        let startedAt = begunAt ?? self.driver.environment.now()
        let limit = self.timeLimit(of: step)
        if case .frame = limit.owner, limit.seconds <= 0 {
            // Its time was up before it has begun: there is no doubt about it.
            self.keep(
                .failed(NodeFailure("TimeoutError", limit.message(of: step.node.id))), of: step, startedAt: startedAt)
            return .given
        }
        // The beginning of a wait that an earlier attempt began is durable, and must stay as it is.
        if step.effect == .effect || Self.isLongWait(step) && begunAt == nil {
            self.append(self.entry(step, result: nil, startedAt: startedAt, finishedAt: nil))
            self.mustFlush = true
        }
        try await self.flush()
        self.driver.environment.onEvent?(
            .stepStarted(step: step.index, node: step.node.id, nodeType: step.node.type.name))
        self.driver.environment.onStep?(Duration(clampingSeconds: limit.seconds))
        defer { self.driver.environment.onStep?(nil) }
        switch try await self.outcome(of: step, within: limit) {
        case .known(let result):
            self.keep(result, of: step, startedAt: startedAt)
            return .given
        case .unknown(let reason):
            return self.decide(about: step, because: reason, startedAt: startedAt)
        case .left:
            return .left
        }
    }

    /// It only lets time pass, and long enough for its beginning to be recorded.
    private static func isLongWait(_ step: Interpreter.Step) -> Bool {
        step.node.type.isTimer && self.ownTime(of: step) > self.shortWait
    }

    /// When an earlier attempt began a wait that now goes on.
    private func beginning(of step: Interpreter.Step) -> Date? {
        guard step.node.type.isTimer, let entry = self.recorded[step.index], entry.result == nil else { return nil }
        return entry.startedAt
    }

    /// Deals with an effect that may or may not have happened, by the node's `on_recovery` or the workflow's.
    ///
    /// - Parameter reason: The end of a sentence about the step.
    private mutating func decide(
        about step: Interpreter.Step, because reason: String, startedAt: Date
    ) -> Answer {
        switch step.onRecovery ?? .ask {
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
            let masking = self.interpreter.masking
            let text = masking.masked("Did \(step.node.id) (\(step.node.type.name)) happen? \(Self.sentence(reason))")
            self.tellFinished(step, error: text)
            return .needed(
                Job.Question(step: step.index, node: step.node.id, nodeType: step.node.type.name, text: text))
        }
        return .given
    }

    private static func sentence(_ words: String) -> String { "\(words.prefix(1).uppercased())\(words.dropFirst())." }

    /// Opens what replayed steps had open. One that fails leaves nothing open, and the node that needs it says so.
    private mutating func reopenSessions() async throws {
        let steps = self.reopenings
        self.reopenings = []
        for step in steps {
            _ = try await self.outcome(of: step, within: self.timeLimit(of: step), isReopening: true)
        }
    }

    private enum StepOutcome {
        case known(StepResult)
        /// It was cut off; why, as the end of a sentence about it.
        case unknown(reason: String)
        /// A wait that goes on where the run does.
        case left
    }

    /// Does what a node does, within its time.
    private func outcome(
        of step: Interpreter.Step, within limit: TimeLimit, isReopening: Bool = false
    ) async throws -> StepOutcome {
        let isEffect = step.effect == .effect
        do {
            let work = self.work(of: step, isReopening: isReopening)
            let (world, isLeavable) = (self.driver.environment, !isEffect && Self.isLongWait(step))
            let result = try await self.surrounded(step, isReopening) {
                try await limit.enforce { try await isLeavable ? world.leavable(work) : work() }
            }
            return .known(.succeeded(result))
        } catch is WaitLeft {
            return .left
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

    private func work(
        of step: Interpreter.Step, isReopening: Bool
    ) -> @Sendable () async throws -> NodeResult {
        let world = self.driver.environment
        let key = "\(self.driver.runID)/\(step.index)"
        switch step.work {
        case .submission(let submission):
            guard let submitter = world.submitter else {
                preconditionFailure("A submission is asked for only where there is somewhere to submit to")
            }
            // The job goes on without this run, which finds it again by the key.
            return { try await submission.perform(by: submitter, key: key, sleep: { try await world.wait($0) }) }
        case .node:
            guard case .perform(let body) = step.node.type.behaviour else {
                preconditionFailure("Only performed nodes are asked for")
            }
            let (onEvent, id) = (world.onEvent, step.node.id)
            let isTraced = !(world.tracer is NoOpTracer)
            let masking = onEvent == nil && !isTraced ? .nothing : self.interpreter.masking
            let environment = NodeEnvironment(
                workingDirectory: world.workingDirectory, policy: world.policy, idempotencyKey: key, nodeID: id,
                session: self.session, isReopening: isReopening, repeatsInDoubt: step.onRecovery == .retry,
                begunAt: self.beginning(of: step), now: world.now,
                warn: { onEvent?(.warning(node: id, message: masking.masked($0))) }, tracer: world.tracer,
                masked: { Userinfo.masked(masking.masked($0)) })
            let inputs = step.inputs
            return {
                try world.openWorkingDirectory()
                return try await body(inputs, environment)
            }
        }
    }

    /// Does the work with what is put around it. Its time is up inside of that, which so sees what the run sees.
    private func surrounded(
        _ step: Interpreter.Step, _ isReopening: Bool, _ work: @escaping @Sendable () async throws -> NodeResult
    ) async throws -> NodeResult {
        guard let around = self.driver.environment.around, !isReopening else { return try await work() }
        let info = PerformedStep(
            step: step.index, node: step.node.id, nodeType: step.node.type.name, name: step.node.source.name,
            workflow: self.interpreter.scope.program.name, effect: step.effect,
            attempt: self.interpreter.attempt(at: step.node), visit: self.interpreter.watch.open?.number)
        return try await around(info, work)
    }

    private mutating func keep(_ result: StepResult, of step: Interpreter.Step, startedAt: Date) {
        if step.effect != .pure {
            self.append(
                self.entry(step, result: result, startedAt: startedAt, finishedAt: self.driver.environment.now()))
        }
        switch step.effect {
        case .pure, .captured: break
        case .idempotent, .effect: self.mustFlush = true
        }
        let error: String? = if case .failed(let failure) = result { failure.message } else { nil }
        self.tellFinished(step, error: error)
        self.interpreter.resume(with: result)
    }

    private func tellFinished(_ step: Interpreter.Step, error: String?) {
        guard let onEvent = self.driver.environment.onEvent else { return }
        onEvent(
            .stepFinished(
                step: step.index, node: step.node.id, error: error.map { self.shown($0, self.interpreter.masking) }))
    }

    private func entry(
        _ step: Interpreter.Step, result: StepResult?, startedAt: Date, finishedAt: Date?
    ) -> JournalEntry {
        JournalEntry(
            step: step.index, node: step.node.id, nodeType: step.node.type.name, effect: step.effect,
            result: result.map { self.seal?.sealed($0) ?? $0 }, startedAt: startedAt, finishedAt: finishedAt)
    }

    // MARK: Limits

    /// Seconds of one node when nothing says otherwise (workflow format §10).
    private static let nodeTimeoutSecondsDefault = 120.0
    /// What a node's own wait or timeout is given on top.
    private static let nodeTimeoutSlackSeconds = 5.0

    /// A node may take as long as it is allowed to, and no longer than the job and what is open around it.
    private mutating func timeLimit(of step: Interpreter.Step) -> TimeLimit {
        let job = TimeLimit(
            seconds: self.rest / .seconds(1), owner: .job(seconds: self.driver.options.timeoutSeconds))
        let node = TimeLimit(seconds: self.nodeSecondsMax(step), owner: .node)
        var limit = node.seconds <= job.seconds ? node : job
        if let (frame, rest) = self.frameRest(), rest / .seconds(1) < limit.seconds {
            limit = TimeLimit(seconds: rest / .seconds(1), owner: .frame(frame.what, seconds: frame.seconds))
        }
        return limit
    }

    func nodeSecondsMax(_ step: Interpreter.Step) -> Double {
        if let seconds = self.driver.options.nodeTimeoutSeconds { return seconds }
        let own = Self.ownSeconds(step.inputs)
        let setting = step.timeoutSeconds ?? Self.nodeTimeoutSecondsDefault
        return max(setting, own > 0 ? own + Self.nodeTimeoutSlackSeconds : 0)
    }

    private static func ownTime(of step: Interpreter.Step) -> Duration {
        Duration(clampingSeconds: Self.ownSeconds(step.inputs))
    }

    /// What a node says itself that it may take, its own repetitions included: it should come to know of its end before
    /// it is cut off from outside.
    private static func ownSeconds(_ inputs: Inputs) -> Double {
        let once = ["timeout", "duration", "timeout_seconds"].map { inputs[$0].double ?? 0 }.max() ?? 0
        let repeats = max(0, inputs["retry_count"].double ?? 0)
        let pause = max(inputs["retry_delay"].double ?? 0, (inputs["retry_interval"].double ?? 0) / 1000)
        return once > 0 ? once * (1 + repeats) + pause * repeats : 0
    }
}
