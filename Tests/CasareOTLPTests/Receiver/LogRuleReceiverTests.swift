import CasareDomain
@testable import CasareOTLP
import CasareTestSupport
import FoundationEssentials
import OTLPProtos
import Testing

/// What the receiver of the tests finds wrong with log records.
struct LogRuleReceiverTests {
    /// A good record, with one thing wrong.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let rule: OTLPRule
        let what: String
        let change: @Sendable (inout ProtoLogRecord) -> Void

        init(_ rule: OTLPRule, _ what: String, _ change: @escaping @Sendable (inout ProtoLogRecord) -> Void) {
            self.rule = rule
            self.what = what
            self.change = change
        }

        var testDescription: String { "\(self.rule.rawValue): \(self.what)" }
    }

    static let canary = "hunter2-canary"

    static let wrong: [Wrong] = [
        Wrong(.attributeKey, "empty") { $0.attributes = [GoodTelemetry.pair("", "a")] },
        Wrong(.limit, "attributes") { $0.attributes = GoodTelemetry.pairs(129) },
        Wrong(.canary, "in the body") { $0.body.stringValue = "The password is \(Self.canary)" },
        Wrong(.canary, "deep in the body") {
            $0.body.kvlistValue.values = [GoodTelemetry.pair("a", "b"), GoodTelemetry.pair("c", Self.canary)]
        },
        Wrong(.canary, "in the event") { $0.eventName = Self.canary },
        Wrong(.time, "none") {
            $0.timeUnixNano = 0
            $0.observedTimeUnixNano = 0
        },
        Wrong(.time, "seconds") { $0.timeUnixNano /= GoodTelemetry.second },
        Wrong(.time, "observed in seconds") { $0.observedTimeUnixNano /= GoodTelemetry.second },
        Wrong(.severity, "none") { $0.severityNumber = .unspecified },
        Wrong(.severity, "25") { $0.severityNumber = .UNRECOGNIZED(25) },
        Wrong(.logContext, "half a trace") { $0.traceID = Data(repeating: 1, count: 8) },
        Wrong(.logContext, "a zero span") { $0.spanID = Data(count: 8) },
        Wrong(.logContext, "a span without a trace") { $0.traceID = Data() },
        Wrong(.logBody, "none") { $0.clearBody() },
        Wrong(.logBody, "empty") { $0.body.stringValue = "" },
    ]

    @Test(arguments: Self.wrong) func `one thing wrong with a record is found, and nothing else`(_ wrong: Wrong) {
        var validator = GoodTelemetry.validator(canaries: [Self.canary])
        var record = GoodTelemetry.logRecord
        wrong.change(&record)
        _ = validator.take(GoodTelemetry.request([record]))
        #expect(Set(validator.violations.map(\.rule)) == [wrong.rule], "\(validator.violations)")
    }

    @Test func `nothing is wrong with good records`() {
        var validator = GoodTelemetry.validator(canaries: [Self.canary])
        var event = GoodTelemetry.logRecord
        event.eventName = "casare.node.exception"
        event.clearBody()
        event.spanID = Data()
        var bare = GoodTelemetry.logRecord
        bare.timeUnixNano = 0
        bare.traceID = Data()
        bare.spanID = Data()
        bare.severityNumber = .fatal4
        let taken = validator.take(GoodTelemetry.request([GoodTelemetry.logRecord, event, bare]))
        #expect(taken.map(\.severity) == [9, 9, 24])
        #expect(taken.map(\.body) == ["Leased job", nil, "Leased job"])
        #expect(validator.violations == [])
    }
}
