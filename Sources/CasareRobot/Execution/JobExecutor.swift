import CasareDomain
import CasareEngine
import CasareTelemetry
import FoundationEssentials
import Instrumentation
import Logging
import Tracing

/// Runs one leased job and reports how it ended.
struct JobExecutor: Sendable {
    let broker: any Broker
    let programs: ProgramCache
    let configuration: RobotConfiguration
    let logger: Logger
    let telemetry: RobotTelemetry
    let isStopRequested: @Sendable () -> Bool
    /// Whether a stop is one of this job alone, which somebody wants paused.
    var isPauseAsked: @Sendable () -> Bool = { false }
    /// Told when the run gets somewhere, many times a second.
    var onProgress: @Sendable (JobProgress.Event) -> Void = { _ in }
    /// Told what happens in the run, beside the log.
    var onEvent: @Sendable (RunEvent) -> Void = { _ in }
    var limits = ReportLimits()

    /// Ends when the job's fate has been reported, or when it must not be touched any more: its lease is lost or the
    /// task was cancelled.
    func execute(_ job: LeasedJob) async {
        var logger = self.logger
        logger[metadataKey: "job.id"] = "\(job.lease.job)"
        logger[metadataKey: "lease.token"] = "\(job.lease.token)"
        if let trace = job.trace { logger[metadataKey: "trace_id"] = "\(trace.traceID)" }
        if logger[metadataKey: "tenant"] == nil, let tenant = self.telemetry.tenant.name {
            logger[metadataKey: "tenant"] = .string(tenant)
        }
        let start = ContinuousClock.now
        self.telemetry.metrics.began(job)
        await self.telemetry.tracer.withSpan(
            "process \(self.telemetry.queue)", context: self.telemetry.context(of: job), ofKind: .consumer
        ) { [logger] span in
            self.telemetry.describe(job, on: span)
            logger.info("Leased job", metadata: ["workflow": "\(job.workflowName)", "attempt": "\(job.attempt)"])
            let end = await self.process(job, since: start, logger)
            self.telemetry.describe(end, on: span)
            // In its trace, to which the number leads.
            self.telemetry.metrics.ended(job, end, after: .now - start)
        }
    }

    private func process(
        _ job: LeasedJob, since start: ContinuousClock.Instant, _ logger: Logger
    ) async -> RobotMetrics.RunEnd {
        do {
            do {
                let conclusion = try await self.run(job, logger)
                return try await self.report(conclusion, of: job, since: start, logger)
            } catch BrokerError.refused(let reason) {
                // What it produced cannot be stored: asking again is of no use, and the job must not stay as it is.
                logger.error("The job's end was refused", metadata: ["error": "\(reason)"])
                let rejection = Self.rejected("The job's end could not be stored: \(reason)")
                return try await self.report(rejection, of: job, since: start, logger)
            } catch let error as StepTooLarge {
                logger.error("A step's result is too large", metadata: ["error": "\(error)"])
                let rejection = Self.rejected(error.description, type: "ResultTooLarge")
                return try await self.report(rejection, of: job, since: start, logger)
            }
        } catch is CancellationError {
            logger.notice("Stopped job: its lease can no longer be trusted")
        } catch BrokerError.leaseLost, BrokerError.sessionEnded {
            logger.notice("Stopped job: its lease has passed on")
        } catch {
            logger.error("The job's end could not be reported", metadata: ["error": "\(error)"])
        }
        return .lost
    }

    private func run(_ job: LeasedJob, _ logger: Logger) async throws -> RunConclusion {
        let program: Program
        switch self.programs.program(of: job) {
        case .success(let compiled): program = compiled
        case .failure(let rejection): return Self.rejected(rejection.description)
        }
        let directory = RunDirectory(of: job.lease.job, below: self.configuration.workingDirectory)
        // Of a run that was stopped another attempt may have begun here meanwhile.
        defer { if !Task.isCancelled { directory.removeIfEmpty() } }
        let warnings = JobWarnings(logger)
        defer { warnings.close() }
        let log = LogShipper(self.broker, job.lease, logger)
        // A run that only computes never asks for its journal, and what it has spent is not worth asking for.
        let journal = try await program.mayTakeTime ? self.journal(of: job).reading() : self.journal(of: job)
        let driver = RunDriver(
            program: program, runID: job.lease.job.description, seedID: job.origin?.description, options: job.options,
            variables: job.variables.merging([
                "_job_id": .string(job.lease.job.description), "_job_priority": .int(job.priority.rawValue),
            ]),
            secondsSpent: journal.known?.secondsSpent ?? 0, journal: journal,
            environment: RunEnvironment(
                workingDirectory: directory.path,
                openWorkingDirectory: { () throws(NodeFailure) in try directory.open() }, policy: self.policy(for: job),
                isStopRequested: self.isStopRequested,
                submitter: BrokerSubmitter(broker: self.broker, lease: job.lease, patience: Patience()),
                secrets: { try await self.secrets($0, under: job.lease) },
                onEvent: { [onEvent] event in
                    warnings.happened(event)
                    log.happened(event)
                    onEvent(event)
                },
                onProgress: { [onProgress] _ in onProgress(.moved) },
                onStep: { [onProgress] limit in
                    onProgress(limit.map { .stepBegan(timeLimit: $0) } ?? .stepEnded)
                }))
        do {
            return try await log.sending { try await self.traced(driver, of: job) }
        } catch let error as JournalMismatch {
            return Self.rejected(error.description)
        } catch let error as UnreadableJournal {
            return Self.rejected(error.description)
        }
    }

