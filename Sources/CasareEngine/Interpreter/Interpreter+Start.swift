import CasareDomain

/// How a run is set up, begins, and begins again.
extension Interpreter {
    struct Settings {
        var options: Job.Options
        var seed: UInt64
        var executionsMax: Int
        var selection = RunSelection.whole
        /// Whether somebody is told of log lines and warnings as they come.
        var keepsEvents = false
        var watching = RunWatch.Extent.nothing
        /// Whether there is somewhere to submit jobs to.
        var submitsJobs = false
        /// How many calls that were jobs of their own lie above the workflow.
        var callDepth = 0
    }

    /// Which parts of the program are run, and how far.
    struct Starts {
        /// Nodes that the run begins with, start after start.
        private var waiting: [[Int]]
        private let all: [[Int]]
        /// The nodes of the main program that may be executed; `nil`: all.
        let allowed: Set<Int>?
        /// The run ends with this node.
        let target: Int?
        /// What is inside the target belongs to it: it has been executed when that has run to its end.
        let targetIsContainer: Bool
        /// What the trigger that fired puts out.
        let fired: (node: String, payload: Object)?
        /// The run's start values, for beginning anew.
        let variables: Object
        private var failures: [Transfer.Failed] = []
        private var begun = 0
        private var isGivenUp = false

        init(_ program: Program, _ selection: RunSelection, variables: Object) {
            let plan = selection.plan(for: program)
            self.all = plan.starts
            self.waiting = plan.starts
            self.allowed = plan.allowed
            self.target = plan.target
            self.targetIsContainer = plan.targetIsContainer
            self.fired = plan.fired
            self.variables = variables
        }

        mutating func reset() { (self.waiting, self.failures, self.begun) = (self.all, [], 0) }

        var hasBegun: Bool { self.begun > 0 }

        /// Begins with no further one.
        mutating func giveUp() { (self.waiting, self.isGivenUp) = ([], true) }

        mutating func takeNext() -> [Int]? {
            guard !self.waiting.isEmpty else { return nil }
            self.begun += 1
            return self.waiting.removeFirst()
        }

        /// Of several starts, the run fails when each has failed.
        mutating func ended(_ failed: Transfer.Failed?) -> Transfer.Failed? {
            if self.isGivenUp { return failed }
            if let failed { self.failures.append(failed) }
            return self.failures.count == self.begun ? self.failures.first : nil
        }
    }

    static func mainScope(of program: Program, _ given: Object, _ secrets: SecretBox?) -> Scope {
        let variables = Variables(
            Object(program.variables.map { ($0.name, $0.value) }),
            readOnly: Set(program.variables.filter(\.isReadOnly).map(\.name)), names: program.names)
        variables.secrets = secrets
        for (name, value) in given {
            variables.assign(name, value)
        }
        return Scope(program: program, variables: variables, depth: 0)
    }

    /// Sets the run to its beginning.
    mutating func begin() {
        if let fired = self.starts.fired { self.main.variables.setOutputs(fired.payload, of: fired.node) }
        self.provideInputs(to: self.main)
        self.starts.reset()
        _ = self.beginNextStart()
    }

    /// Begins with the next StartNode, when there are several to begin with; the run's end is decided with the last.
    mutating func beginNextStart() -> Bool {
        if self.starts.hasBegun { self.fatal = self.starts.ended(self.fatal) }
        guard let roots = self.starts.takeNext() else { return false }
        self.fatal = nil
        self.marks = [Marks(count: self.main.program.nodes.count)]
        self.frames = [Frame(.root, scope: self.main, queue: roots, marks: 0)]
        return true
    }

    func isTarget(_ position: Int, in scope: Scope) -> Bool { self.starts.target == position && scope.depth == 0 }

    /// The node that the run was to go to has been executed.
    ///
    /// - Parameter failed: Its failure, which ends the run whatever would have dealt with it.
    mutating func targetReached(_ failed: Transfer.Failed? = nil) {
        self.repeats = nil
        self.frames.removeAll()
        self.starts.giveUp()
        self.fatal = failed
    }

    /// Ends the run here, whatever there still is to do.
    mutating func end(with failed: Transfer.Failed) {
        self.records.note(failed.failure, of: failed.nodeID)
        self.frames.removeAll()
        self.starts.giveUp()
        self.fatal = failed
    }
}
