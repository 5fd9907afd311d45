import CasareDomain
package import OTLPProtos

extension OTLPValidator {
    /// Judges a request.
    ///
    /// - Returns: what came.
    package mutating func take(
        _ request: Opentelemetry_Proto_Collector_Logs_V1_ExportLogsServiceRequest
    ) -> [OTLPReceiver.LogRecord] {
        var taken: [OTLPReceiver.LogRecord] = []
        self.checkParts(request.resourceLogs.map(\.scopeLogs.count).reduce(0, +), in: .logs)
        for group in request.resourceLogs {
            for part in group.scopeLogs {
                let origin = OTLPReceiver.Origin(group.resource, part.scope)
                self.check(group.resource, part.scope, of: origin, in: .logs)
                self.checkItems(part.logRecords.count, in: .logs, from: origin)
                for raw in part.logRecords {
                    let record = OTLPReceiver.LogRecord(raw, origin)
                    self.check(record, raw)
                    taken.append(record)
                }
            }
        }
        return taken
    }

    private mutating func check(_ record: OTLPReceiver.LogRecord, _ raw: Opentelemetry_Proto_Logs_V1_LogRecord) {
        let name = record.eventName.isEmpty ? record.origin.scope : record.eventName
        let subject = Subject(signal: .logs, origin: record.origin, name: name)
        self.checkCanaries(raw, subject)
        self.checkKeys(raw.attributes, subject)
        self.checkCount(raw.attributes.count, "attributes", subject)
        if record.at != 0 || record.observedAt == 0 { self.checkTime(record.at, "the time", subject) }
        if record.observedAt != 0 { self.checkTime(record.observedAt, "the time of its observation", subject) }
        if !(1...24).contains(record.severity) { self.report(.severity, subject, "\(record.severity)") }
        let isTraceWrong = !record.traceID.isEmpty && !Self.isValid(record.traceID, bytes: 16)
        let isSpanWrong = !record.spanID.isEmpty && !Self.isValid(record.spanID, bytes: 8)
        if isTraceWrong || isSpanWrong || !record.spanID.isEmpty && record.traceID.isEmpty {
            self.report(.logContext, subject, "'\(record.traceID)', '\(record.spanID)'")
        }
        if record.body.isNull || record.body == "", record.eventName.isEmpty {
            self.report(.logBody, subject, "it says nothing")
        }
    }
}
