@testable import CasareOTLP
import CasareTestSupport
import FoundationEssentials
import OTLPProtos
import SwiftProtobuf
import Testing

/// What the receiver of the tests finds wrong with spans.
struct TraceRuleReceiverTests {
    /// A good span, with one thing wrong.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let rule: OTLPRule
        let what: String
        let change: @Sendable (inout ProtoSpan) -> Void

        init(_ rule: OTLPRule, _ what: String, _ change: @escaping @Sendable (inout ProtoSpan) -> Void) {
            self.rule = rule
            self.what = what
            self.change = change
        }

        var testDescription: String { "\(self.rule.rawValue): \(self.what)" }
    }

    static let canary = "hunter2-canary"

    static let wrong: [Wrong] = [
        Wrong(.attributeKey, "empty") { $0.attributes.append(GoodTelemetry.pair("", "a")) },
        Wrong(.attributeKey, "twice") {
            $0.attributes += [GoodTelemetry.pair("a", "b"), GoodTelemetry.pair("a", "c")]
        },
        Wrong(.attributeKey, "of an event") { $0.events[0].attributes = [GoodTelemetry.pair("", "a")] },
        Wrong(.attributeKey, "of a link") { $0.links[0].attributes = [GoodTelemetry.pair("", "a")] },
        Wrong(.limit, "attributes") { $0.attributes = GoodTelemetry.pairs(129) },
        Wrong(.limit, "events") { $0.events = Array(repeating: $0.events[0], count: 129) },
        Wrong(.limit, "links") { $0.links = Array(repeating: $0.links[0], count: 129) },
        Wrong(.limit, "attributes of an event") { $0.events[0].attributes = GoodTelemetry.pairs(129) },
        Wrong(.limit, "attributes of a link") { $0.links[0].attributes = GoodTelemetry.pairs(129) },
        Wrong(.canary, "in the name") { $0.name = "process \(Self.canary)" },
        Wrong(.canary, "in an attribute") { $0.attributes.append(GoodTelemetry.pair("a", "b\(Self.canary)c")) },
        Wrong(.canary, "in a key") { $0.attributes.append(GoodTelemetry.pair(Self.canary, "a")) },
        Wrong(.canary, "in an event") { $0.events[0].attributes = [GoodTelemetry.pair("a", Self.canary)] },
        Wrong(.canary, "in a link") { $0.links[0].attributes = [GoodTelemetry.pair("a", Self.canary)] },
        Wrong(.canary, "in the state of the trace") { $0.traceState = "a=\(Self.canary)" },
        Wrong(.time, "start") { $0.startTimeUnixNano = 0 },
        Wrong(.time, "milliseconds") {
            $0.startTimeUnixNano /= 1_000_000
            $0.endTimeUnixNano /= 1_000_000
        },
        Wrong(.time, "in the future") { $0.endTimeUnixNano += 601 * GoodTelemetry.second },
        Wrong(.traceID, "zero") { $0.traceID = Data(count: 16) },
        Wrong(.traceID, "short") { $0.traceID = Data(repeating: 1, count: 15) },
        Wrong(.traceID, "none") { $0.traceID = Data() },
        Wrong(.spanID, "zero") { $0.spanID = Data(count: 8) },
        Wrong(.spanID, "long") { $0.spanID = Data(repeating: 1, count: 16) },
        Wrong(.parentID, "zero") { $0.parentSpanID = Data(count: 8) },
        Wrong(.parentID, "short") { $0.parentSpanID = Data([1]) },
        Wrong(.parentID, "itself") { $0.parentSpanID = $0.spanID },
        Wrong(.spanName, "none") { $0.name = "" },
        Wrong(.spanNameIdentifier, "a UUID") { $0.name = "run 4d63009a-8d0f-11ee-aad7-4c796ed8e320" },
        Wrong(.spanNameIdentifier, "a ULID") { $0.name = "run 01ARZ3NDEKTSV4RRFFQ69G5FAV" },
        Wrong(.spanNameIdentifier, "a number") { $0.name = "run 123456" },
        Wrong(.spanNameIdentifier, "a hash") { $0.name = "run abcdef0123456789" },
        Wrong(.spanEnd, "a nanosecond early") { $0.endTimeUnixNano = $0.startTimeUnixNano - 1 },
        Wrong(.spanKind, "none") { $0.kind = .unspecified },
        Wrong(.spanKind, "unknown") { $0.kind = .UNRECOGNIZED(9) },
        Wrong(.status, "a message") { $0.status.message = "good" },
        Wrong(.status, "unknown") { $0.status.code = .UNRECOGNIZED(7) },
        Wrong(.errorType, "missing") { $0.status.code = .error },
        Wrong(.errorType, "without an error") { $0.attributes.append(GoodTelemetry.pair("error.type", "timeout")) },
        Wrong(.event, "no name") { $0.events[0].name = "" },
        Wrong(.event, "no time") { $0.events[0].timeUnixNano = 0 },
        Wrong(.exceptionEvent, "an exception") { $0.events[0].name = "exception" },
        Wrong(.link, "no trace") { $0.links[0].traceID = Data(count: 16) },
        Wrong(.link, "no span") { $0.links[0].spanID = Data() },
        Wrong(.messagingKind, "a client processes") { $0.kind = .client },
    ]

    @Test(arguments: Self.wrong) func `one thing wrong with a span is found, and nothing else`(_ wrong: Wrong) {
        var validator = GoodTelemetry.validator(canaries: ["", Self.canary])
        var span = GoodTelemetry.span()
        wrong.change(&span)
        let taken = validator.take(GoodTelemetry.request([span]))
        #expect(taken.count == 1)
        #expect(Set(validator.violations.map(\.rule)) == [wrong.rule], "\(validator.violations)")
        #expect(!validator.violations.description.contains(Self.canary))
    }

    @Test func `nothing is wrong with good spans`() {
        var validator = GoodTelemetry.validator(canaries: [Self.canary])
        var failed = GoodTelemetry.span(2, parent: 1)
        failed.status.code = .error
        failed.status.message = "No invoice"
        failed.attributes = GoodTelemetry.pairs(127) + [GoodTelemetry.pair("error.type", "missing")]
        failed.endTimeUnixNano = failed.startTimeUnixNano
        failed.name = "run v12345 of deadbeef"
        let taken = validator.take(GoodTelemetry.request([failed, GoodTelemetry.span(1)]))
        #expect(taken.map(\.isParentLocal) == [true, false])
        #expect(taken.map(\.isParentRemote) == [false, false])
        #expect(validator.violations + validator.violationsOfParents == [])
    }

    @Test func `a span that comes twice is found`() {
        var validator = GoodTelemetry.validator()
        _ = validator.take(GoodTelemetry.request([GoodTelemetry.span()]))
        #expect(validator.violations == [])
        _ = validator.take(GoodTelemetry.request([GoodTelemetry.span()]))
        #expect(validator.violations.map(\.rule) == [.duplicateSpan])
    }

    // MARK: - Parents

    @Test func `a local parent that never came is found when somebody asks`() {
        var validator = GoodTelemetry.validator()
        _ = validator.take(GoodTelemetry.request([GoodTelemetry.span(2, parent: 1)]))
        #expect(validator.violations == [])
        #expect(validator.violationsOfParents.map(\.rule) == [.localParent])
        #expect(validator.violationsOfParents.map(\.rule) == [.localParent])
        _ = validator.take(GoodTelemetry.request([GoodTelemetry.span(1)]))
        #expect(validator.violationsOfParents == [])
    }

    @Test(arguments: [0x001, 0x301] as [UInt32]) func `a parent elsewhere need not come`(_ flags: UInt32) {
        var validator = GoodTelemetry.validator()
        var span = GoodTelemetry.span(2, parent: 1)
        span.flags = flags
        let taken = validator.take(GoodTelemetry.request([span]))
        #expect(taken.map(\.isParentRemote) == [flags == 0x301])
        #expect(validator.violationsOfParents == [])
    }

    @Test func `a parent in another trace is found`() {
        var validator = GoodTelemetry.validator()
        var parent = GoodTelemetry.span(1)
        parent.traceID = Data(repeating: 7, count: 16)
        _ = validator.take(GoodTelemetry.request([GoodTelemetry.span(2, parent: 1), parent]))
        #expect(validator.violationsOfParents.map(\.rule) == [.parentTrace])
    }

    @Test func `parents in a circle are found`() {
        var validator = GoodTelemetry.validator()
        _ = validator.take(
            GoodTelemetry.request([GoodTelemetry.span(1, parent: 2), GoodTelemetry.span(2, parent: 1)]))
        #expect(validator.violationsOfParents.map(\.rule) == [.parentCycle, .parentCycle])
    }

    @Test func `a span that begins before its parent is found within a process, and not between two`() {
        var early = GoodTelemetry.span(2, parent: 1)
        early.startTimeUnixNano -= 1
        var validator = GoodTelemetry.validator()
        _ = validator.take(GoodTelemetry.request([early, GoodTelemetry.span(1)]))
        #expect(validator.violationsOfParents.map(\.rule) == [.parentStart])

        var other = GoodTelemetry.resource
        other.attributes[2] = GoodTelemetry.pair("service.instance.id", "another")
        validator = GoodTelemetry.validator()
        _ = validator.take(GoodTelemetry.request([early]))
        _ = validator.take(GoodTelemetry.request([GoodTelemetry.span(1)], other))
        #expect(validator.violationsOfParents == [])
    }
}
