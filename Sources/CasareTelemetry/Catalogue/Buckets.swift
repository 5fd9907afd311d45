/// Bounds of histograms, in seconds.
package enum Buckets {
    /// From when a tick of a schedule was due until it fired.
    package static let scheduleDelay: [Double] = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600]
    /// Rounds of background loops, commits, and statements.
    package static let database: [Double] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]
    /// As OpenTelemetry's conventions for HTTP advise.
    package static let http: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ]
}
