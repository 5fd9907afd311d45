import CasareDomain

/// Walks a program's graph: a pure state machine.
///
/// `next()` computes as far as it can and asks for the one thing that it cannot do itself; `resume` answers. Given the
/// same program, variables, seed and answers it asks for the same steps in the same order, which is what lets a journal
/// of the answers stand for the run.
///
/// Structural nodes (loops, try, retry, …) open a `Frame`: a queue of nodes that is worked off before the node's own
/// followers are. Errors and jumps leave frames in `Interpreter+Transfer.swift`.
struct Interpreter {
    /// What the run needs from outside.
    enum Request {
        /// The answer is `resume(with:)`.
        case perform(Step)
        /// The answer is `resume(at:)`.
        case readClock(step: Int, node: String)
        /// A pause between attempts; the answer is calling `next()` again.
        case sleep(seconds: Double)
        /// Nothing: a long computation gives others a turn.
        case yield
        case finished(Transfer.Failed?)
    }

    struct Step {
        let index: Int
        let node: CompiledNode
        let inputs: Inputs
    }

    private enum Awaiting {
        case nothing
        case result(position: Int)
        case clock
        case end
    }

    /// Executions between two turns for others.
    private static let executionsPerTurn = 4096
    /// Trace entries that are kept; a longer trace is cut here.
    static let traceEntriesMax = 100_000
    /// Log lines that are kept; the run goes on without keeping more.
    static let logLinesMax = 100_000

    var frames: [Frame] = []
    var marks: [Marks] = []
    let options: Job.Options
    private let executionsMax: Int
    private var random: SeededRandom
    private var clock: ClockReading?
    /// The clock was read for a loop's condition that has not been looked at since.
    var clockIsFresh = false
    private var steps = 0
    private var executions = 0
    private var executionsInTurn = 0
    private var awaiting = Awaiting.nothing
    /// A node that has asked for the clock and is executed next.
    private var ready: Int?
    /// A pause that is asked for before anything else, and the node to execute after it.
    var pause: (seconds: Double, node: Int?)?
    /// How often the present node was repeated by the `retry_count` setting.
    private var repeats: (node: Int, count: Int)?

    private(set) var logs: [String] = []
    private(set) var newLogs: [(level: PureContext.LogLevel, node: String, message: String)] = []
    private(set) var trace: [String] = []
    private(set) var nodeErrors: [RunResult.NodeError] = []
    let main: Scope

    init(program: Program, variables given: Object, options: Job.Options, seed: UInt64, executionsMax: Int) {
        let variables = Variables(
            Object(program.variables.map { ($0.name, $0.value) }),
            readOnly: Set(program.variables.filter(\.isReadOnly).map(\.name)), outputAliases: program.outputAliases)
        for (name, value) in given {
            variables.assign(name, value)
        }
        self.main = Scope(program: program, variables: variables, depth: 0)
        self.options = options
        self.executionsMax = executionsMax
        self.random = SeededRandom(seed: seed)
        self.marks = [Marks(count: program.nodes.count)]
        self.frames = [Frame(.root, scope: self.main, queue: program.roots, marks: 0)]
    }

    mutating func next() -> Request {
        precondition(!self.isAwaiting, "The interpreter was asked to go on before it was answered")
        while true {
            if let pause {
                self.pause = nil
                self.ready = pause.node ?? self.ready
                return .sleep(seconds: pause.seconds)
            }
            if let position = self.ready {
                self.ready = nil
                if let request = self.execute(position) { return request }
                continue
            }
            if self.executionsInTurn >= Self.executionsPerTurn {
                self.executionsInTurn = 0
                return .yield
            }
            guard let top = self.frames.indices.last else {
                self.awaiting = .end
                return .finished(self.fatal)
            }
            guard let position = self.frames[top].next() else {
                if let request = self.drained() { return request }
                continue
            }
            let node = self.frames[top].scope.program.nodes[position]
            if !node.isReenterable {
                if self.marks[self.frames[top].marks].contains(position) { continue }
                if self.endsHere(node, position) { continue }
                self.marks[self.frames[top].marks].insert(position)
            } else if self.endsHere(node, position) {
                continue
            }
            if let request = self.begin(position) { return request }
        }
    }

    /// Answers a request to perform a step.
    mutating func resume(with result: StepResult) {
        guard case .result(let position) = self.awaiting else {
            preconditionFailure("A step was answered that was never asked for")
        }
        self.awaiting = .nothing
        switch result {
        case .succeeded(let result): self.succeeded(position, result)
        case .failed(let failure): self.failed(position, failure)
        }
    }

