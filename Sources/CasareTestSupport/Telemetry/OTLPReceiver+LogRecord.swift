package import CasareDomain
import OTLPProtos

extension OTLPReceiver {
    /// A log record as it came. IDs are small hex digits, empty where there is none; times are nanoseconds of Unix time.
    package struct LogRecord: Hashable, Sendable {
        package let origin: Origin
        /// 0 where it says none, as are the other times.
        package let at: UInt64
        package let observedAt: UInt64
        /// 1 to 24; 0 where it says none.
        package let severity: Int
        package let severityText: String
        /// `null` where there is none.
        package let body: Value
        package let eventName: String
        package let attributes: [String: Value]
        package let attributesDropped: Int
        package let traceID: String
        package let spanID: String
        package let flags: UInt32

        init(_ record: Opentelemetry_Proto_Logs_V1_LogRecord, _ origin: Origin) {
            self.origin = origin
            self.at = record.timeUnixNano
            self.observedAt = record.observedTimeUnixNano
            self.severity = record.severityNumber.rawValue
            self.severityText = record.severityText
            self.body = OTLPReceiver.value(record.body)
            self.eventName = record.eventName
            self.attributes = OTLPReceiver.attributes(record.attributes)
            self.attributesDropped = Int(record.droppedAttributesCount)
            self.traceID = OTLPReceiver.hex(record.traceID)
            self.spanID = OTLPReceiver.hex(record.spanID)
            self.flags = record.flags
        }
    }
}
