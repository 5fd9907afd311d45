import CasareDomain
import CasareStore
import CasareTelemetry
import Instrumentation
import Tracing

/// The span of a job that no request asked for: its creation, and the beginning of its trace.
///
/// The job has the place in its row from the transaction that made it, and robots may run it before this is told: the
/// span is made after the commit, at just that place.
enum MadeSpan {
    /// - Parameter cause: what the job came of in another trace, which this one links to.
    static func record(
        _ job: JobTally.Made, by maker: OrchestratorMetrics.Maker, linkedTo cause: TraceCarrier?, _ tracer: any Tracer
    ) {
        guard let trace = job.trace else { return }
        var context = ServiceContext.topLevel
        context.rootTrace = trace.context
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
    ///
    /// - Parameter cause: what they came of in another trace.
    func made(_ tally: JobTally, by maker: OrchestratorMetrics.Maker, linkedTo cause: TraceCarrier? = nil) {
        self.metrics.made(tally, by: maker)
        guard !(self.tracer is NoOpTracer) else { return }
        for job in tally.jobs { MadeSpan.record(job, by: maker, linkedTo: cause, self.tracer) }
    }
}