    /// Runs it in a span of its own, in which each node has one.
    private func traced(_ driver: RunDriver, of job: LeasedJob) async throws -> RunConclusion {
        let span = self.telemetry.tracer.startSpan("run \(job.workflowName)", ofKind: .internal)
        defer { span.end() }
        var driver = driver
        // Failures are told of runs that nobody records, too.
        let sink = self.telemetry.sink?.isHeard == true ? self.telemetry.sink : nil
        let spans =
            span.isRecording || sink != nil
            ? RunSpans(self.telemetry.tracer, failuresTo: sink, below: span.context) : nil
        driver.environment.observer = spans?.observer
        driver.environment.around = self.telemetry.around(spans)
        driver.environment.tracer = self.telemetry.tracer
        defer { spans?.end(on: span) }
        if span.isRecording {
            span.updateAttributes { attributes in
                attributes["casare.workflow.name"] = job.workflowName
                attributes["casare.workflow.version"] = job.workflowVersion
            }
        }
        return try await ServiceContext.withValue(span.context) { try await driver.run() }
    }

    /// A vault that cannot be reached is asked again for as long as the lease is trusted. One that will not answer,
    /// however often it is asked, fails the nodes that need something from it.
    private func secrets(_ request: SecretRequest, under lease: Lease) async throws -> [String: SecretAnswer] {
        do {
            return try await Patience().insist { () async throws(BrokerError) in
                try await self.broker.secrets(request.references, under: lease)
            }
        } catch BrokerError.refused(let reason) {
            return request.references.refused(.denied) { "The secret \"\($0)\" cannot be had: \(reason)" }
        }
    }

    private func report(
        _ conclusion: RunConclusion, of job: LeasedJob, since start: ContinuousClock.Instant, _ logger: Logger
    ) async throws -> RobotMetrics.RunEnd {
        let patience = Patience()
        let lease = job.lease
        let journal = self.journal(of: job)
        switch conclusion {
        case .finished(let result, let failure, let entries):
            let rows = try await journal.rows(beside: entries)
            let (result, failure) = result.storable(with: failure, bytesMax: self.limits.resultBytesMax)
            guard let failure else {
                try await self.telemetry.report(.complete) {
                    try await patience.insist { () async throws(BrokerError) in
                        try await self.broker.complete(lease, result: result, rows: rows)
                    }
                }
                self.telemetry.metrics.finished(job, .completed, after: .now - start)
                logger.info("Completed job")
                return .completed
            }
            let outcome = try await self.telemetry.report(.fail, of: failure.kind) {
                try await patience.insist { () async throws(BrokerError) in
                    try await self.broker.fail(lease, failure: failure, result: result, rows: rows)
                }
            }
            self.telemetry.metrics.failed(failure.kind, outcome)
            if case .deadLettered = outcome {
                self.telemetry.metrics.finished(job, .failed(failure.kind), after: .now - start)
            }
            logger.info("Job failed", metadata: ["kind": "\(failure.kind.rawValue)", "error": "\(failure.message)"])
            return .failed(failure.kind)
        case .inDoubt(let question, _, let entries):
            let rows = try await journal.rows(beside: entries)
            try await self.telemetry.report(.block) {
                try await patience.insist { () async throws(BrokerError) in
                    try await self.broker.block(lease, question: question, rows: rows)
                }
            }
            logger.warning("Blocked job: a step is in doubt", metadata: ["node": "\(question.node)"])
            return .blocked
        case .interrupted(let entries):
            try await journal.record(entries)
            // Whether it is paused or goes on elsewhere is decided where the wish is kept: it may be withdrawn by now.
            let isPaused = self.isPauseAsked()
            let reason = isPaused ? "The job is to be paused" : "The robot is stopping"
            try await self.telemetry.report(.release) {
                try await patience.insist { () async throws(BrokerError) in
                    try await self.broker.release(lease, reason: reason)
                }
            }
            logger.info("Released job", metadata: ["reason": "\(reason)"])
            return .released
        }
    }

    private func policy(for job: LeasedJob) -> NodePolicy {
        self.configuration.policy.applied(
            to: job.policy, isTighteningOnly: self.configuration.refusesLoosening)
    }

    private func journal(of job: LeasedJob) -> BrokerJournal {
        BrokerJournal(
            broker: self.broker, lease: job.lease, patience: Patience(), limits: self.limits,
            telemetry: self.telemetry)
    }

    private static func rejected(_ message: String, type: String = "ValidationError") -> RunConclusion {
        .finished(Self.failedResult(message), Failure(kind: .rejected, message: message, type: type), entries: [])
    }

    private static func failedResult(_ message: String) -> RunResult {
        RunResult(success: false, error: message, variables: [:], logs: [], nodeErrors: [])
    }
}
