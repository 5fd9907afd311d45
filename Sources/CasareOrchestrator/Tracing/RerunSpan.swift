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

    /// Does what makes the new job, in the span.
    ///
    /// - Parameter job: the new job in what `body` returns.
    static func record<Result: Sendable>(
        _ verb: String, of request: APIRequest, _ body: (RerunSpan) async throws -> Result,
        job: (Result) -> (id: Job.ID, queue: String)
    ) async throws -> Result {
        let span = RerunSpan(verb, of: request)
        do {
            let result = try await ServiceContext.withValue(span.span.context) { try await body(span) }
            let (id, queue) = job(result)
            span.end(id, queue: queue)
            return result
        } catch {
            span.end(error)
            throw error
        }
    }

    /// Links to what is repeated, where that is worth a look into the database.
    func repeats(_ job: Job.ID, on connection: isolated PostgresConnection) throws {
        guard self.span.isRecording, let run = try JobTraceStore.lastAttempt(of: job, on: connection) else { return }
        self.span.addLink(
            SpanLink(context: ServiceContext(TraceCarrier(run)), attributes: ["casare.link.type": "original"]))
    }

    private func end(_ job: Job.ID, queue: String) {
        if self.span.isRecording {
            self.span.operationName = "\(self.verb) \(queue)"
            self.span.updateAttributes { attributes in
                attributes["messaging.system"] = "casare"
                attributes["messaging.operation.name"] = self.verb
                attributes["messaging.operation.type"] = "send"
                attributes["messaging.destination.name"] = queue
                attributes["messaging.message.id"] = job.description
                attributes["casare.trigger.type"] = OrchestratorMetrics.Maker.rerun.rawValue
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
