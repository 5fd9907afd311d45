/// Jobs as messages, by the conventions of OpenTelemetry.
extension Instrument {
    package static let messagingOperationDuration = Instrument(
        "messaging.client.operation.duration", .histogram(bounds: Buckets.messaging), unit: "s",
        "Submitting, leasing or ending jobs, as whoever does it waits for it",
        attributes: [.messagingSystem, .messagingOperation, .messagingOperationType, .queue, .errorType], by: .every)
    package static let messagesSent = Instrument(
        "messaging.client.sent.messages", .counter, unit: "{message}",
        "Jobs that were to be made, by what became of it",
        attributes: [.messagingSystem, .messagingOperation, .queue, .errorType], by: .orchestrator)
    package static let messagesConsumed = Instrument(
        "messaging.client.consumed.messages", .counter, unit: "{message}",
        "Jobs that were handed to the robot, once for each attempt",
        attributes: [.messagingSystem, .messagingOperation, .queue, .errorType], by: .robot)
    package static let messageProcessDuration = Instrument(
        "messaging.process.duration", .histogram(bounds: Buckets.job), unit: "s",
        "One attempt of a job on the robot, from its lease to its report",
        attributes: [.messagingSystem, .messagingOperation, .queue, .errorType], by: .robot)
}
