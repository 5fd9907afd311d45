import CasareDomain
import CasareStore
import CasareTelemetry
import CasareWire
import Instrumentation
import Tracing

/// The spans of one submit: what each of its jobs is below, wherever it is run.
///
/// One job has the submit's span. Of a batch each has one of its own, to which that of the batch links, up to a limit:
/// a thousand spans for one request would fill every queue on the way. The jobs beyond it are below the batch's.
struct SubmitSpans: Sendable {
    /// As many links as a span may have by itself.
    static let createdMax = 128

    /// What each job belongs to, in the order of the requests.
    let traces: [TraceCarrier]
    /// What is done for the submit is done in this.
    var context: ServiceContext { self.submit.context }
    private let submit: any Span
    private let created: [any Span]

    /// - Parameters:
    ///   - trace: what the request belongs to.
    ///   - isBatch: whether it is a batch, of however many jobs.
    init(_ requests: [SubmitJobRequest], trace: TraceCarrier, isBatch: Bool, tracer: any Tracer) {
        let queues = Set(requests.lazy.map(\.environment))
        let queue = queues.count == 1 ? queues.first : nil
        let span = tracer.startSpan(
            queue.map { "submit \($0)" } ?? "submit", ofKind: isBatch ? .client : .producer)
        self.submit = span
        let own = span.context.trace ?? trace
        guard span.isRecording else {
            self.created = []
            self.traces = Array(repeating: own, count: requests.count)
            return
        }
        span.updateAttributes { attributes in
            Self.describe("submit", "send", queue, &attributes)
            if isBatch { attributes["messaging.batch.message_count"] = requests.count }
            attributes["casare.trigger.type"] = OrchestratorMetrics.Maker.api.rawValue
            if !isBatch, let request = requests.first { Self.describe(request, &attributes) }
        }
        guard isBatch else {
            self.created = []
            self.traces = [own]
            return
        }
        var created: [any Span] = []
        for request in requests.prefix(Self.createdMax) {
            let one = tracer.startSpan("create \(request.environment)", context: span.context, ofKind: .producer)
            one.updateAttributes { attributes in
                Self.describe("create", "create", request.environment, &attributes)
                Self.describe(request, &attributes)
            }
            span.addLink(SpanLink(context: one.context, attributes: [:]))
            created.append(one)
        }
        self.created = created
        self.traces =
            created.map { $0.context.trace ?? own }
            + Array(repeating: own, count: requests.count - created.count)
    }

    /// The jobs are there. One that was found by its key has been submitted by another span.
    func end(_ jobs: [SubmittedJob]) {
        for (span, job) in zip(self.created, jobs) {
            span.attributes["messaging.message.id"] = job.id.description
            span.end()
        }
        for span in self.created.dropFirst(jobs.count) { span.end() }
        if self.created.isEmpty, let job = jobs.first, self.submit.isRecording {
            self.submit.attributes["messaging.message.id"] = job.id.description
        }
        self.submit.end()
    }

    func end(_ error: any Error) {
        let type = APIProblem(error).code.rawValue.lowercased()
        for span in self.created + [self.submit] {
            span.attributes["error.type"] = type
            span.setStatus(SpanStatus(code: .error))
            span.end()
        }
    }

    /// What the request says of the workflow: its name, unless it is its ID or a document, and of which version.
    private static func describe(_ request: SubmitJobRequest, _ attributes: inout SpanAttributes) {
        guard let workflow = request.workflow, Workflow.ID(workflow) == nil else { return }
        attributes["casare.workflow.name"] = workflow
        if let version = request.version { attributes["casare.workflow.version"] = version }
    }

    static func describe(
        _ operation: String, _ type: String, _ queue: String?, _ attributes: inout SpanAttributes
    ) {
        attributes["messaging.system"] = "casare"
        attributes["messaging.operation.name"] = operation
        attributes["messaging.operation.type"] = type
        if let queue { attributes["messaging.destination.name"] = queue }
    }
}
