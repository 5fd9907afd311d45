/// What a process asks of the database, by the conventions of OpenTelemetry.
extension Instrument {
    package static let databaseOperationDuration = Instrument(
        "db.client.operation.duration", .histogram(bounds: Buckets.database), unit: "s", "One statement",
        attributes: [
            .databaseSystem, .databaseNamespace, .databaseOperation, .databaseCollection, .databaseQuery,
            .serverAddress, .errorType,
        ], by: .every)

    // MARK: The pool of connections

    package static let connectionCount = Instrument(
        "db.client.connection.count", .upDownCounter, unit: "{connection}", "Connections that are open, by state",
        attributes: [.connectionPool, .connectionState], by: .every, isObserved: true)
    package static let connectionMax = Instrument(
        "db.client.connection.max", .upDownCounter, unit: "{connection}", "Connections that there may be",
        attributes: [.connectionPool], by: .every, isObserved: true)
    package static let connectionPendingRequests = Instrument(
        "db.client.connection.pending_requests", .upDownCounter, unit: "{request}", "Work that waits for a connection",
        attributes: [.connectionPool], by: .every, isObserved: true)
    package static let connectionTimeouts = Instrument(
        "db.client.connection.timeouts", .counter, unit: "{timeout}", "Waits for a connection that were given up",
        attributes: [.connectionPool], by: .every)
    package static let connectionWaitTime = Instrument(
        "db.client.connection.wait_time", .histogram(bounds: Buckets.database), unit: "s",
        "How long work waited for a connection that it got", attributes: [.connectionPool], by: .every)
}
