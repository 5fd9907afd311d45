package import CasareDomain

/// Runs a program to its end against the world, keeping its journal: the shell around `Interpreter`.
///
/// What the journal already holds is answered from it. What it does not hold is done now, by effect class: an effect's
/// intent is durable before it begins, and its result before anything else that takes time. Results and the next
/// intent share one commit.
package struct RunDriver: Sendable {
    private(set) var program: Program
    let runID: String
    let seedID: String
    let options: Job.Options
    private(set) var variables: Object
    let selection: RunSelection
    let secondsSpent: Double
    let journal: any Journal
    package var environment: RunEnvironment
    /// How many calls that were jobs of their own lie above this run.
    private(set) var callDepth = 0

    /// - Parameters:
    ///   - runID: Names the run in idempotency keys: a job's ID.
    ///   - seedID: Seeds the random numbers of expressions: the ID of the job whose journal the run began with, where
    ///     that was another one. `nil`: as `runID`.
    ///   - variables: Start values; they win over the document's.
    ///   - selection: What is run; a run that goes on from a journal must have the same.
    ///   - secondsSpent: What earlier attempts, whose journal the run goes on from, took of the job's time.
    package init(
        program: Program, runID: String, seedID: String? = nil, options: Job.Options, variables: Object,
        selection: RunSelection = .whole, secondsSpent: Double = 0, journal: any Journal, environment: RunEnvironment
    ) {
        self.program = program
        self.runID = runID
        self.seedID = seedID ?? runID
        self.options = options
        self.variables = variables
        self.selection = selection
        self.secondsSpent = secondsSpent
        self.journal = journal
        self.environment = environment
    }

    /// Runs until the end, a question, or a requested stop.
    ///
    /// - Throws: `CancellationError` when the task is cancelled (a step may then be in doubt), `JournalMismatch` when
    ///   the journal does not fit the program, `UnknownSelection`, and what the journal and the observer throw.
    package func run() async throws -> RunConclusion {
        try self.selection.check(against: self.program)
        var driver = self
        do throws(NodeFailure) {
            try driver.takeCall()
        } catch {
            let result = RunResult(success: false, error: error.message, variables: [:], logs: [], nodeErrors: [])
            return .finished(
                result, Failure(kind: .rejected, message: error.message, type: error.type), entries: [])
        }
        var run = Run(driver: driver)
        let session = run.session
        defer { self.environment.observer?.runEnded?(run.interpreter.executions) }
        do {
            let conclusion = try await run.run()
            await session.close()
            return conclusion
        } catch {
            await session.close()
            throw error
        }
    }

    /// Takes the call that the run is, if it is one, out of the start values.
    ///
    /// - Throws: What the workflow's interface refuses.
    mutating func takeCall() throws(NodeFailure) {
        guard let call = CallOrigin(self.variables) else { return }
        self.variables[CallOrigin.variable] = nil
        self.callDepth = call.depth
        guard let inputs = call.inputs else { return }
        let given = Program.Given(inputs: inputs, written: inputs, variables: Variables(self.variables))
        self.variables = self.variables.merging(try self.program.inputValues(given))
        self.program = try self.program.promoted(given)
    }

    /// FNV-1a: a seed that is the same for the same run on every machine.
    var seed: UInt64 {
        self.seedID.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01B3 }
    }
}

/// How a run came to its end, with journal entries that are not durable yet.
package enum RunConclusion: Sendable {
    case finished(RunResult, Failure?, entries: [JournalEntry])
    /// A step may or may not have happened: a person must say. The result is how far the run has come.
    case inDoubt(Job.Question, RunResult, entries: [JournalEntry])
    /// A stop was asked for; another robot can go on from here.
    case interrupted(entries: [JournalEntry])
}

/// A journal that was not written by this run of this document.
package struct JournalMismatch: Error, Hashable, Sendable, CustomStringConvertible {
    package let step: Int
    package let recorded: String
    /// `nil`: the workflow came to its end before that step.
    package let requested: String?

    package var description: String {
        let found = self.requested.map { "asks for \($0) there" } ?? "ends before it"
        return "Step \(self.step) of the journal is \(self.recorded), but the workflow \(found)"
    }
}
