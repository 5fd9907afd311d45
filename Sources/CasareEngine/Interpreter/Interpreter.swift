import CasareDomain

/// Walks a program's graph: a pure state machine.
///
/// `next()` computes as far as it can and asks for the one thing that it cannot do itself; `resume` answers. Given the
/// same program, variables, seed and answers it asks for the same steps in the same order, which is what lets a journal
/// of the answers stand for the run.
///
/// Structural nodes (loops, try, retry, …) open a `Frame`: a queue of nodes that is worked off before the node's own
/// followers are. Branches and items run one after another: what runs first, and which number a step has, is the same
/// on every replay. Errors and jumps leave frames in `Interpreter+Transfer.swift`.
struct Interpreter {
    /// What the run needs from outside.
    enum Request {
        /// The answer is `resume(with:)`.
        case perform(Step)
        /// The answer is `resume(at:)`.
        case readClock(step: Int, node: String)
        /// The answer is `resume(knowing:)`.
        case readSecrets(step: Int, node: String, references: [String])
        /// A pause between attempts; the answer is calling `next()` again.
        case sleep(seconds: Double)
        /// Nothing: a long computation gives others a turn.
        case yield
        /// Nothing: somebody watches.
        case observe(Observation)
        case finished(Transfer.Failed?)
    }

    struct Step {
        enum Work {
            /// What the node's type does.
            case node
            /// A run of another workflow as a job of its own.
            case submission(JobSubmission)
        }

        let index: Int
        let node: CompiledNode
        let inputs: Inputs
        let work: Work
        /// The `timeout` setting of the workflow that the node is in.
        let timeoutSeconds: Double?
        /// What becomes of it when it is in doubt: the node's word, or its workflow's.
        let onRecovery: OnRecovery?

        var effect: NodeType.Effect {
            switch self.work {
            case .node: self.node.effect
            // The same key yields the same job, however often it is submitted.
            case .submission: .idempotent
            }
        }
    }

    private enum Awaiting {
        case nothing
        case result(position: Int)
        case clock
        case secrets
        case end
    }

    /// What the time was asked for.
    private enum ClockUse {
        /// The templates of the node that is executed next.
        case node
        /// Something inside a frame, which looks at `clockIsFresh`.
        case frame
        /// When an error reached the node that handles it.
        case error(node: String, variables: Variables)
    }

    /// Executions between two turns for others.
    private static let executionsPerTurn = 4096

    var frames: [Frame] = []
    var marks: [Marks] = []
    let settings: Settings
    var random: SeededRandom
    private(set) var clock: ClockReading?
    /// The clock was read for something in the top frame that has not been looked at since.
    var clockIsFresh = false
    private var clockUse = ClockUse.node
    /// The time is wanted by a handler that has just been reached.
    var errorTime: (node: CompiledNode, variables: Variables)?
    var steps = 0
    private(set) var executions = 0
    private var executionsInTurn = 0
    private var awaiting = Awaiting.nothing
    /// A node that is executed next, whatever is in the queues.
    var ready: Int?
    /// The same of one whose secrets are known now; the time may still be wanted.
    private var prepared: Int?
    /// What the run has been given; `nil` when the program names no secret.
    let secrets: SecretBox?
    /// A pause that is asked for before anything else, and the node to execute after it.
    var pause: (seconds: Double, node: Int?)?
    /// How often the present node was repeated after failures.
    var repeats: (node: Int, count: Int)?
    var restarts = 0
    var limitsBegun = 0
    /// For how long the server that was asked last wants to be left alone; `nil`: it did not say so.
    var retryAfterSeconds: Double?
    /// The error that ended the run.
    var fatal: Transfer.Failed?
    var starts: Starts
    var records = Records()
    var watch: RunWatch
    var main: Scope

    init(program: Program, variables: Object, settings: Settings) {
        self.secrets = program.secretReferences.isEmpty ? nil : SecretBox()
        self.main = Self.mainScope(of: program, variables, self.secrets)
        self.settings = settings
        self.random = SeededRandom(seed: settings.seed)
        self.starts = Starts(program, settings.selection, variables: variables)
        self.watch = RunWatch(settings.watching)
        self.begin()
    }

