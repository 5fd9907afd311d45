import CasareDomain
import Tracing

/// Errors as records of a log. As events of spans, which they were once, OpenTelemetry does not want them any more.
extension RecordedSpan {
    private static let scope = "casare.tracing"

    /// Hands an error on, where somebody takes it and nobody below has told of it.
    ///
    /// - Parameter at: Nanoseconds of Unix time.
    func tell(of error: any Error, _ attributes: SpanAttributes, at time: UInt64) {
        guard let take = self.tracer.onException else { return }
        let lengthMax = self.tracer.limits.attributes.valueLength
        let limits = AttributeLimits(count: self.tracer.limits.attributesOfEvent, valueLength: lengthMax)
        var exception = ExceptionRecord(
            "exception", of: error, self.consequence,
            attributes: attributes.values(countMax: .max, lengthMax: lengthMax).kept, scope: Self.scope)
        exception.context = self.place
        let parent = self.isParentRemote ? nil : self.parent
        guard
            self.local.isFirst(toTell: exception.type, exception.message, in: self.place.spanID, below: parent)
        else { return }
        take(exception.record(at: LogTime(nanoseconds: self.local.time(of: time)), within: limits))
    }

    /// Nobody is above a server or a consumer who could still deal with it; everywhere else it is the caller.
    private var consequence: ExceptionRecord.Consequence {
        switch self.kind {
        case .server, .consumer: .unhandled
        case .client, .producer, .internal: .handled
        }
    }
}
