/// Requests, by the conventions of OpenTelemetry, and streams.
extension Instrument {
    package static let httpRequestDuration = Instrument(
        "http.server.request.duration", .histogram(bounds: Buckets.http), unit: "s",
        "From a request's arrival to its answer; long polls wait on purpose",
        attributes: [.method, .scheme, .route, .status, .errorType], by: .orchestrator)
    package static let httpActiveRequests = Instrument(
        "http.server.active_requests", .upDownCounter, unit: "{request}", "Requests that are being answered",
        attributes: [.method, .scheme], by: .orchestrator)
    package static let streamActive = Instrument(
        "casare.stream.active", .upDownCounter, unit: "{connection}", "Streams over WebSocket that are open",
        attributes: [.stream], by: .orchestrator)
    package static let httpClientRequestDuration = Instrument(
        "http.client.request.duration", .histogram(bounds: Buckets.http), unit: "s",
        "From sending a request until its answer; of long polls those alone that failed",
        attributes: [.method, .serverAddress, .serverPort, .status, .errorType], by: .robot)
}
