package import CasareDomain
import FoundationEssentials
import OTLPProtos

extension OTLPReceiver {
    package enum Signal: String, Hashable, Sendable, CaseIterable { case traces, metrics, logs }

    /// How the points of a metric are to be put together.
    package enum Temporality: Int, Hashable, Sendable { case delta = 1, cumulative }

    /// Who sent an item: a program, and the part of it that made the item.
    package struct Origin: Hashable, Sendable {
        package let resource: [String: Value]
        package let scope: String
        package let scopeVersion: String

        package var service: String { self.resource["service.name"]?.string ?? "" }
        /// What tells one process of a service from another.
        package var instance: String { self.resource["service.instance.id"]?.string ?? "" }

        init(
            _ resource: Opentelemetry_Proto_Resource_V1_Resource,
            _ scope: Opentelemetry_Proto_Common_V1_InstrumentationScope
        ) {
            self.resource = OTLPReceiver.attributes(resource.attributes)
            self.scope = scope.name
            self.scopeVersion = scope.version
        }
    }

    /// Of a key that comes twice the last value, as most readers take it; the validator says that there were two.
    static func attributes(_ pairs: [Opentelemetry_Proto_Common_V1_KeyValue]) -> [String: Value] {
        Dictionary(pairs.map { ($0.key, Self.value($0.value)) }) { $1 }
    }

    /// Bytes become small hex digits.
    static func value(_ value: Opentelemetry_Proto_Common_V1_AnyValue) -> Value {
        switch value.value {
        case .stringValue(let text): .string(text)
        case .boolValue(let flag): .bool(flag)
        case .intValue(let number): .int(Int(number))
        case .doubleValue(let number): .double(number)
        case .arrayValue(let list): .list(list.values.map(Self.value))
        case .kvlistValue(let list): .object(Object(list.values.map { ($0.key, Self.value($0.value)) }))
        case .bytesValue(let bytes): .string(Self.hex(bytes))
        // An index into a table that only profiles have.
        case .stringValueStrindex, nil: .null
        }
    }

    static func hex(_ bytes: Data) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
