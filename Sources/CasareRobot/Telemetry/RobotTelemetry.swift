import CasareDomain
import CasareEngine
package import CasareTelemetry
import Instrumentation
import Logging
package import Tracing

/// What a robot tells of itself: spans of the jobs that it runs, and counts.
package struct RobotTelemetry: Sendable {
    package let tracer: any Tracer
    package let metrics: RobotMetrics
    let slots: SlotTime
    /// Takes what nodes fail with, on its way to a collector.
    let sink: LogSink?
    let queue: String
    let robot: String
    let tenant = TenantName()

    /// - Parameters:
    ///   - tracer: `NoOpTracer`: nothing is traced.
    ///   - sink: takes failures of nodes as records of a log.
    package init(
        of robot: RobotDescription, tracer: any Tracer = NoOpTracer(), registry: MetricRegistry,
        sink: LogSink? = nil
    ) {
        self.tracer = tracer
        self.queue = robot.environment
        self.robot = robot.id.rawValue
        self.metrics = RobotMetrics(registry, queue: robot.environment)
        self.sink = sink
        self.slots = SlotTime(slots: robot.slots)
        self.slots.register(in: registry, of: robot.id.rawValue)
    }

    /// For a robot that nobody looks at.
    package init(of robot: RobotDescription) {
        self.init(
            of: robot,
            registry: MetricRegistry(logger: Logger(label: "casare", factory: { _ in SwiftLogNoOpLogHandler() })))
    }

    // MARK: Leases

    /// Jobs came. An empty answer is nobody's business: robots ask all the time.
    func leased(_ jobs: [LeasedJob], since start: ContinuousClock.Instant, from instant: some TracerInstant) {
        guard !jobs.isEmpty else { return }
        self.metrics.leased(jobs, in: .now - start)
        let span = self.tracer.startSpan("lease \(self.queue)", context: .topLevel, ofKind: .client, at: instant)
        defer { span.end() }
        guard span.isRecording else { return }
        span.updateAttributes { attributes in
            self.describe("lease", "receive", &attributes)
            attributes["messaging.batch.message_count"] = jobs.count
        }
        for case let trace? in jobs.map(\.trace) {
            span.addLink(SpanLink(context: ServiceContext(trace), attributes: [:]))
        }
    }

    /// None came, because the other side was not there or gave none. That a robot is to end is no failure, nor that it has
    /// stopped asking.
    func leaseFailed(_ error: any Error, after duration: Duration) {
        switch error {
        case BrokerError.unavailable, BrokerError.refused, BrokerError.sessionEnded:
            self.metrics.leaseFailed(BrokerError.errorType(of: error), after: duration)
        default: break
        }
    }

    // MARK: Jobs

    /// Where the job's span begins: below what asked for the job, under the ID that follows from its lease. Everybody on
    /// the way from there is told the workflow and the tenant.
    func context(of job: LeasedJob) -> ServiceContext {
        var context = ServiceContext.topLevel
        context.trace = job.trace
        context.spanID = SpanID(of: job.lease)
        context.addBaggage("casare.workflow", job.workflowName)
        if let tenant = self.tenant.name { context.addBaggage("casare.tenant", tenant) }
        return context
    }

    func describe(_ job: LeasedJob, on span: any Span) {
        guard span.isRecording else { return }
        span.updateAttributes { attributes in
            self.describe("process", "process", &attributes)
            attributes["messaging.message.id"] = job.lease.job.description
            attributes["casare.workflow.name"] = job.workflowName
            attributes["casare.workflow.version"] = job.workflowVersion
            attributes["casare.job.attempt"] = job.attempt
        }
        guard let trace = job.trace else { return }
        span.addLink(SpanLink(context: ServiceContext(trace), attributes: ["casare.link.type": "submit"]))
        guard let token = job.previousToken else { return }
        let previous = TraceCarrier(
            TraceContext(
                traceID: trace.traceID, spanID: SpanID(of: Lease(job: job.lease.job, token: token)),
                flags: trace.context.flags))
        span.addLink(SpanLink(context: ServiceContext(previous), attributes: ["casare.link.type": "previous_attempt"]))
    }

    func describe(_ end: RobotMetrics.RunEnd, on span: any Span) {
        guard span.isRecording else { return }
        span.attributes["casare.run.result"] = end.result.description
        guard let kind = end.failureKind else { return }
        span.attributes["error.type"] = kind.description
        span.setStatus(SpanStatus(code: .error))
    }

    /// Tells the other side what became of the job, and counts how long that took and whether it was heard.
    ///
    /// - Throws: what `tell` throws.
    func report<Result: Sendable>(
        _ report: RobotMetrics.Report, of kind: Failure.Kind? = nil, _ tell: () async throws -> Result
    ) async throws -> Result {
        let start = ContinuousClock.now
        let span = self.tracer.startSpan("\(report.rawValue) \(self.queue)", ofKind: .client)
        defer { span.end() }
        if span.isRecording {
            span.updateAttributes { attributes in
                self.describe(report.rawValue, "settle", &attributes)
                if let kind { attributes["casare.failure.kind"] = kind.rawValue }
            }
        }
        do {
            let result = try await ServiceContext.withValue(span.context) { try await tell() }
            self.metrics.reported(report, took: .now - start, error: nil)
            return result
        } catch {
            let type = BrokerError.errorType(of: error)
            if case BrokerError.leaseLost = error { self.metrics.refused(report) }
            self.metrics.reported(report, took: .now - start, error: .string(type))
            span.attributes["error.type"] = type
            span.setStatus(SpanStatus(code: .error))
            throw error
        }
    }

    /// A commit of a journal that took as long has a span, and each that failed. The others are told by what is asked of
    /// the other side.
    static let slowCommit = Duration.seconds(1)

    /// Steps of a run are in its journal; or are not, for `error`.
    ///
    /// - Parameter instant: when the commit began.
    func committed(
        _ rows: [JournalRow], after duration: Duration, from instant: some TracerInstant, _ error: (any Error)? = nil
    ) {
        if error == nil { self.metrics.committed(after: duration) }
        if let error, case BrokerError.leaseLost = error { self.metrics.refused(.checkpoint) }
        guard error != nil || duration >= Self.slowCommit else { return }
        let span = self.tracer.startSpan(
            "checkpoint", context: .current ?? .topLevel, ofKind: .internal, at: instant)
        defer { span.end() }
        guard span.isRecording else { return }
        let bytes: Int = rows.reduce(0) { $0 + ($1.result?.utf8.count ?? 0) }
        span.updateAttributes { attributes in
            attributes["casare.checkpoint.steps"] = rows.count
            attributes["casare.checkpoint.bytes"] = bytes
            if let error { attributes["error.type"] = BrokerError.errorType(of: error) }
        }
        if error != nil { span.setStatus(SpanStatus(code: .error)) }
    }

    // MARK: Steps

    /// What the robot does around each step of a run: measures it, and makes its span current.
    func around(_ spans: RunSpans?) -> RunEnvironment.Around {
        { [metrics] step, work in
            let start = ContinuousClock.now
            do {
                let result: NodeResult
                if let context = spans?.context(of: step.node, in: step.workflow) {
                    result = try await ServiceContext.withValue(context) { try await work() }
                } else {
                    result = try await work()
                }
                metrics.stepEnded(step.nodeType, attempt: step.attempt, error: nil, after: .now - start)
                return result
            } catch {
                let took = ContinuousClock.now - start
                if let failure = step.failure(error) {
                    let type = StepErrorType.of(failure)
                    metrics.stepEnded(step.nodeType, attempt: step.attempt, error: type, after: took)
                } else {
                    metrics.stepLeft(step.nodeType, after: took)
                }
                throw error
            }
        }
    }

    private func describe(_ operation: String, _ type: String, _ attributes: inout SpanAttributes) {
        attributes["messaging.system"] = "casare"
        attributes["messaging.operation.name"] = operation
        attributes["messaging.operation.type"] = type
        attributes["messaging.destination.name"] = self.queue
        attributes["messaging.client.id"] = self.robot
        attributes["casare.robot.name"] = self.robot
    }
}

extension BrokerError {
    /// In few words, for metrics and spans.
    static func errorType(of error: any Error) -> String {
        switch error {
        case BrokerError.leaseLost: "lease_lost"
        case BrokerError.sessionEnded: "session_ended"
        case BrokerError.askedToEnd: "asked_to_end"
        case BrokerError.unavailable: "unavailable"
        case BrokerError.refused: "refused"
        case is CancellationError: "cancelled"
        default: "other"
        }
    }
}
