/// The attributes of Casare's metrics. Where OpenTelemetry has a name for a thing, it is that one.
extension AttributeKey {
    package static let queue: AttributeKey = "messaging.destination.name"
    package static let jobState: AttributeKey = "casare.job.state"
    package static let workflow: AttributeKey = "casare.workflow.name"
    package static let triggerType: AttributeKey = "casare.trigger.type"
    package static let triggerResult: AttributeKey = "casare.trigger.result"
    package static let deadLetterState: AttributeKey = "casare.dlq.state"
    package static let robot: AttributeKey = "casare.robot.name"
    package static let robotState: AttributeKey = "casare.robot.state"
    package static let schedule: AttributeKey = "casare.schedule.name"
    package static let scheduleState: AttributeKey = "casare.schedule.state"
    package static let tickResult: AttributeKey = "casare.schedule.tick.result"
    package static let objective: AttributeKey = "casare.schedule.sla.objective"
    package static let loop: AttributeKey = "casare.loop.name"
    package static let metricGroup: AttributeKey = "casare.metric.group"
    /// Why something failed, in few words; absent where nothing did.
    package static let errorType: AttributeKey = "error.type"
    package static let method: AttributeKey = "http.request.method"
    package static let route: AttributeKey = "http.route"
    package static let status: AttributeKey = "http.response.status_code"
    package static let scheme: AttributeKey = "url.scheme"
}
