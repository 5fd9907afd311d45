import CasareDomain
import CasarePostgres
import CasareStore
import CasareTelemetry
import CasareWire
import Instrumentation
import Tracing

/// The span in which a job is asked for that runs another one again. It belongs to whoever asks for it, and links to
/// the run that it repeats.
struct RerunSpan: Sendable {
    private let span: any Span
    /// What the new job belongs to.
    let trace: TraceCarrier
    private let verb: String

    /// - Parameter verb: `retry`, `replay`, `fork`.
    init(_ verb: String, of request: APIRequest) {
        self.verb = verb
        self.span = request.tracer.startSpan(verb, ofKind: .producer)
        self.trace = self.span.context.trace ?? request.trace
    }

    /// One of many that an operation has asked for. The job has its place from the transaction that made it: the span is
    /// made after the commit, at just that place.
    private init(_ verb: String, at place: TraceCarrier, by operation: Operation, _ tracer: any Tracer) {
        var context = ServiceContext.topLevel
        if let asked = operation.trace {
            context.trace = asked
            context.spanID = place.context.spanID
        } else {
            context.rootTrace = place.context
        }
        self.verb = verb
        self.span = tracer.startSpan(verb, context: context, ofKind: .producer)
        self.trace = place
    }

    /// Tells of a job that an operation has made of another one.
    ///
    /// - Parameter original: where that was run last.
    static func record(
        _ job: JobTally.Made, of original: TraceContext?, by operation: Operation, _ tracer: any Tracer
    ) {
        guard let place = job.trace else { return }
        let span = RerunSpan(operation.plan.verb.rawValue, at: place, by: operation, tracer)
        if let original { span.link(to: original) }
        span.end(job.id, queue: job.queue, workflow: job.workflow, by: .operation)
    }

    /// Does what makes the new job, in the span.
    ///
    /// - Parameter job: the new job in what `body` returns.
    static func record<Result: Sendable>(
        _ verb: String, of request: APIRequest, _ body: (RerunSpan) async throws -> Result,
        job: (Result) -> Job
    ) async throws -> Result {
        let span = RerunSpan(verb, of: request)
        do {
            let result = try await ServiceContext.withValue(span.span.context) { try await body(span) }
            let new = job(result)
            span.end(new.id, queue: new.environment, workflow: new.workflowName, version: new.workflowVersion)
            return result
        } catch {
            span.end(error)
            throw error
        }
    }

    /// Links to what is repeated, where that is worth a look into the database.
    func repeats(_ job: Job.ID, on connection: isolated PostgresConnection) throws {
        guard self.span.isRecording, let run = try JobTraceStore.lastAttempt(of: job, on: connection) else { return }
        self.link(to: run)
    }

    private func link(to run: TraceContext) {
        self.span.addLink(
            SpanLink(context: ServiceContext(TraceCarrier(run)), attributes: ["casare.link.type": "original"]))
    }

    private func end(
        _ job: Job.ID, queue: String, workflow: String, version: Int? = nil,
        by maker: OrchestratorMetrics.Maker = .rerun
    ) {
        if self.span.isRecording {
            self.span.operationName = "\(self.verb) \(queue)"
            self.span.updateAttributes { attributes in
                SubmitSpans.describe(self.verb, "send", queue, &attributes)
                attributes["messaging.message.id"] = job.description
                attributes["casare.workflow.name"] = workflow
                if let version { attributes["casare.workflow.version"] = version }
                attributes["casare.trigger.type"] = maker.rawValue
            }
        }
        self.span.end()
    }

    private func end(_ error: any Error) {
        self.span.attributes["error.type"] = APIProblem(error).code.rawValue.lowercased()
        self.span.setStatus(SpanStatus(code: .error))
        self.span.end()
    }
}

extension Services {
    /// An operation has run jobs again: tells of each. Call after the commit.
    ///
    /// - Parameter originals: where the jobs were run last that are run again, by the new ones.
    func reran(_ tally: JobTally, _ originals: [Job.ID: TraceContext], by operation: Operation) {
        guard self.tracer.makesSpans else { return }
        for job in tally.jobs { RerunSpan.record(job, of: originals[job.id], by: operation, self.tracer) }
    }
}
