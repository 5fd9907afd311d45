import CasareDomain
import CasareEngine
import CasareNodes
import FoundationEssentials

/// A workflow that is run in this process, with whoever looks on.
struct LocalRun: Sendable {
    let program: Program
    let options: Job.Options
    let variables: Object
    /// `nil`: the run is given none.
    let secrets: RunSecrets?
    let workingDirectory: String
    let policy: NodePolicy
    /// Node executions; `nil`: as many as on a robot.
    let executionsMax: Int?
    let selection: RunSelection
    let partial: PartialRunWatch?
    let trace: Trace?
    let debugger: Debugger?
    let progress: Progress?

    func report() async throws -> RunReport {
        let warnings = RunWarnings(besides: self.progress)
        defer { warnings.close() }
        let driver = RunDriver(
            program: self.program, runID: UUID().uuidString.lowercased(), options: self.options,
            variables: self.variables, selection: self.selection, journal: NoJournal(),
            environment: self.environment(telling: warnings))
        let start = ContinuousClock.now
        let conclusion =
            if let progress { try await progress.showing { try await driver.run() } } else { try await driver.run() }
        let time = ContinuousClock.now - start - (self.debugger?.timePaused ?? .zero)
        self.trace?.close()
        switch conclusion {
        case .finished(let result, let failure, _):
            return self.report(time, failure, result)
        case .inDoubt(let question, let result, _):
            return self.report(time, Self.doubt(question), result)
        case .interrupted:
            preconditionFailure("Nobody asks this run to stop between steps")
        }
    }

    private func report(_ time: Duration, _ failure: Failure?, _ result: RunResult) -> RunReport {
        var report = RunReport(
            workflow: self.program.name, seconds: time / .seconds(1), failure: failure, result: result)
        report.partial = self.partial?.partial
        report.trace = self.trace?.kept
        return report
    }

    private func environment(telling warnings: RunWarnings) -> RunEnvironment {
        var environment = RunEnvironment(workingDirectory: self.workingDirectory, policy: self.policy)
        if let executionsMax { environment.executionsMax = executionsMax }
        environment.observer = self.observer
        environment.secrets = { [secrets] request in
            guard let secrets else { return Self.noSecrets(request.references) }
            return secrets.answers(to: request.references)
        }
        let trace = self.trace
        environment.onEvent = { event in
            switch event {
            case .log(let level, let node, let message):
                trace?.logged(level, node, message)
            case .warning(let node, let message):
                if let trace, trace.tellsWarnings {
                    trace.logged(.warning, node, message)
                } else {
                    warnings.came(message, of: node)
                }
            case .stepStarted, .stepFinished: break
            }
        }
        if let progress { environment.onProgress = { progress.moved(to: $0) } }
        return environment
    }

    private static func noSecrets(_ references: [String]) -> [String: SecretAnswer] {
        Dictionary(
            references.map { reference in
                let problem = SecretProblem(
                    .unavailable,
                    "The secret \"\(reference)\" cannot be had: this run was not told where from; say --secrets-from "
                        + "env or --secrets-from FILE")
                return (reference, .refused(problem))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Nobody, unless somebody asked for it: looking at every node costs more than a quick node takes.
    private var observer: RunObserver? {
        let (partial, trace, debugger) = (self.partial, self.trace, self.debugger)
        if partial == nil, trace == nil, debugger == nil { return nil }
        var observer = RunObserver(
            nodeStarted: { visit in
                partial?.started(visit)
                trace?.started(visit)
            },
            nodeFinished: { end in
                partial?.finished(end)
                trace?.finished(end)
                debugger?.ended(end)
            })
        if let debugger { observer.beforeNode = { try await debugger.decide(before: $0) } }
        return observer
    }

    /// A job would be blocked until a person has answered; here it ends, and nothing goes on from it.
    static func doubt(_ question: Job.Question) -> Failure {
        Failure(
            kind: .business,
            message: question.text
                + " Nobody can answer that here, so the run ends: look before you run the workflow again. "
                + "The node's on_recovery (retry, skip or fail) would answer it in advance.",
            type: "InDoubtError", node: question.node)
    }
}
