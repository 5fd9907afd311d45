import CasareDomain
import CasareEngine
import CasareNodes
import CasareRobot
import CasareStore
import CasareWire
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

    private static let submitter = "casarectl run"
    /// A job that waits for its calls keeps its slot, and each of these may call others.
    private static let slots = 100

    func report() async throws -> RunReport {
        let queue = SharedMemoryQueue()
        let (changes, changed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let observation = queue.observe { _ in changed.yield() }
        defer { queue.end(observation) }
        let start = ContinuousClock.now
        let id = try self.submit(to: queue)
        let robot = try self.robot(for: queue)
        let job = try await withThrowingTaskGroup(of: Job?.self) { group in
            group.addTask {
                try await robot.run()
                return nil
            }
            group.addTask { try await Self.ended(id, in: queue, changes) }
            // The robot ends when it is cancelled, and the group waits for that.
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
        guard let job else { throw CancellationError() }
        return self.report(on: job, seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    private func submit(to queue: SharedMemoryQueue) throws -> Job.ID {
        let document = self.document.jsonText(.compact)
        return try queue.access { queue, now throws(StoreError) in
            let version = queue.push(name: self.name, document: document, by: Self.submitter, now: now).version
            let job = NewJob(
                id: .new(at: now), workflow: version.workflow, workflowVersion: version.number,
                variables: self.variables, options: self.options)
            return try queue.submit([job], by: Self.submitter, now: now)[0].id
        }
    }

    private func robot(for queue: SharedMemoryQueue) throws -> RobotAgent {
        guard let robot = Robot.ID(rawValue: "here") else { preconditionFailure("The literal is a robot's ID") }
        var logger = Logger(label: "casarectl") { StreamLogHandler.standardError(label: $0) }
        // What its jobs come to is told by them.
        logger.logLevel = .error
        return RobotAgent(
            // Nobody else could take the job: the robot need not hurry to show that it is alive.
            broker: MemoryBroker(queue, leaseDuration: .seconds(3600)), catalogue: StandardNodes.catalogue,
            configuration: RobotConfiguration(
                description: RobotDescription(
                    id: robot, environment: NewJob.environmentDefault, tags: [], capabilities: [], slots: Self.slots),
                workingDirectory: self.workingDirectory, policy: self.policy),
            logger: logger)
    }

    /// Waits for the job's end, or for a question that nobody answers here, and tells of its retries.
    private static func ended(
        _ id: Job.ID, in queue: SharedMemoryQueue, _ changes: AsyncStream<Void>
    ) async throws -> Job? {
        var attemptsTold = 0
        for await _ in changes {
            let (job, failures) = try queue.access { queue, _ throws(StoreError) in (queue.job(id), queue.failures(id))
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
            if let job, job.status.isTerminal || job.status == .blocked { return job }
        }
        return nil
    }

    private func report(on job: Job, seconds: Double) -> RunReport {
        let (failure, result): (Failure?, RunResult?) =
            switch job.state {
            case .finished(let outcome): (outcome.failure, outcome.result)
            case .blocked(let question, _): (LocalRun.doubt(question), .none)
            case .pending, .running: preconditionFailure("The job has not ended")
            }
        return RunReport(
            workflow: self.name, seconds: seconds, failure: failure,
            result: result
                ?? RunResult(success: false, error: failure?.message, variables: [:], logs: [], nodeErrors: []))
    }
}
