@testable import CasareOTLP
import CasareTestSupport
import FoundationEssentials
import OTLPProtos
import SwiftProtobuf

/// Telemetry that keeps to all rules, for tests that break one of them.
enum GoodTelemetry {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)
    /// The same in nanoseconds.
    static let time: UInt64 = 1_800_000_000_000_000_000
    static let second: UInt64 = 1_000_000_000

    static func validator(
        canaries: [String] = [], temporality: OTLPReceiver.Temporality? = .cumulative
    ) -> OTLPValidator {
        OTLPValidator(canaries: canaries, temporality: temporality, now: { Self.now })
    }

    // MARK: - Of everything

    static let resource = ProtoResource.with {
        $0.attributes = [
            Self.pair("service.name", "casare-robot"), Self.pair("service.version", "1.0.0"),
            Self.pair("service.instance.id", "9c4ff8f8-1a55-4e63-b51b-1f1f6bd1e7d7"),
            Self.pair("telemetry.sdk.name", "casare"), Self.pair("telemetry.sdk.language", "swift"),
            Self.pair("telemetry.sdk.version", "1.0.0"),
        ]
    }

    static let scope = ProtoScope.with { $0.name = "casare" }

    static func pair(_ key: String, _ text: String) -> ProtoKeyValue {
        ProtoKeyValue.with {
            $0.key = key
            $0.value.stringValue = text
        }
    }

    static func pairs(_ count: Int) -> [ProtoKeyValue] { (0..<count).map { self.pair("key.\($0)", "value") } }

    // MARK: - Spans

    static let traceID = Data(repeating: 0xAB, count: 16)

    static func spanID(_ number: UInt8) -> Data { Data([1, 2, 3, 4, 5, 6, 7, number]) }

    /// - Parameter parent: of the same process; `nil`: none.
    static func span(_ number: UInt8 = 1, parent: UInt8? = nil) -> ProtoSpan {
        ProtoSpan.with {
            $0.traceID = self.traceID
            $0.spanID = self.spanID(number)
            $0.parentSpanID = parent.map { self.spanID($0) } ?? Data()
            $0.flags = 0x101
            $0.name = "process invoices"
            $0.kind = .consumer
            $0.startTimeUnixNano = self.time - self.second
            $0.endTimeUnixNano = self.time
            $0.attributes = [self.pair("messaging.operation.type", "process")]
            $0.events = [
                ProtoSpan.Event.with {
                    $0.name = "retried"
                    $0.timeUnixNano = self.time
                }
            ]
            $0.links = [
                ProtoSpan.Link.with {
                    $0.traceID = Data(repeating: 0xCD, count: 16)
                    $0.spanID = self.spanID(99)
                }
            ]
        }
    }

    static func request(
        _ spans: [ProtoSpan], _ resource: ProtoResource = Self.resource, _ scope: ProtoScope = Self.scope
    ) -> ProtoTraceRequest {
        ProtoTraceRequest.with {
            $0.resourceSpans = [
                ProtoResourceSpans.with {
                    $0.resource = resource
                    $0.scopeSpans = [
                        ProtoScopeSpans.with {
                            $0.scope = scope
                            $0.spans = spans
                        }
                    ]
                }
            ]
        }
    }

    // MARK: - Log records

    static let logRecord = ProtoLogRecord.with {
        $0.timeUnixNano = Self.time
        $0.observedTimeUnixNano = Self.time
        $0.severityNumber = .info
        $0.severityText = "info"
        $0.body.stringValue = "Leased job"
        $0.traceID = Self.traceID
        $0.spanID = Self.spanID(1)
    }

    static func request(_ records: [ProtoLogRecord], _ scope: ProtoScope = Self.scope) -> ProtoLogsRequest {
        ProtoLogsRequest.with {
            $0.resourceLogs = [
                ProtoResourceLogs.with {
                    $0.resource = self.resource
                    $0.scopeLogs = [
                        ProtoScopeLogs.with {
                            $0.scope = scope
                            $0.logRecords = records
                        }
                    ]
                }
            ]
        }
    }
}
