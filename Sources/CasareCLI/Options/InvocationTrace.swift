import CasareDomain

/// The trace that all requests of one call of casarectl belong to.
enum InvocationTrace {
    /// Of this process: the one that it was called in, or a new one.
    static let current = Self.given(by: .process) ?? .makeRoot()

    /// The trace that whoever called casarectl is in, as its environment says (OpenTelemetry, "Environment Variables as
    /// Context Propagation Carriers").
    ///
    /// - Returns: `nil` where nothing valid is said.
    static func given(by environment: Environment) -> TraceCarrier? {
        TraceCarrier(
            traceparent: environment.nonEmpty("TRACEPARENT"), tracestate: environment.nonEmpty("TRACESTATE"),
            baggage: environment.nonEmpty("BAGGAGE"))
    }
}
