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
    /// As OpenTelemetry's conventions for messaging advise, which are those for HTTP.
    package static let messaging = Self.http
    /// Jobs and runs, up to four hours.
    package static let job: [Double] = [
        0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400,
    ]
    /// What waits for a robot. 30 is what objectives are made of.
    package static let wait: [Double] = [
        0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600,
    ]
    /// Steps of workflows.
    package static let node: [Double] = [
        0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300,
    ]
}