    mutating func next() -> Request {
        precondition(!self.isAwaiting, "The interpreter was asked to go on before it was answered")
        while true {
            if self.watch.isOn, let observation = self.watch.takeNext() { return .observe(observation) }
            if let pause {
                self.pause = nil
                self.ready = pause.node ?? self.ready
                return .sleep(seconds: pause.seconds)
            }
            if let errorTime {
                self.errorTime = nil
                return self.askForClock(
                    for: errorTime.node, .error(node: errorTime.node.id, variables: errorTime.variables))
            }
            if let position = self.prepared {
                self.prepared = nil
                if let request = self.begin(self.scope.program.nodes[position], position) { return request }
                continue
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
                if self.beginNextStart() { continue }
                self.awaiting = .end
                return .finished(self.fatal)
            }
            guard let position = self.frames[top].next() else {
                if let request = self.drained() { return request }
                continue
            }
            if let allowed = self.starts.allowed, self.scope.depth == 0, !allowed.contains(position) { continue }
            let node = self.frames[top].scope.program.nodes[position]
            if !node.isReenterable {
                if self.marks[self.frames[top].marks].contains(position) { continue }
                if self.endsHere(node, position) { continue }
                self.marks[self.frames[top].marks].insert(position)
            } else if self.endsHere(node, position) {
                continue
            }
            if let request = self.visit(node, position) { return request }
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
        switch self.clockUse {
        case .node: break
        case .frame: self.clockIsFresh = true
        case .error(let node, let variables):
            let outputs = variables.outputs[node] ?? [:]
            variables.setOutputs(outputs.merging(["timestamp": .string(reading.localText)]), of: node)
        }
    }

    private var isAwaiting: Bool {
        switch self.awaiting {
        case .nothing: false
        case .result, .clock, .secrets, .end: true
        }
    }

    // MARK: Asking

    /// Has the time read for something inside a frame; on replay the same reading comes back.
    mutating func askForClock(for node: CompiledNode) -> Request { self.askForClock(for: node, .frame) }

    private mutating func askForClock(for node: CompiledNode, _ use: ClockUse) -> Request {
        defer { self.steps += 1 }
        self.awaiting = .clock
        self.clockUse = use
        return .readClock(step: self.steps, node: node.id)
    }

    private mutating func askForSecrets(_ references: [String], for node: CompiledNode) -> Request {
        defer { self.steps += 1 }
        self.awaiting = .secrets
        return .readSecrets(step: self.steps, node: node.id, references: references)
    }

    /// The answer to `askForSecrets` is there.
    mutating func secretsCame() {
        guard case .secrets = self.awaiting else {
            preconditionFailure("Secrets were given without being asked for")
        }
        self.awaiting = .nothing
    }

    mutating func ask(for work: Step.Work, _ node: CompiledNode, _ position: Int, _ inputs: Inputs) -> Request {
        self.awaiting = .result(position: position)
        defer { self.steps += 1 }
        let settings = self.scope.program.settings
        return .perform(
            Step(
                index: self.steps, node: node, inputs: inputs, work: work, timeoutSeconds: settings.timeoutSeconds,
                onRecovery: node.onRecovery ?? settings.onRecovery))
    }

    // MARK: Executing nodes

    var top: Int { self.frames.count - 1 }
    var scope: Scope { self.frames[self.top].scope }

    /// A node's turn has come.
    private mutating func visit(_ node: CompiledNode, _ position: Int) -> Request? {
        self.note(node)
        if node.isDisabled {
            self.bypass(node)
            return nil
        }
        if self.secrets != nil {
            let missing = self.missingSecrets(of: node)
            if !missing.isEmpty {
                self.prepared = position
                return self.askForSecrets(missing, for: node)
            }
        }
        return self.begin(node, position)
    }

    /// The node has what it is executed with, but perhaps the time.
    private mutating func begin(_ node: CompiledNode, _ position: Int) -> Request? {
        if node.readsClock {
            self.ready = position
            return self.askForClock(for: node, .node)
        }
        return self.execute(position)
    }

    private mutating func execute(_ position: Int) -> Request? {
        let scope = self.scope
        let node = scope.program.nodes[position]
        if self.watch.begins, self.announce(node, position) { return nil }
        guard self.countExecution(of: node) else { return nil }
        if let structure = node.type.structure {
            if let failure = self.secretProblem(of: node) {
                self.failed(position, failure)
                return nil
            }
            defer { if self.watch.isOn, !self.isAwaiting { self.structureEntered(node, position) } }
            return self.carryOut(structure, node, position)
        }
        do throws(NodeFailure) {
            let inputs = try node.inputs(in: scope.variables, clock: self.clock)
            if scope.variables.hasMisses { self.warnOfMisses(in: scope, node) }
            switch node.type.behaviour {
            case .pure(let body):
                var context = PureContext(
                    nodeID: node.id, workflowName: scope.program.name, variables: scope.variables,
                    random: self.random, clock: node.type.readsClock ? self.clock : nil)
                defer {
                    self.random = context.random
                    if !context.logs.isEmpty { self.keep(context.logs, of: node) }
                    if scope.variables.hasMisses { self.warnOfMisses(in: scope, node) }
                }
                let result = try body(inputs, &context)
                self.succeeded(position, result)
            case .perform:
                return self.ask(for: .node, node, position, inputs)
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

    /// Whether the run ended because it had executed too many nodes, and not by what the workflow says.
    var isOverLimit: Bool { self.executions > self.settings.executionsMax }

    /// Counts an execution, or a pass of a loop; when there were too many, the run ends here whatever handles errors.
    mutating func countExecution(of node: CompiledNode) -> Bool {
        self.executions += 1
        self.executionsInTurn += 1
        if self.executions <= self.settings.executionsMax { return true }
        let failure = NodeFailure(
            "LimitError", "The run exceeds maximum node executions (\(self.settings.executionsMax))")
        self.end(with: Transfer.Failed(failure: failure, nodeID: node.id))
        return false
    }

    /// A structural node's inputs.
    func inputs(of node: CompiledNode) throws(NodeFailure) -> Inputs {
        try node.inputs(in: self.scope.variables, clock: self.clock)
    }
}
