import CasareDomain
import CasareStore
import CasareTelemetry
import Instrumentation
import Tracing

/// The span of a job that no request asked for: its creation. It begins its trace, unless what it came of does.
///
/// The job has the place in its row from the transaction that made it, and robots may run it before this is told: the
/// span is made after the commit, at just that place.
enum MadeSpan {
    /// - Parameters:
    ///   - origin: the span of what it came of, in the job's trace.
    ///   - cause: what the job came of in another trace, which this one links to.
    static func record(
        _ job: JobTally.Made, by maker: OrchestratorMetrics.Maker, below origin: ServiceContext? = nil,
        linkedTo cause: TraceCarrier? = nil, _ tracer: any Tracer
    ) {
        guard let trace = job.trace else { return }
        var context = origin ?? .topLevel
        if origin == nil { context.rootTrace = trace.context } else { context.spanID = trace.context.spanID }
        let span = tracer.startSpan("submit \(job.queue)", context: context, ofKind: .producer)
        defer { span.end() }
        guard span.isRecording else { return }
        span.updateAttributes { attributes in
            SubmitSpans.describe("submit", "send", job.queue, &attributes)
            attributes["messaging.message.id"] = job.id.description
            attributes["casare.workflow.name"] = job.workflow
            attributes["casare.trigger.type"] = maker.rawValue
            if let schedule = job.schedule { attributes["casare.schedule.name"] = schedule }
        }
        if let cause {
            span.addLink(SpanLink(context: ServiceContext(cause), attributes: ["casare.link.type": "cause"]))
        }
    }
}

extension Services {
    /// Jobs that begin traces of their own are there: counts them, and tells of each. Call after the commit.
    func made(_ tally: JobTally, by maker: OrchestratorMetrics.Maker) {
        self.metrics.made(tally, by: maker)
        guard self.tracer.makesSpans else { return }
        for job in tally.jobs { MadeSpan.record(job, by: maker, self.tracer) }
    }
}
