import CasareDomain
import Logging

/// A line of the log, before it is text.
struct LogLine {
    let time: LogTime
    let level: Logger.Level
    let label: String
    let service: String?
    /// The module that logged it.
    let source: String
    let message: String
    let error: (any Error)?
    let metadata: Logger.Metadata
    let place: LogPlace

    /// The metadata as lines have it: with the place in the trace, and what swift-log's own handler says of an error.
    private var shown: Logger.Metadata {
        var shown = self.metadata
        shown[LogPlace.traceKey] = self.place.traceID.map { .string($0) }
        shown[LogPlace.spanKey] = self.place.spanID.map { .string($0) }
        if let error {
            shown["error.message"] = "\(error)"
            shown["error.type"] = .string(String(reflecting: type(of: error)))
        }
        return shown
    }

    /// As swift-log's own handler writes it.
    var pretty: String {
        let metadata = self.shown.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return "\(self.time.localText) \(self.level)\(self.label.isEmpty ? "" : " ")\(self.label):\(metadata) "
            + "[\(self.source)] \(self.message)"
    }

    /// An object on one line. Metadata whose key is one of the others' stands below `metadata.`.
    var json: String {
        var object = Object()
        object["time"] = .string(self.time.utcText)
        object["level"] = .string(self.level.rawValue)
        if let service { object["service"] = .string(service) }
        object["label"] = .string(self.label)
        object["message"] = .string(self.message)
        if let traceID = self.place.traceID { object[LogPlace.traceKey] = .string(traceID) }
        if let spanID = self.place.spanID { object[LogPlace.spanKey] = .string(spanID) }
        for (key, value) in self.shown.flattened where key != LogPlace.traceKey && key != LogPlace.spanKey {
            let isTaken = ["time", "level", "service", "label", "message"].contains(key)
            object[isTaken ? "metadata.\(key)" : key] = value.json
        }
        return Value.object(object).jsonText(.compact)
    }

    /// As it is sent.
    func record(within limits: AttributeLimits) -> TelemetryLogRecord {
        var attributes = LogAttributes(within: limits)
        if let error {
            attributes.add(.exceptionType, .string(error.typeName))
            attributes.add(.exceptionMessage, .string("\(error)"))
        }
        var metadata = self.metadata
        if self.place.context != nil {
            metadata[LogPlace.traceKey] = nil
            metadata[LogPlace.spanKey] = nil
        }
        for (key, value) in metadata.flattened { attributes.add(AttributeKey(rawValue: key), value) }
        return TelemetryLogRecord(
            severity: self.level.severity, severityText: self.level.rawValue, at: self.time.nanoseconds,
            body: self.message, attributes: attributes.members, attributesDropped: attributes.dropped,
            context: self.place.context, scope: self.label)
    }
}

extension Logger.Level {
    /// As OpenTelemetry numbers severities.
    var severity: Int {
        switch self {
        case .trace: 1
        case .debug: 5
        case .info: 9
        case .notice: 10
        case .warning: 13
        case .error: 17
        case .critical: 21
        }
    }
}

extension AttributeValue {
    fileprivate var json: Value {
        switch self {
        case .string(let text): .string(text)
        case .int(let number): .int(number)
        case .double(let number): .double(number)
        case .bool(let flag): .bool(flag)
        case .array(let values): .list(values.map(\.json))
        }
    }
}
