@testable import CasareOTLP
import CasareTestSupport
import OTLPProtos
import SwiftProtobuf
import Testing

/// What the receiver of the tests finds wrong with who sends, and that every rule has a test.
struct OriginRuleReceiverTests {
    /// A good resource, with one attribute wrong.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let rule: OTLPRule
        let key: String
        /// `nil`: it is missing.
        let text: String?

        var testDescription: String { "\(self.rule.rawValue): \(self.key) is \(self.text ?? "missing")" }
    }

    static let wrong: [Wrong] = [
        Wrong(rule: .serviceName, key: "service.name", text: nil),
        Wrong(rule: .serviceName, key: "service.name", text: ""),
        Wrong(rule: .serviceName, key: "service.name", text: "unknown_service:casarectl"),
        Wrong(rule: .serviceInstance, key: "service.instance.id", text: nil),
        Wrong(rule: .serviceVersion, key: "service.version", text: nil),
        Wrong(rule: .serviceVersion, key: "service.version", text: ""),
        Wrong(rule: .sdk, key: "telemetry.sdk.name", text: nil),
        Wrong(rule: .sdk, key: "telemetry.sdk.language", text: ""),
        Wrong(rule: .sdk, key: "telemetry.sdk.version", text: nil),
        Wrong(rule: .attributeKey, key: "", text: "a"),
        Wrong(rule: .canary, key: "host.name", text: "hunter2-canary"),
    ]

    @Test(arguments: Self.wrong) func `one thing wrong with a resource is found, and said once`(_ wrong: Wrong) {
        var validator = GoodTelemetry.validator(canaries: ["hunter2-canary"])
        var resource = GoodTelemetry.resource
        resource.attributes.removeAll { $0.key == wrong.key }
        if let text = wrong.text { resource.attributes.append(GoodTelemetry.pair(wrong.key, text)) }
        for number in 1...2 as ClosedRange<UInt8> {
            _ = validator.take(GoodTelemetry.request([GoodTelemetry.span(number)], resource))
        }
        #expect(validator.violations.map(\.rule) == [wrong.rule], "\(validator.violations)")
    }

    @Test func `every signal's scope must have a name`() {
        var validator = GoodTelemetry.validator()
        let nameless = ProtoScope()
        _ = validator.take(GoodTelemetry.request([GoodTelemetry.span()], GoodTelemetry.resource, nameless))
        _ = validator.take(GoodTelemetry.request([GoodTelemetry.sum()], nameless))
        _ = validator.take(GoodTelemetry.request([GoodTelemetry.logRecord], nameless))
        #expect(validator.violations.map(\.rule) == [.scope, .scope, .scope])
        #expect(validator.violations.map(\.signal) == [.traces, .metrics, .logs])
    }

    @Test func `a request that brings nothing is found`() {
        var validator = GoodTelemetry.validator()
        _ = validator.take(GoodTelemetry.request([ProtoSpan]()))
        _ = validator.take(GoodTelemetry.request([ProtoMetric]()))
        _ = validator.take(GoodTelemetry.request([ProtoLogRecord]()))
        _ = validator.take(ProtoTraceRequest())
        _ = validator.take(ProtoMetricsRequest())
        _ = validator.take(ProtoLogsRequest())
        #expect(validator.violations.map(\.rule) == Array(repeating: .empty, count: 6))
    }

    @Test func `every rule is broken by some test`() {
        // Those that need more than one item, and have a test each.
        let others: Set<OTLPRule> = [
            .empty, .scope, .duplicateSpan, .localParent, .parentTrace, .parentCycle, .parentStart, .overlap,
        ]
        let broken = others.union(Self.wrong.map(\.rule))
            .union(TraceRuleReceiverTests.wrong.map(\.rule)).union(MetricRuleReceiverTests.wrong.map(\.rule))
            .union(SeriesRuleReceiverTests.wrong.map(\.rule)).union(LogRuleReceiverTests.wrong.map(\.rule))
        #expect(broken == Set(OTLPRule.allCases))
    }
}
