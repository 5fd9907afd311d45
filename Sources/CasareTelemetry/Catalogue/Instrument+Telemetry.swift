/// What becomes of telemetry itself, by the conventions of OpenTelemetry ("SDK metrics").
extension Instrument {
    private static let component: [AttributeKey] = [.componentName, .componentType]

    // MARK: Exporters

    package static let exportedSpans = Instrument(
        "otel.sdk.exporter.span.exported", .counter, unit: "{span}", "Spans that were to be sent, by what became of it",
        attributes: Self.component + [.errorType], by: .every)
    package static let exportedDataPoints = Instrument(
        "otel.sdk.exporter.metric_data_point.exported", .counter, unit: "{data_point}",
        "Series of metrics that were to be sent, by what became of it", attributes: Self.component + [.errorType],
        by: .every)
    package static let exportedLogs = Instrument(
        "otel.sdk.exporter.log.exported", .counter, unit: "{log_record}",
        "Lines of the log that were to be sent, by what became of it", attributes: Self.component + [.errorType],
        by: .every)
    package static let exportDuration = Instrument(
        "otel.sdk.exporter.operation.duration", .histogram(bounds: Buckets.http), unit: "s",
        "One export, its repeats included", attributes: Self.component + [.errorType], by: .every)

    // MARK: Processors

    package static let processedSpans = Instrument(
        "otel.sdk.processor.span.processed", .counter, unit: "{span}",
        "Spans that were handed to their exporter, or dropped", attributes: Self.component + [.errorType], by: .every)
    package static let processedLogs = Instrument(
        "otel.sdk.processor.log.processed", .counter, unit: "{log_record}",
        "Lines of the log that were handed to their exporter, or dropped", attributes: Self.component + [.errorType],
        by: .every)
    package static let spanQueueSize = Instrument(
        "otel.sdk.processor.span.queue.size", .upDownCounter, unit: "{span}", "Spans that wait to be sent",
        attributes: Self.component, by: .every, isObserved: true)
    package static let spanQueueCapacity = Instrument(
        "otel.sdk.processor.span.queue.capacity", .upDownCounter, unit: "{span}", "Spans that may wait",
        attributes: Self.component, by: .every, isObserved: true)
    package static let logQueueSize = Instrument(
        "otel.sdk.processor.log.queue.size", .upDownCounter, unit: "{log_record}",
        "Lines of the log that wait to be sent", attributes: Self.component, by: .every, isObserved: true)
    package static let logQueueCapacity = Instrument(
        "otel.sdk.processor.log.queue.capacity", .upDownCounter, unit: "{log_record}", "Lines of the log that may wait",
        attributes: Self.component, by: .every, isObserved: true)
}
