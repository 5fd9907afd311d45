import CasareDomain
import CasareStore
import CasareTelemetry
import FoundationEssentials
import Instrumentation
import Tracing

/// The span of what a job came of that no request asked for: a schedule's tick, or what came to a trigger. It begins the
/// trace, also where no job came of it, and the job's own span is below it.
///
/// The job has its place in that trace from the transaction that made it, and robots may run it before this is told. So
/// the span is made after the commit, around that place; it lasts as long as the transaction, which others share with it.
struct OriginSpan {
    /// Of one transaction. Jobs of further ticks and deliveries begin their traces themselves: more would fill the
    /// queue on the way to where traces are kept.
    static let toldMax = 500

    private let span: any Span
    private let tracer: any Tracer

    /// - Parameters:
    ///   - name: `fire` or `receive`, and of what.
    ///   - job: that came of it just now.
    ///   - start: of the transaction.
    ///   - cause: what it came of in another trace, which this one links to.
    private init(
        _ name: String, of job: JobTally.Made?, since start: DefaultTracerClock.Timestamp,
        linkedTo cause: TraceCarrier?, _ tracer: any Tracer
    ) {
        var context = ServiceContext.topLevel
        // Whether the trace is recorded stands with the job.
        if let trace = job?.trace { context.rootTrace = trace.context.child() }
        self.tracer = tracer
        self.span = tracer.startSpan(name, context: context, ofKind: .internal, at: start)
        if let cause, self.span.isRecording {
            self.span.addLink(SpanLink(context: ServiceContext(cause), attributes: ["casare.link.type": "cause"]))
        }
    }

    private func end(making job: JobTally.Made?, by maker: OrchestratorMetrics.Maker) {
        if let job { MadeSpan.record(job, by: maker, below: self.span.context, self.tracer) }
        self.span.end()
    }

    private func failed(_ errorType: String) {
        self.span.attributes["error.type"] = errorType
        self.span.setStatus(SpanStatus(code: .error))
    }

    // MARK: - Schedules

    static func record(
        _ tick: TickReport, job: JobTally.Made?, by maker: OrchestratorMetrics.Maker,
        since start: DefaultTracerClock.Timestamp, linkedTo cause: TraceCarrier?, _ tracer: any Tracer
    ) {
        let fire = OriginSpan("fire \(tick.name)", of: job, since: start, linkedTo: cause, tracer)
        if fire.span.isRecording {
            fire.span.updateAttributes { attributes in Self.describe(tick, &attributes) }
            if let errorType = tick.reason?.errorType { fire.failed(errorType) }
        }
        fire.end(making: job, by: maker)
    }

    private static func describe(_ tick: TickReport, _ attributes: inout SpanAttributes) {
        attributes["casare.schedule.name"] = tick.name
        attributes["casare.schedule.id"] = tick.schedule.description
        attributes["casare.schedule.tick.time"] = tick.at.formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        if tick.count > 1 { attributes["casare.schedule.tick.count"] = tick.count }
        attributes["casare.schedule.tick.origin"] = tick.origin.rawValue
        // As it counts; one that waits for the job that is under way does not yet.
        attributes["casare.schedule.tick.result"] = tick.counted?.rawValue ?? tick.result.rawValue
        if let reason = tick.reason { attributes["casare.schedule.tick.reason"] = reason.rawValue }
        attributes["casare.schedule.tick.lateness"] = tick.lateness
    }

    /// A schedule whose moment had come could not be fired: nothing was done, and it is tried again.
    static func record(
        failureOf schedule: Schedule.ID, _ error: any Error, since start: DefaultTracerClock.Timestamp,
        _ tracer: any Tracer
    ) {
        let fire = OriginSpan("fire", of: nil, since: start, linkedTo: nil, tracer)
        if fire.span.isRecording {
            fire.span.attributes["casare.schedule.id"] = schedule.description
            fire.failed(error.telemetryType)
        }
        fire.span.end()
    }

    // MARK: - Triggers

    static func record(
        _ receipt: TriggerReceipt, job: JobTally.Made?, since start: DefaultTracerClock.Timestamp,
        linkedTo cause: TraceCarrier?, _ tracer: any Tracer
    ) {
        let receive = OriginSpan("receive \(receipt.trigger)", of: job, since: start, linkedTo: cause, tracer)
        if receive.span.isRecording {
            receive.span.updateAttributes { attributes in
                attributes["casare.trigger.name"] = receipt.trigger
                attributes["casare.trigger.type"] = receipt.kind.rawValue
                attributes["casare.trigger.result"] = receipt.result.rawValue
            }
            if receipt.result == .failed { receive.failed(receipt.result.rawValue) }
        }
        receive.end(making: job, by: .trigger)
    }
}

extension SkipReason {
    /// Of a tick that should have fired and could not; `nil` where it was not to.
    fileprivate var errorType: String? {
        switch self {
        case .refused, .invalid: self.rawValue
        case .paused, .overlap, .calendar, .blackout, .missed, .ended, .bufferFull, .restored: nil
        }
    }
}

extension Services {
    /// Schedules fired: counts the jobs that came of it, and tells of ticks and jobs. Call after the commit.
    ///
    /// - Parameters:
    ///   - start: of the transaction.
    ///   - cause: what made them fire, in another trace.
    func fired(
        _ ticks: [TickReport], _ tally: JobTally, by maker: OrchestratorMetrics.Maker = .schedule,
        since start: DefaultTracerClock.Timestamp = DefaultTracerClock.now, linkedTo cause: TraceCarrier? = nil
    ) {
        self.tell(ticks, job: \.job, tally, by: maker, linkedTo: cause) { tick, job in
            OriginSpan.record(tick, job: job, by: maker, since: start, linkedTo: cause, self.tracer)
        }
    }

    /// Something came to triggers: the same.
    func received(
        _ receipts: [TriggerReceipt], _ tally: JobTally,
        since start: DefaultTracerClock.Timestamp = DefaultTracerClock.now, linkedTo cause: TraceCarrier? = nil
    ) {
        self.tell(receipts, job: \.job, tally, by: .trigger, linkedTo: cause) { receipt, job in
            OriginSpan.record(receipt, job: job, since: start, linkedTo: cause, self.tracer)
        }
    }

    private func tell<Origin>(
        _ origins: [Origin], job: (Origin) -> Job.ID?, _ tally: JobTally, by maker: OrchestratorMetrics.Maker,
        linkedTo cause: TraceCarrier?, _ record: (Origin, JobTally.Made?) -> Void
    ) {
        self.metrics.made(tally, by: maker)
        guard self.tracer.makesSpans else { return }
        // One that is not among them was there before.
        var made = Dictionary(tally.jobs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for origin in origins.prefix(OriginSpan.toldMax) {
            record(origin, job(origin).flatMap { made.removeValue(forKey: $0) })
        }
        for job in tally.jobs where made[job.id] != nil {
            MadeSpan.record(job, by: maker, linkedTo: cause, self.tracer)
        }
    }
}