    /// Answers a request for the time.
    mutating func resume(at reading: ClockReading) {
        guard case .clock = self.awaiting else { preconditionFailure("The time was given without being asked for") }
        self.awaiting = .nothing
        self.clock = reading
        self.clockIsFresh = true
    }

    mutating func takeNewLogs() -> [(level: PureContext.LogLevel, node: String, message: String)] {
        defer { self.newLogs.removeAll(keepingCapacity: true) }
        return self.newLogs
    }

    private var isAwaiting: Bool {
        switch self.awaiting {
        case .nothing: false
        case .result, .clock, .end: true
        }
    }

    // MARK: - Executing nodes

    var top: Int { self.frames.count - 1 }
    var scope: Scope { self.frames[self.top].scope }

    private mutating func begin(_ position: Int) -> Request? {
        let node = self.scope.program.nodes[position]
        self.note(node)
        if node.isDisabled {
            self.bypass(node)
            return nil
        }
        if node.bindings.readsClock || node.condition.readsClock {
            return self.askForClock(before: position)
        }
        return self.execute(position)
    }

    /// Has the time read before a node is executed; on replay the same reading comes back.
    private mutating func askForClock(before position: Int) -> Request {
        self.ready = position
        return self.askForClock(for: self.scope.program.nodes[position])
    }

    mutating func askForClock(for node: CompiledNode) -> Request {
        defer { self.steps += 1 }
        self.awaiting = .clock
        return .readClock(step: self.steps, node: node.id)
    }

    private mutating func execute(_ position: Int) -> Request? {
        let node = self.scope.program.nodes[position]
        guard self.countExecution(of: node) else { return nil }
        if let structure = node.type.structure {
            return self.carryOut(structure, node, position)
        }
        do throws(NodeFailure) {
            let inputs = try node.bindings.inputs(in: self.scope.variables, clock: self.clock)
            switch node.type.behaviour {
            case .pure(let body):
                var context = PureContext(
                    nodeID: node.id, workflowName: self.scope.program.name, variables: self.scope.variables,
                    random: self.random)
                defer {
                    self.random = context.random
                    if !context.logs.isEmpty { self.keep(context.logs, of: node) }
                }
                let result = try body(inputs, &context)
                self.succeeded(position, result)
            case .perform:
                self.awaiting = .result(position: position)
                defer { self.steps += 1 }
                return .perform(Step(index: self.steps, node: node, inputs: inputs))
            case .unsupported(let reason):
                throw NodeFailure("UnsupportedNodeError", "\(node.type.name) cannot run here: \(reason)")
            case .structure:
                preconditionFailure("Structures are carried out above")
            }
        } catch {
            self.failed(position, error)
        }
        return nil
    }

    /// Counts an execution, or a pass of a loop; when there were too many, the run ends here whatever handles errors.
    mutating func countExecution(of node: CompiledNode) -> Bool {
        self.executions += 1
        self.executionsInTurn += 1
        if self.executions <= self.executionsMax { return true }
        let failure = NodeFailure("LimitError", "The run exceeds maximum node executions (\(self.executionsMax))")
        self.nodeErrors.append(.init(node: node.id, error: failure.message, type: failure.type))
        self.frames.removeAll()
        self.fatal = Transfer.Failed(failure: failure, nodeID: node.id)
        return false
    }

    /// Stores what a node produced and goes on at the port it chose.
    mutating func succeeded(_ position: Int, _ result: NodeResult) {
        let node = self.scope.program.nodes[position]
        self.repeats = nil
        self.scope.variables.setOutputs(result.outputs, of: node.id)
        guard let port = result.port else {
            self.frames[self.top].append(node.next)
            return
        }
        // A branching node that is wired by its usual output alone goes on there (workflow format §5).
        let isBranching = node.successors.contains { $0.port != "exec_out" }
        self.follow(isBranching ? port : "exec_out", of: node)
    }

    mutating func follow(_ port: String, of node: CompiledNode) {
        self.frames[self.top].append(node.successors(of: port))
    }

