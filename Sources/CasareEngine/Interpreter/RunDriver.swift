package import CasareDomain
import FoundationEssentials

/// Runs a program to its end against the world, keeping its journal: the shell around `Interpreter`.
///
/// What the journal already holds is answered from it. What it does not hold is done now, by effect class: an effect's
/// intent is durable before it begins, and its result before anything else that takes time. Results and the next
/// intent share one commit.
package struct RunDriver: Sendable {
    private let program: Program
    private let runID: String
    private let options: Job.Options
    private let variables: Object
    private let journal: any Journal
    private let environment: RunEnvironment

    /// - Parameters:
    ///   - runID: Names the run in idempotency keys and seeds its random numbers: a job's ID.
    ///   - variables: Start values; they win over the document's.
    package init(
        program: Program, runID: String, options: Job.Options, variables: Object, journal: any Journal,
        environment: RunEnvironment
    ) {
        self.program = program
        self.runID = runID
        self.options = options
        self.variables = variables
        self.journal = journal
        self.environment = environment
    }

    /// Runs until the end, a question, or a requested stop.
    ///
    /// - Throws: `CancellationError` when the task is cancelled (a step may then be in doubt), `JournalMismatch` when
    ///   the journal does not fit the program, and what the journal throws.
    package func run() async throws -> RunConclusion {
        var run = Run(
            driver: self,
            recorded: Dictionary(
                try await self.journal.entries().map { ($0.step, $0) }, uniquingKeysWith: { _, last in last }))
        let session = run.session
        do {
            let conclusion = try await run.run()
            await session.close()
            return conclusion
        } catch {
            await session.close()
            throw error
        }
    }

    /// FNV-1a: a seed that is the same for the same run on every machine.
    private static func seed(of text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01B3 }
    }

    /// The state of one run.
    private struct Run {
        let driver: RunDriver
        let recorded: [Int: JournalEntry]
        let lastRecordedStep: Int
        var interpreter: Interpreter
        /// Entries that are not durable yet.
        var pending: [JournalEntry] = []
        /// `pending` holds the result of something that changed the world.
        var mustFlush = false
        let deadline: ContinuousClock.Instant
        let session = RunSession()
        /// Replayed steps whose sessions must be open again before anything new is done: the last of each node.
        var reopenings: [Interpreter.Step] = []

        init(driver: RunDriver, recorded: [Int: JournalEntry]) {
            self.driver = driver
            self.recorded = recorded
            self.lastRecordedStep = recorded.keys.max() ?? -1
            self.interpreter = Interpreter(
                program: driver.program, variables: driver.variables, options: driver.options,
                seed: RunDriver.seed(of: driver.runID), executionsMax: driver.environment.executionsMax)
            self.deadline = .now + Duration(clampingSeconds: driver.options.timeoutSeconds)
        }

        mutating func run() async throws -> RunConclusion {
            while true {
                let request = self.interpreter.next()
                self.report(isReplay: self.isReplaying(request))
                if self.driver.environment.isStopRequested() { return try await self.interrupted(request) }
                switch request {
                case .finished(let failed):
                    return .finished(
                        self.result(of: failed), failed.map(Self.failure(of:)), entries: self.pending)
                case .yield:
                    try Task.checkCancellation()
                    if self.isOverdue { return self.timedOut() }
                    await Task.yield()
                case .sleep(let seconds):
                    try await self.flush()
                    if self.isOverdue { return self.timedOut() }
                    // No longer than the job may take; the next look at the clock then ends it.
                    let rest = self.deadline - .now
                    try await self.driver.environment.sleep(min(Duration(clampingSeconds: seconds), rest))
                    if self.isOverdue { return self.timedOut() }
                case .readClock(let step, let node):
                    self.interpreter.resume(at: try self.clock(step, node))
                case .perform(let step):
                    if let question = try await self.perform(step) {
                        return .inDoubt(question, entries: self.pending)
                    }
                    if self.isOverdue { return self.timedOut() }
                }
            }
        }

        // MARK: Steps

        /// Answers a step from the journal, or does it; a question when a person must decide.
        private mutating func perform(_ step: Interpreter.Step) async throws -> Job.Question? {
            guard let entry = self.recorded[step.index] else {
                try await self.execute(step)
                return nil
            }
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
            guard entry.effect == .effect else {
                try await self.execute(step)
                return nil
            }
            switch step.node.onRecovery ?? .ask {
            case .retry:
                try await self.execute(step)
            case .skip:
                self.keep(.succeeded(NodeResult()), of: step, startedAt: entry.startedAt)
            case .fail:
                let message = "Step \(step.index) may or may not have happened: its robot was lost in the middle of it"
                self.keep(.failed(NodeFailure("InDoubtError", message)), of: step, startedAt: entry.startedAt)
            case .ask:
                return Job.Question(
                    step: step.index, node: step.node.id, nodeType: step.node.type.name,
                    text: "Did \(step.node.id) (\(step.node.type.name)) happen? Its robot was lost in the middle of it."
                )
            }
            return nil
        }

        private mutating func execute(_ step: Interpreter.Step) async throws {
            try await self.reopenSessions()
            let startedAt = self.driver.environment.now()
            if step.node.effect == .effect {
                self.pending.append(self.entry(step, result: nil, startedAt: startedAt, finishedAt: nil))
                self.mustFlush = true
            }
            try await self.flush()
            self.driver.environment.onEvent?(
                .stepStarted(step: step.index, node: step.node.id, nodeType: step.node.type.name))
            let result = try await self.outcome(of: step)
            self.keep(result, of: step, startedAt: startedAt)
        }

        /// Opens what replayed steps had open. One that fails leaves nothing open, and the node that needs it says so.
        private mutating func reopenSessions() async throws {
            let steps = self.reopenings
            self.reopenings = []
            for step in steps { _ = try await self.outcome(of: step) }
        }

        /// Does what a node does, within its time.
        private func outcome(of step: Interpreter.Step) async throws -> StepResult {
            guard case .perform(let body) = step.node.type.behaviour else {
                preconditionFailure("Only performed nodes are asked for")
            }
            let environment = NodeEnvironment(
                workingDirectory: self.driver.environment.workingDirectory, policy: self.driver.environment.policy,
                idempotencyKey: "\(self.driver.runID)/\(step.index)", nodeID: step.node.id, session: self.session,
                now: self.driver.environment.now)
            do {
                let inputs = step.inputs
                return .succeeded(
                    try await self.timeLimit(of: step).enforce(on: step.node.id) { try await body(inputs, environment) }
                )
            } catch let failure as NodeFailure {
                return .failed(failure)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                if Task.isCancelled { throw CancellationError() }
                return .failed(NodeFailure("NodeError", String(describing: error)))
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
            self.driver.environment.onEvent?(
                .stepFinished(
                    step: step.index, node: step.node.id,
                    error: { if case .failed(let f) = result { f.message } else { nil } }()))
            self.interpreter.resume(with: result)
        }

        private func entry(
            _ step: Interpreter.Step, result: StepResult?, startedAt: Date, finishedAt: Date?
        ) -> JournalEntry {
            JournalEntry(
                step: step.index, node: step.node.id, nodeType: step.node.type.name, effect: step.node.effect,
                result: result, startedAt: startedAt, finishedAt: finishedAt)
        }

        /// The name under which clock readings stand in the journal; no node type can have it.
        private static let clockType = "$clock"

        private mutating func clock(_ step: Int, _ node: String) throws -> ClockReading {
            if let entry = self.recorded[step] {
                guard entry.nodeType == Self.clockType, entry.node == node,
                    case .succeeded(let result) = entry.result,
                    let seconds = result.outputs["seconds"]?.double, let offset = result.outputs["utc_offset"]?.int
                else {
                    throw JournalMismatch(
                        step: step, recorded: "\(entry.node) (\(entry.nodeType))", requested: "the time for \(node)")
                }
                return ClockReading(secondsSince1970: seconds, utcOffsetSeconds: offset)
            }
            let now = self.driver.environment.now()
            let reading = ClockReading(
                secondsSince1970: now.timeIntervalSince1970,
                utcOffsetSeconds: TimeZone.current.secondsFromGMT(for: now))
            self.pending.append(
                JournalEntry(
                    step: step, node: node, nodeType: Self.clockType, effect: .captured,
                    result: .succeeded(
                        NodeResult([
                            "seconds": .double(reading.secondsSince1970), "utc_offset": .int(reading.utcOffsetSeconds),
                        ])),
                    startedAt: now, finishedAt: now))
            return reading
        }

        /// Commits what must be durable before anything that takes time.
        private mutating func flush() async throws {
            guard self.mustFlush else { return }
            try await self.driver.journal.record(self.pending)
            self.pending.removeAll(keepingCapacity: true)
            self.mustFlush = false
        }

        // MARK: Limits

        /// Seconds of one node when nothing says otherwise (workflow format §10).
        private static let nodeTimeoutSecondsDefault = 120.0
        /// What a node's own wait or timeout is given on top.
        private static let nodeTimeoutSlackSeconds = 5.0

        /// A node may take as long as it is allowed to, and no longer than the job.
        private func timeLimit(of step: Interpreter.Step) -> TimeLimit {
            TimeLimit(seconds: min(self.nodeSecondsMax(step), max(0, (self.deadline - .now) / .seconds(1))))
        }

        private func nodeSecondsMax(_ step: Interpreter.Step) -> Double {
            if let seconds = self.driver.options.nodeTimeoutSeconds { return seconds }
            let own = max(step.inputs["timeout"].double ?? 0, step.inputs["duration"].double ?? 0)
            let setting = self.driver.program.settings.timeoutSeconds ?? Self.nodeTimeoutSecondsDefault
            return max(setting, own > 0 ? own + Self.nodeTimeoutSlackSeconds : 0)
        }

        private var isOverdue: Bool { ContinuousClock.now >= self.deadline }

        private func timedOut() -> RunConclusion {
            let seconds = Value.double(self.driver.options.timeoutSeconds).displayText
            let message = "The job timed out after \(seconds)s"
            var result = self.result(of: nil)
            result.success = false
            result.error = message
            return .finished(
                result, Failure(kind: .timeout, message: message, type: "TimeoutError"), entries: self.pending)
        }

        // MARK: Endings

        private func result(of failed: Transfer.Failed?) -> RunResult {
            let variables = self.interpreter.main.variables
            return RunResult(
                success: failed == nil, error: failed?.failure.message,
                variables: Object(variables.all.filter { !$0.key.hasPrefix("_") }.map { ($0.key, $0.value) }),
                logs: self.interpreter.logs, nodeErrors: self.interpreter.nodeErrors,
                trace: self.driver.options.trace ? self.interpreter.trace : nil,
                nodeOutputs: self.driver.options.trace ? Self.printable(variables.outputs) : nil)
        }

        private static func printable(_ outputs: [String: Object]) -> Object {
            Object(
                outputs.sorted { $0.key < $1.key }.compactMap { node, ports in
                    let known = Object(ports.filter { !$0.value.isNull }.map { ($0.key, $0.value) })
                    return known.isEmpty ? nil : (node, .object(known))
                })
        }

        private static func failure(of failed: Transfer.Failed) -> Failure {
            Failure(
                kind: failed.failure.isBusiness ? .business : .application, message: failed.failure.message,
                type: failed.failure.type, node: failed.nodeID)
        }

        /// A stop was asked for between two steps; what was asked for last has not begun.
        private mutating func interrupted(_ request: Interpreter.Request) async throws -> RunConclusion {
            if case .finished(let failed) = request {
                return .finished(self.result(of: failed), failed.map(Self.failure(of:)), entries: self.pending)
            }
            return .interrupted(entries: self.pending)
        }

        private func isReplaying(_ request: Interpreter.Request) -> Bool {
            switch request {
            case .perform(let step): step.index <= self.lastRecordedStep
            case .readClock(let step, _): step <= self.lastRecordedStep
            case .sleep, .yield, .finished: false
            }
        }

        private mutating func report(isReplay: Bool) {
            guard let onEvent = self.driver.environment.onEvent else { return }
            for line in self.interpreter.takeNewLogs() where !isReplay {
                onEvent(.log(level: line.level, node: line.node, message: line.message))
            }
        }
    }
}

/// How a run came to its end, with journal entries that are not durable yet.
package enum RunConclusion: Sendable {
    case finished(RunResult, Failure?, entries: [JournalEntry])
    case inDoubt(Job.Question, entries: [JournalEntry])
    /// A stop was asked for; another robot can go on from here.
    case interrupted(entries: [JournalEntry])
}

/// A journal that was not written by this run of this document.
package struct JournalMismatch: Error, Hashable, Sendable, CustomStringConvertible {
    package let step: Int
    package let recorded: String
    package let requested: String

    package var description: String {
        "Step \(self.step) of the journal is \(self.recorded), but the workflow asks for \(self.requested) there"
    }
}
