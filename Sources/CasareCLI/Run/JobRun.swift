import CasareDomain
import CasareEngine
import CasareNodes
import CasareRobot
import CasareStore
import CasareTelemetry
import CasareWire
import FoundationEssentials
import Logging

/// A workflow that is run in this process as a robot would run it: as a job of a queue in memory, with a journal,
/// attempts after failures, and calls that are jobs of their own.
struct JobRun: Sendable {
    /// With `subflows`, when there are any.
    let document: Value
    let name: String
    let options: Job.Options
    let variables: Object
    /// Each job has a folder below it.
    let workingDirectory: String
    let policy: NodePolicy
    /// `nil`: its jobs are given none.
    var secrets: RunSecrets?
    /// For all attempts and what is between them; each of them has besides what its options say. `nil`: no limit.
    var timeLimit: Duration?

    private enum Ending {
        case ended(Job)
        /// The time limit leaves no room for more.
        case outOfTime(Failure)
    }

    private static let submitter = "casarectl run"
    /// A job that waits for its calls keeps its slot, and each of these may call others.
    private static let slots = 100

    func report() async throws -> RunReport {
        let warnings = RunWarnings(besides: nil)
        defer { warnings.close() }
        let queue = SharedMemoryQueue()
        let (changes, changed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let observation = queue.observe { _ in changed.yield() }
        defer { queue.end(observation) }
        let start = ContinuousClock.now
        let deadline = self.timeLimit.map { Date(timeIntervalSinceNow: $0 / .seconds(1)) }
        let id = try self.submit(to: queue)
        let robot = try self.robot(for: queue, telling: warnings)
        let ending = try await withThrowingTaskGroup(of: Ending?.self) { group in
            group.addTask {
                try await robot.run()
                throw CancellationError()
            }
            group.addTask { try await self.ending(of: id, in: queue, changes, by: deadline) }
            if let timeLimit {
                group.addTask {
                    try await Task.sleep(for: timeLimit)
                    return try self.cutOff(id, in: queue)
                }
            }
            // The robot ends when it is cancelled, and the group waits for that.
            defer { group.cancelAll() }
            while let ending = try await group.next() {
                if let ending { return ending }
            }
            throw CancellationError()
        }
        return self.report(on: ending, seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    private func submit(to queue: SharedMemoryQueue) throws -> Job.ID {
        let document = self.document.jsonText(.compact)
        return try queue.access { queue, now throws(StoreError) in
            let version = queue.push(name: self.name, document: document, by: Self.submitter, now: now).version
            let job = NewJob(
                id: .new(at: now), workflow: version.workflow, workflowVersion: version.number,
                variables: self.variables, options: self.options, trace: InvocationTrace.current)
            return try queue.submit([job], by: Self.submitter, now: now)[0].id
        }
    }

    private func robot(for queue: SharedMemoryQueue, telling warnings: RunWarnings) throws -> RobotAgent {
        guard let robot = Robot.ID(rawValue: "here") else { preconditionFailure("The literal is a robot's ID") }
        // What its jobs come to is told by them, and what they warn of by `warnings`.
        let logger = CasareLogHandler.makeLogger(label: "casarectl", level: .error, format: .pretty)
        return RobotAgent(
            // Nobody else could take the job: the robot need not hurry to show that it is alive.
            broker: MemoryBroker(
                queue, leaseDuration: .seconds(3600),
                secrets: self.secrets.map { secrets in { @Sendable names in secrets.answers(to: names) } }),
            catalogue: StandardNodes.catalogue,
            configuration: RobotConfiguration(
                description: RobotDescription(
                    id: robot, environment: NewJob.environmentDefault, tags: [], capabilities: [], slots: Self.slots),
                workingDirectory: self.workingDirectory, policy: self.policy),
            logger: logger,
            onEvent: { event in
                if case .warning(let node, let message) = event { warnings.came(message, of: node) }
            })
    }

    /// Waits for the job's end, or for a question that nobody answers here, and tells of its retries.
    ///
    /// - Parameter deadline: no attempt begins after it.
    private func ending(
        of id: Job.ID, in queue: SharedMemoryQueue, _ changes: AsyncStream<Void>, by deadline: Date?
    ) async throws -> Ending {
        var attemptsTold = 0
        for await _ in changes {
            let (job, failures) = try queue.access { queue, _ throws(StoreError) in (queue.job(id), queue.failures(id))
            }
            if let job, job.status.isTerminal || job.status == .blocked { return .ended(job) }
            if let deadline, let job, let failure = failures.last, Self.isTooLate(job, for: deadline) {
                return .outOfTime(self.failure(after: failure))
            }
            if failures.count > attemptsTold, let job, let failure = failures.last,
                case .pending(let dueAt?) = job.state
            {
                attemptsTold = failures.count
                StandardStreams.report(
                    TerminalText.line(
                        "attempt \(job.attempt) failed: \(failure.message); the next one begins at "
                            + Timestamp.text(dueAt)))
            }
        }
        throw CancellationError()
    }

    // MARK: The time limit of the whole run

    /// Whether the attempt that comes next, or that runs, begins after the deadline.
    private static func isTooLate(_ job: Job, for deadline: Date) -> Bool {
        switch job.state {
        case .pending(let dueAt): (dueAt ?? .now) >= deadline
        case .running(let running): running.since >= deadline
        case .blocked, .paused, .finished: false
        }
    }

    /// Called when the time is over.
    ///
    /// - Returns: `nil` when the job ends by itself: its first attempt has the same limit, and tells what it came to.
    private func cutOff(_ id: Job.ID, in queue: SharedMemoryQueue) throws -> Ending? {
        let (job, failures) = try queue.access { queue, _ throws(StoreError) in (queue.job(id), queue.failures(id)) }
        guard let job, !job.status.isTerminal, job.status != .blocked else { return nil }
        guard let failure = failures.last else { return job.status == .running ? nil : .outOfTime(self.timeout()) }
        return .outOfTime(job.status == .running ? self.timeout(inAttempt: job.attempt) : self.failure(after: failure))
    }

    private var timeLimitText: String { TimeSpan.text(seconds: (self.timeLimit ?? .zero) / .seconds(1)) }

    private func timeout(inAttempt attempt: Int? = nil) -> Failure {
        Failure(
            kind: .timeout,
            message: "The run timed out after \(self.timeLimitText)" + (attempt.map { ", in attempt \($0)" } ?? ""),
            type: "TimeoutError")
    }

    /// The last attempt's failure, when no other attempt begins in time.
    private func failure(after last: Failure) -> Failure {
        var failure = last
        failure.message += "; no other attempt begins within the \(self.timeLimitText) that the run may take"
        return failure
    }

    // MARK: What it came to

    private func report(on ending: Ending, seconds: Double) -> RunReport {
        let (failure, result): (Failure?, RunResult?) =
            switch ending {
            case .outOfTime(let failure): (failure, .none)
            case .ended(let job):
                switch job.state {
                case .finished(let outcome): (outcome.failure, outcome.result)
                case .blocked(let question, _): (LocalRun.doubt(question), .none)
                case .pending, .running, .paused: preconditionFailure("The job has not ended")
                }
            }
        return RunReport(
            workflow: self.name, seconds: seconds, failure: failure,
            result: result
                ?? RunResult(success: false, error: failure?.message, variables: [:], logs: [], nodeErrors: []))
    }
}
