@testable import CasareOTLP
import CasareTestSupport
import FoundationEssentials
import OTLPProtos
import SwiftProtobuf
import Testing

/// What the receiver of the tests finds wrong with metrics, one at a time.
struct MetricRuleReceiverTests {
    /// A good metric, with one thing wrong.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let rule: OTLPRule
        let what: String
        let metric: ProtoMetric

        init(_ rule: OTLPRule, _ what: String, _ metric: ProtoMetric, _ change: (inout ProtoMetric) -> Void) {
            self.rule = rule
            self.what = what
            var metric = metric
            change(&metric)
            self.metric = metric
        }

        var testDescription: String { "\(self.rule.rawValue): \(self.what)" }
    }

    static let canary = "hunter2-canary"

    private static let sum = GoodTelemetry.sum()
    private static let gauge = GoodTelemetry.gauge()
    private static let histogram = GoodTelemetry.histogram()
    private static let exponential = GoodTelemetry.exponential()

    static let wrong = Self.wrongNames + Self.wrongPoints + Self.wrongDistributions

    private static let wrongNames: [Wrong] = [
        Wrong(.metricName, "none", Self.sum) { $0.name = "" },
        Wrong(.metricName, "a digit first", Self.sum) { $0.name = "1.jobs" },
        Wrong(.metricName, "a blank", Self.sum) { $0.name = "test jobs" },
        Wrong(.metricName, "256 letters", Self.sum) { $0.name = String(repeating: "a", count: 256) },
        Wrong(.metricNameSuffix, "total", Self.sum) { $0.name = "test.jobs.total" },
        Wrong(.metricNameSuffix, "_total", Self.sum) { $0.name = "test.jobs_total" },
        Wrong(.metricNameSuffix, "a unit", Self.exponential) { $0.name = "test.size.bytes" },
        Wrong(.unit, "none", Self.sum) { $0.unit = "" },
        Wrong(.unit, "several", Self.sum) { $0.unit = "{jobs}" },
        Wrong(.unit, "no braces", Self.sum) { $0.unit = "job" },
        Wrong(.unit, "nothing in braces", Self.sum) { $0.unit = "{}" },
        Wrong(.unit, "milliseconds", Self.gauge) { $0.unit = "ms" },
        Wrong(.unit, "half of two", Self.gauge) { $0.unit = "By/" },
        Wrong(.unit, "of a duration", Self.histogram) { $0.unit = "1" },
        Wrong(.unit, "of a utilization", Self.gauge) {
            $0.name = "test.utilization"
            $0.unit = "s"
        },
        Wrong(.description, "none", Self.sum) { $0.description_p = "" },
        Wrong(.noPoints, "an empty list", Self.sum) { $0.sum.dataPoints = [] },
        Wrong(.noPoints, "no data", Self.sum) { $0.data = nil },
        Wrong(.canary, "in the description", Self.sum) { $0.description_p = Self.canary },
        Wrong(.canary, "in an exemplar", Self.histogram) {
            $0.histogram.dataPoints[0].exemplars[0].filteredAttributes = [GoodTelemetry.pair("a", Self.canary)]
        },
    ]

    private static let wrongPoints: [Wrong] = [
        Wrong(.attributeKey, "twice", Self.sum) {
            $0.sum.dataPoints[0].attributes = [GoodTelemetry.pair("a", "b"), GoodTelemetry.pair("a", "c")]
        },
        Wrong(.attributeKey, "of a histogram", Self.histogram) {
            $0.histogram.dataPoints[0].attributes = [GoodTelemetry.pair("", "b")]
        },
        Wrong(.metricAttribute, "a UUID", Self.gauge) {
            $0.gauge.dataPoints[0].attributes = [GoodTelemetry.pair("a", "4d63009a-8d0f-11ee-aad7-4c796ed8e320")]
        },
        Wrong(.metricAttribute, "a number", Self.exponential) {
            $0.exponentialHistogram.dataPoints[0].attributes = [GoodTelemetry.pair("a", "invoice 123456")]
        },
        Wrong(.temporality, "none", Self.sum) { $0.sum.aggregationTemporality = .unspecified },
        Wrong(.temporality, "another", Self.sum) { $0.sum.aggregationTemporality = .delta },
        Wrong(.temporality, "none of a histogram", Self.histogram) {
            $0.histogram.aggregationTemporality = .unspecified
        },
        Wrong(.temporality, "another of a histogram", Self.exponential) {
            $0.exponentialHistogram.aggregationTemporality = .delta
        },
        Wrong(.time, "none", Self.gauge) { $0.gauge.dataPoints[0].timeUnixNano = 0 },
        Wrong(.start, "none", Self.sum) { $0.sum.dataPoints[0].startTimeUnixNano = 0 },
        Wrong(.start, "none of a histogram", Self.histogram) { $0.histogram.dataPoints[0].startTimeUnixNano = 0 },
        Wrong(.startAfterTime, "by a nanosecond", Self.sum) {
            $0.sum.dataPoints[0].startTimeUnixNano = GoodTelemetry.time + 1
        },
        Wrong(.negative, "a sum", Self.sum) { $0.sum.dataPoints[0].asInt = -1 },
        Wrong(.notFinite, "not a number", Self.gauge) { $0.gauge.dataPoints[0].asDouble = .nan },
        Wrong(.notFinite, "no value", Self.gauge) { $0.gauge.dataPoints[0].value = nil },
        Wrong(.notFinite, "a histogram's sum", Self.histogram) { $0.histogram.dataPoints[0].sum = .infinity },
        Wrong(.utilization, "above 1", Self.gauge) {
            $0.name = "test.utilization"
            $0.gauge.dataPoints[0].asDouble = 1.5
        },
        Wrong(.cardinality, "2001 series", Self.sum) { metric in
            let point = metric.sum.dataPoints[0]
            metric.sum.dataPoints = (0..<2001).map { number in
                ProtoNumberPoint.with {
                    $0 = point
                    $0.attributes = [GoodTelemetry.pair("a", "\(number)")]
                }
            }
        },
    ]

    private static let wrongDistributions: [Wrong] = [
        Wrong(.bucketSum, "one more", Self.histogram) { $0.histogram.dataPoints[0].count = 4 },
        Wrong(.bucketSum, "one more of an exponential one", Self.exponential) {
            $0.exponentialHistogram.dataPoints[0].count = 4
        },
        Wrong(.bounds, "shrink", Self.histogram) { $0.histogram.dataPoints[0].explicitBounds = [5, 1] },
        Wrong(.bounds, "twice the same", Self.histogram) { $0.histogram.dataPoints[0].explicitBounds = [1, 1] },
        Wrong(.bounds, "as many as buckets", Self.histogram) { $0.histogram.dataPoints[0].bucketCounts = [1, 2] },
        Wrong(.range, "the smallest is larger", Self.histogram) { $0.histogram.dataPoints[0].min = 7 },
        Wrong(.range, "the sum is too large", Self.histogram) { $0.histogram.dataPoints[0].sum = 18.1 },
        Wrong(.range, "the sum is too small", Self.histogram) { $0.histogram.dataPoints[0].sum = 1.4 },
        Wrong(.range, "of an exponential one", Self.exponential) { $0.exponentialHistogram.dataPoints[0].sum = 19 },
        Wrong(.exemplar, "no span", Self.histogram) { $0.histogram.dataPoints[0].exemplars[0].spanID = Data() },
        Wrong(.exemplar, "half a trace", Self.histogram) {
            $0.histogram.dataPoints[0].exemplars[0].traceID = Data(repeating: 1, count: 8)
        },
        Wrong(.exemplar, "no value", Self.histogram) { $0.histogram.dataPoints[0].exemplars[0].value = nil },
        Wrong(.exemplar, "no time", Self.histogram) { $0.histogram.dataPoints[0].exemplars[0].timeUnixNano = 0 },
    ]

    @Test(arguments: Self.wrong) func `one thing wrong with a metric is found, and nothing else`(_ wrong: Wrong) {
        var validator = GoodTelemetry.validator(canaries: [Self.canary])
        _ = validator.take(GoodTelemetry.request([wrong.metric]))
        #expect(Set(validator.violations.map(\.rule)) == [wrong.rule], "\(validator.violations)")
    }

    @Test func `nothing is wrong with good metrics`() {
        var validator = GoodTelemetry.validator(canaries: [Self.canary])
        var address = GoodTelemetry.sum()
        address.name = "Test-9/addresses_x"
        address.unit = "{address}"
        var speed = GoodTelemetry.gauge()
        speed.name = String(repeating: "a", count: 255)
        speed.unit = "{job}/s"
        speed.gauge.dataPoints[0].attributes = [GoodTelemetry.pair("a.version", "20261231.1")]
        var share = GoodTelemetry.gauge(1)
        share.name = "test.utilization"
        var delta = GoodTelemetry.sum(-1, isMonotonic: false)
        delta.name = "test.level.change"
        delta.sum.aggregationTemporality = .delta
        var empty = GoodTelemetry.histogram()
        empty.name = "test.idle.duration"
        empty.histogram.dataPoints = [
            ProtoHistogramPoint.with {
                $0.startTimeUnixNano = GoodTelemetry.time
                $0.timeUnixNano = GoodTelemetry.time
                $0.sum = 0
                $0.explicitBounds = [1]
                $0.bucketCounts = [0, 0]
            }
        ]
        let metrics = [
            Self.sum, Self.gauge, Self.histogram, Self.exponential, address, speed, share, delta, empty,
        ]
        let taken = validator.take(GoodTelemetry.request(metrics))
        #expect(taken.count == metrics.count)
        #expect(validator.violations == [])
    }

    @Test func `2000 series and the one for the rest are allowed`() {
        var validator = GoodTelemetry.validator()
        var metric = GoodTelemetry.sum()
        let point = metric.sum.dataPoints[0]
        let rest = ProtoKeyValue.with {
            $0.key = "otel.metric.overflow"
            $0.value.boolValue = true
        }
        let series = (0..<2000).map { [GoodTelemetry.pair("a", "\($0)")] } + [[rest]]
        metric.sum.dataPoints = series.map { attributes in
            ProtoNumberPoint.with {
                $0 = point
                $0.attributes = attributes
            }
        }
        #expect(validator.take(GoodTelemetry.request([metric])).count == 2001)
        #expect(validator.violations == [])
    }
}
