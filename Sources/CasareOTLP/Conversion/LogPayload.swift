import CasareTelemetry
import GRPCCore
import OTLPProtos

/// Log records as OTLP has them.
struct LogPayload: OTLPPayload {
    let origin: OTLPOrigin

    static let signal = Signal.logs
    static let method = ProtoLogsService.Method.Export.descriptor
    static let componentType = "otlp_grpc_log_exporter"
    static let instrument = Instrument.exportedLogs

    func pieces(of items: [TelemetryLogRecord]) -> [TelemetryLogRecord] { items }

    /// What one logger wrote stands together, in the order in which it was written.
    func request(of pieces: ArraySlice<TelemetryLogRecord>) -> ProtoLogsRequest {
        var places: [String: Int] = [:]
        var scopes: [ProtoScopeLogs] = []
        for record in pieces {
            if let place = places[record.scope] {
                scopes[place].logRecords.append(ProtoLogRecord(record))
            } else {
                places[record.scope] = scopes.count
                var scope = ProtoScopeLogs()
                scope.scope = self.origin.scope(named: record.scope)
                scope.logRecords = [ProtoLogRecord(record)]
                scope.schemaURL = OTLPOrigin.schemaURL
                scopes.append(scope)
            }
        }
        var resource = ProtoResourceLogs()
        resource.resource = self.origin.resource
        resource.scopeLogs = scopes
        resource.schemaURL = OTLPOrigin.schemaURL
        var request = ProtoLogsRequest()
        request.resourceLogs = [resource]
        return request
    }

    static func partialSuccess(in response: ProtoLogsResponse) -> PartialSuccess? {
        guard response.hasPartialSuccess else { return nil }
        return PartialSuccess(
            rejected: response.partialSuccess.rejectedLogRecords, message: response.partialSuccess.errorMessage)
    }
}

extension ProtoLogRecord {
    init(_ record: TelemetryLogRecord) {
        self.init()
        // It is seen where it is written, at the same moment.
        self.timeUnixNano = record.at
        self.observedTimeUnixNano = record.at
        self.severityNumber = ProtoSeverity(rawValue: record.severity) ?? .unspecified
        self.severityText = record.severityText
        self.body = ProtoAny(text: record.body)
        self.eventName = record.eventName ?? ""
        self.attributes = ProtoKeyValue.list(record.attributes)
        self.droppedAttributesCount = UInt32(clamping: record.attributesDropped)
        guard let context = record.context else { return }
        self.traceID = context.traceBytes
        self.spanID = context.spanBytes
        self.flags = context.flagBits
    }
}
