@testable import CasareOTLP
import CasareTestSupport
import OTLPProtos
import Testing

/// What the receiver of the tests finds wrong with points that follow each other.
struct SeriesRuleReceiverTests {
    /// Two requests, the second of which is wrong.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let rule: OTLPRule
        let what: String
        let first: ProtoMetric
        let second: ProtoMetric

        init(
            _ rule: OTLPRule, _ what: String, _ first: ProtoMetric, _ second: ProtoMetric,
            _ change: (inout ProtoMetric) -> Void = { _ in }
        ) {
            self.rule = rule
            self.what = what
            self.first = first
            var second = second
            change(&second)
            self.second = second
        }

        var testDescription: String { "\(self.rule.rawValue): \(self.what)" }
    }

    static let wrong: [Wrong] = [
        Wrong(.decreased, "a sum", GoodTelemetry.sum(3), GoodTelemetry.sum(2, after: 1)),
        Wrong(.decreased, "a histogram", GoodTelemetry.histogram(), GoodTelemetry.histogram(after: 1)) {
            $0.histogram.dataPoints[0].count = 2
            $0.histogram.dataPoints[0].bucketCounts = [1, 1, 0]
        },
        Wrong(.decreased, "a bucket", GoodTelemetry.histogram(), GoodTelemetry.histogram(after: 1)) {
            $0.histogram.dataPoints[0].bucketCounts = [2, 0, 1]
        },
        Wrong(.decreased, "an exponential one", GoodTelemetry.exponential(), GoodTelemetry.exponential(after: 1)) {
            $0.exponentialHistogram.dataPoints[0].count = 2
            $0.exponentialHistogram.dataPoints[0].zeroCount = 0
        },
        Wrong(.decreased, "the scale grows", GoodTelemetry.exponential(), GoodTelemetry.exponential(after: 1)) {
            $0.exponentialHistogram.dataPoints[0].scale = 1
        },
        Wrong(.repeated, "the same", GoodTelemetry.sum(), GoodTelemetry.sum()),
        Wrong(.repeated, "earlier", GoodTelemetry.gauge(after: 2), GoodTelemetry.gauge(after: 1)),
        Wrong(.start, "goes back", GoodTelemetry.sum(), GoodTelemetry.sum(after: 1)) {
            $0.sum.dataPoints[0].startTimeUnixNano -= 1
        },
        Wrong(.conflict, "another unit", GoodTelemetry.sum(), GoodTelemetry.sum(after: 1)) { $0.unit = "{run}" },
        Wrong(
            .conflict, "it may shrink", GoodTelemetry.sum(), GoodTelemetry.sum(after: 1, isMonotonic: false)),
        Wrong(.conflict, "another kind", GoodTelemetry.sum(), GoodTelemetry.gauge(after: 1)) {
            $0.name = "test.jobs"
            $0.unit = "{job}"
        },
    ]

    @Test(arguments: Self.wrong) func `what is wrong with the next point is found, and nothing else`(_ wrong: Wrong) {
        var validator = GoodTelemetry.validator()
        _ = validator.take(GoodTelemetry.request([wrong.first]))
        #expect(validator.violations == [])
        _ = validator.take(GoodTelemetry.request([wrong.second]))
        #expect(validator.violations.map(\.rule) == [wrong.rule], "\(validator.violations)")
    }

    @Test func `values may stay or grow, gauges and other sums may shrink, and what begins anew begins low`() {
        var validator = GoodTelemetry.validator()
        var renewed = GoodTelemetry.sum(0, after: 3)
        renewed.sum.dataPoints[0].startTimeUnixNano = GoodTelemetry.time + 2 * GoodTelemetry.second
        var level = GoodTelemetry.sum(5, isMonotonic: false)
        level.name = "test.running"
        var lower = GoodTelemetry.sum(1, after: 1, isMonotonic: false)
        lower.name = level.name
        let requests = [
            [
                GoodTelemetry.sum(3), GoodTelemetry.gauge(1), level, GoodTelemetry.histogram(),
                GoodTelemetry.exponential(),
            ],
            [
                GoodTelemetry.sum(3, after: 1), GoodTelemetry.gauge(0, after: 1), lower,
                GoodTelemetry.histogram(after: 1),
            ],
            [GoodTelemetry.sum(4, after: 2), GoodTelemetry.exponential(after: 2)],
            [renewed],
        ]
        for metrics in requests { _ = validator.take(GoodTelemetry.request(metrics)) }
        #expect(validator.violations == [])
    }

    @Test func `deltas that count a time twice are found, and those that follow each other are not`() {
        var validator = GoodTelemetry.validator(temporality: .delta)
        var first = GoodTelemetry.sum(3)
        first.sum.aggregationTemporality = .delta
        var second = GoodTelemetry.sum(1, after: 1)
        second.sum.aggregationTemporality = .delta
        second.sum.dataPoints[0].startTimeUnixNano = GoodTelemetry.time
        _ = validator.take(GoodTelemetry.request([first]))
        _ = validator.take(GoodTelemetry.request([second]))
        #expect(validator.violations == [])
        var third = GoodTelemetry.sum(1, after: 2)
        third.sum.aggregationTemporality = .delta
        third.sum.dataPoints[0].startTimeUnixNano = GoodTelemetry.time + GoodTelemetry.second - 1
        _ = validator.take(GoodTelemetry.request([third]))
        #expect(validator.violations.map(\.rule) == [.overlap])
    }

    @Test func `the same metric of another process is another one`() {
        var validator = GoodTelemetry.validator()
        var request = GoodTelemetry.request([GoodTelemetry.sum(3)])
        _ = validator.take(request)
        request.resourceMetrics[0].resource.attributes[2] = GoodTelemetry.pair("service.instance.id", "another")
        request.resourceMetrics[0].scopeMetrics[0].metrics = [GoodTelemetry.sum(1)]
        _ = validator.take(request)
        #expect(validator.violations == [])
    }
}
