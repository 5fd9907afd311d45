import CasareDomain
import CasareTelemetry
import FoundationEssentials

extension ConsoleLine {
    init(_ span: FinishedSpan) {
        var object: Object = [
            "span": .string(span.name), "kind": .string("\(span.kind)"), "trace_id": .string("\(span.context.traceID)"),
            "span_id": .string("\(span.context.spanID)"),
        ]
        object["parent_span_id"] = span.parent.map { .string("\($0)") }
        object["start"] = .string(Self.time(span.startedAt))
        object["seconds"] = .double(Double(span.endedAt &- min(span.startedAt, span.endedAt)) / 1e9)
        switch span.status {
        case .unset: break
        case .ok: object["status"] = "ok"
        case .error(let message):
            object["status"] = "error"
            object["message"] = message.map { .string($0) }
        }
        object["attributes"] = Self.object(span.attributes)
        if !span.events.isEmpty {
            object["events"] = .list(
                span.events.map { event in
                    .object([
                        "event": .string(event.name), "at": .string(Self.time(event.at)),
                        "attributes": Self.object(event.attributes),
                    ])
                })
        }
        if !span.links.isEmpty {
            object["links"] = .list(
                span.links.map { link in
                    .object([
                        "trace_id": .string("\(link.context.traceID)"), "span_id": .string("\(link.context.spanID)"),
                        "attributes": Self.object(link.attributes),
                    ])
                })
        }
        self.init(object)
    }

    init(_ record: TelemetryLogRecord) {
        var object: Object = [
            "log": .string(record.body), "severity": .string(record.severityText), "at": .string(Self.time(record.at)),
            "logger": .string(record.scope),
        ]
        object["event"] = record.eventName.map { .string($0) }
        if let context = record.context {
            object["trace_id"] = .string("\(context.traceID)")
            object["span_id"] = .string("\(context.spanID)")
        }
        object["attributes"] = Self.object(record.attributes)
        self.init(object)
    }

    /// A line for each metric.
    static func lines(_ snapshot: MetricSnapshot) -> [ConsoleLine] {
        snapshot.metrics.map { metric in
            let points = Self.points(metric.points)
            return ConsoleLine(
                [
                    "metric": .string(metric.instrument.name), "unit": .string(metric.instrument.unit),
                    "at": .string(Self.time(snapshot.takenAt.unixNanoseconds)), "points": .list(points),
                ], pieces: points.count)
        }
    }

    private static func points(_ points: Metric.Points) -> [Value] {
        switch points {
        case .numbers(let points):
            points.map { .object(["attributes": Self.object($0.attributes), "value": Self.value($0.value)]) }
        case .histograms(let points):
            points.map { point in
                .object([
                    "attributes": Self.object(point.attributes), "count": .int(point.count), "sum": .double(point.sum),
                    "bounds": .list(point.bounds.map { .double($0) }), "counts": .list(point.counts.map { .int($0) }),
                ])
            }
        case .exponentialHistograms(let points):
            points.map { point in
                .object([
                    "attributes": Self.object(point.attributes), "count": .int(point.count), "sum": .double(point.sum),
                    "scale": .int(point.scale), "zero": .int(point.zeroCount), "positive": Self.object(point.positive),
                    "negative": Self.object(point.negative),
                ])
            }
        }
    }

    // MARK: Values

    private static func object(_ buckets: ExponentialHistogramPoint.Buckets) -> Value {
        .object(["offset": .int(buckets.offset), "counts": .list(buckets.counts.map { .int($0) })])
    }

    private static func object(_ attributes: [AttributeKey: AttributeValue]) -> Value {
        let sorted = attributes.sorted { $0.key.rawValue < $1.key.rawValue }
        return .object(Object(sorted.map { ($0.key.rawValue, Self.value($0.value)) }))
    }

    private static func object(_ attributes: Attributes) -> Value {
        .object(Object(attributes.members.map { ($0.key.rawValue, Self.value($0.value)) }))
    }

    private static func value(_ value: AttributeValue) -> Value {
        switch value {
        case .string(let text): .string(text)
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        case .bool(let flag): .bool(flag)
        case .array(let values): .list(values.map { Self.value($0) })
        }
    }

    private static func value(_ value: MetricValue) -> Value {
        switch value {
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        }
    }

    /// - Parameter nanoseconds: of Unix time.
    private static func time(_ nanoseconds: UInt64) -> String {
        Date.ISO8601FormatStyle(includingFractionalSeconds: true).format(
            Date(timeIntervalSince1970: Double(nanoseconds) / 1e9))
    }
}
