import CasareDomain
import CasareTelemetry
import FoundationEssentials
import OTLPProtos

extension ProtoAny {
    init(_ value: AttributeValue) {
        self.init()
        switch value {
        case .string(let text): self.stringValue = text
        case .int(let number): self.intValue = Int64(number)
        case .double(let number): self.doubleValue = number
        case .bool(let flag): self.boolValue = flag
        case .array(let values):
            var array = ProtoArray()
            array.values = values.map { ProtoAny($0) }
            self.arrayValue = array
        }
    }

    init(text: String) {
        self.init()
        self.stringValue = text
    }
}

extension ProtoKeyValue {
    init(_ key: AttributeKey, _ value: AttributeValue) {
        self.init()
        self.key = key.rawValue
        self.value = ProtoAny(value)
    }

    /// By key, so that the same attributes are always the same bytes.
    static func list(_ attributes: [AttributeKey: AttributeValue]) -> [ProtoKeyValue] {
        attributes.sorted { $0.key.rawValue < $1.key.rawValue }.map { ProtoKeyValue($0.key, $0.value) }
    }

    static func list(_ attributes: Attributes) -> [ProtoKeyValue] {
        attributes.members.map { ProtoKeyValue($0.key, $0.value) }
    }
}

extension TraceContext {
    /// As OTLP has it: 16 bytes.
    var traceBytes: Data {
        withUnsafeBytes(of: (self.traceID.high.bigEndian, self.traceID.low.bigEndian)) { Data($0) }
    }
    var spanBytes: Data { self.spanID.data }
    /// The bits of W3C, of which the lowest says that it is sampled.
    var flagBits: UInt32 { UInt32(self.flags) }
}

extension SpanID {
    /// As OTLP has it: 8 bytes.
    var data: Data { withUnsafeBytes(of: self.bits.bigEndian) { Data($0) } }
}

extension Date {
    /// Nanoseconds of Unix time; 0 for what was before it.
    var unixNanoseconds: UInt64 {
        let nanoseconds = (self.timeIntervalSince1970 * 1e9).rounded()
        guard nanoseconds > 0 else { return 0 }
        return UInt64(exactly: nanoseconds) ?? .max
    }
}