    /// A node's failure: its own error port, the `retry_count` setting, an enclosing handler, `stop_on_error`, or the
    /// end of the run, in this order (workflow format §8).
    mutating func failed(_ position: Int, _ failure: NodeFailure) {
        let node = self.scope.program.nodes[position]
        self.nodeErrors.append(.init(node: node.id, error: failure.message, type: failure.type))
        self.scope.variables.setOutputs(failure.outputs, of: node.id)
        for port in Self.errorPorts where node.isConnected(port) && node.type.structure?.ownsErrorPorts != true {
            self.repeats = nil
            self.follow(port, of: node)
            return
        }
        if node.type.structure == nil, self.scope.program.settings.retryCount > 0, !failure.isInDoubt {
            let done = self.repeats?.node == position ? self.repeats?.count ?? 0 : 0
            if done < self.scope.program.settings.retryCount {
                self.repeats = (position, done + 1)
                self.pause = (Self.retryCountPauseSeconds, position)
                return
            }
        }
        self.repeats = nil
        let failed = Transfer.Failed(failure: failure, nodeID: node.id)
        if self.hasHandler {
            self.transfer(.error(failed))
        } else if self.options.continueOnError {
            // The branch ends here; the others go on.
        } else if !self.scope.program.settings.stopOnError {
            self.frames[self.top].append(node.next)
        } else {
            self.transfer(.error(failed))
        }
    }

    private static let errorPorts = ["error", "exec_error", "failed", "on_error", "invalid", "no_match"]
    private static let retryCountPauseSeconds = 1.0

    /// A disabled node counts as done and passes on what it was given (workflow format §5).
    private mutating func bypass(_ node: CompiledNode) {
        var outputs: Object = [:]
        for (name, value) in node.bindings.allDelivered(in: self.scope.variables) {
            outputs[name.hasSuffix("_in") ? name.dropLast("_in".count) + "_out" : name] = value
        }
        self.scope.variables.setOutputs(outputs, of: node.id)
        let isLoop = node.type.structure == .forLoopStart || node.type.structure == .whileLoopStart
        self.follow(isLoop && !node.isConnected("exec_out") ? "completed" : "exec_out", of: node)
    }

    // MARK: - Records

    mutating func note(_ node: CompiledNode) {
        guard self.options.trace, self.trace.count < Self.traceEntriesMax else { return }
        self.trace.append(node.isDisabled ? "\(node.id) (bypassed)" : node.id)
    }

    private mutating func keep(_ lines: [(level: PureContext.LogLevel, message: String)], of node: CompiledNode) {
        for line in lines {
            if self.logs.count < Self.logLinesMax { self.logs.append(line.message) }
            self.newLogs.append((line.level, node.id, line.message))
        }
    }

    /// A structural node's inputs, unchecked.
    func inputs(of node: CompiledNode) throws(NodeFailure) -> Inputs {
        try node.bindings.inputs(in: self.scope.variables, clock: self.clock)
    }

    /// Whether an If or While goes on: a connected value counts as it is, a condition that says "false" is false.
    mutating func holds(_ node: CompiledNode) throws(NodeFailure) -> Bool {
        if let delivered = node.bindings.delivered("condition", in: self.scope.variables) { return delivered.isTruthy }
        return try self.decision(of: node)?.conditionIsTrue ?? false
    }

    /// The value of a condition; `nil` when nothing says.
    ///
    /// - Throws: `ExpressionError` for text that cannot be parsed. What cannot be computed decides like null.
    mutating func decision(of node: CompiledNode) throws(NodeFailure) -> Value? {
        switch node.condition {
        case .absent:
            return nil
        case .invalid(let error):
            throw NodeFailure("ExpressionError", "EXPRESSION_ERROR: \(error)")
        case .template(let template):
            switch template.resolve(in: self.scope.variables, clock: self.clock) {
            case .value(let value):
                if let name = value.string, let named = self.scope.variables.variable(name), template.isLiteral {
                    return named
                }
                return value
            case .unresolved:
                return nil
            }
        case .expression(let expression):
            do throws(ExpressionError) {
                return try expression.evaluate(in: self.scope.variables, clock: self.clock, random: &self.random)
            } catch {
                guard error.kind != .syntax else { throw NodeFailure("ExpressionError", "EXPRESSION_ERROR: \(error)") }
                self.newLogs.append(
                    (.warning, node.id, "The condition cannot be computed and counts as false: \(error)"))
                return nil
            }
        }
    }

    /// The error that ended the run.
    var fatal: Transfer.Failed?
}

extension NodeType.Structure {
    /// Whether the structure itself decides when its `failed` or `on_error` port is taken.
    fileprivate var ownsErrorPorts: Bool {
        switch self {
        case .onError: true
        case .start, .end, .comment, .reroute, .merge, .trigger, .if, .switch, .forLoopStart, .forLoopEnd,
            .whileLoopStart, .whileLoopEnd, .break, .continue, .try, .catch, .finally, .retry, .retrySuccess,
            .retryFail, .fork, .join, .subflow:
            false
        }
    }
}
