import CasareDomain
@testable import CasareOTLP
import CasareTelemetry
import FoundationEssentials
import OTLPProtos
import SwiftProtobuf
import Testing

struct MetricPayloadTests {
    private static let jobs = Instrument("test.jobs", .counter, unit: "{job}", "Jobs", by: .every)
    private static let running = Instrument("test.running", .upDownCounter, unit: "{job}", "Running", by: .every)
    private static let level = Instrument("test.level", .gauge, number: .double, unit: "1", "Level", by: .every)
    private static let spread = Instrument("test.spread", .histogram(bounds: [1, 2]), unit: "s", "Spread", by: .every)

    private static let since = Date(timeIntervalSince1970: 100)
    private static let now = Date(timeIntervalSince1970: 160.5)
    private static let sinceNanoseconds: UInt64 = 100_000_000_000
    private static let nowNanoseconds: UInt64 = 160_500_000_000

    private static let exemplar = Exemplar(
        value: .double(1.5), at: Self.now, context: Sample.context(), attributes: ["node": "a"])

    private static func proto(
        _ instrument: Instrument, _ points: Metric.Points, _ temporality: MetricTemporality = .cumulative
    ) -> ProtoMetric {
        let metric = Metric(instrument: instrument, points: points, temporality: temporality)
        return ProtoMetric(metric, 0..<points.count, at: self.now)
    }

    private static func number(
        _ value: MetricValue, _ attributes: Attributes = .none, since: Date? = Self.since
    ) -> NumberPoint {
        NumberPoint(attributes: attributes, since: since, value: value)
    }

    // MARK: Numbers

    @Test func `a counter is a sum that only grows`() {
        let metric = Self.proto(Self.jobs, .numbers([Self.number(.int(5), [.queue: "a"]), Self.number(.int(6))]))
        #expect(metric.name == "test.jobs" && metric.unit == "{job}" && metric.description_p == "Jobs")
        #expect(metric.sum.isMonotonic && metric.sum.aggregationTemporality == .cumulative)
        #expect(metric.sum.dataPoints.map(\.asInt) == [5, 6])
        #expect(metric.sum.dataPoints.allSatisfy { $0.startTimeUnixNano == Self.sinceNanoseconds })
        #expect(metric.sum.dataPoints.allSatisfy { $0.timeUnixNano == Self.nowNanoseconds })
        #expect(metric.sum.dataPoints[0].attributes.map(\.key) == ["messaging.destination.name"])
    }

    @Test func `what comes and goes is a sum that may shrink`() {
        let metric = Self.proto(Self.running, .numbers([Self.number(.int(-5))]))
        #expect(!metric.sum.isMonotonic && metric.sum.dataPoints.map(\.asInt) == [-5])
        #expect(metric.data == .sum(metric.sum))
    }

    @Test func `a gauge counts since nothing`() {
        let metric = Self.proto(Self.level, .numbers([Self.number(.double(0.5), since: nil)]))
        #expect(metric.data == .gauge(metric.gauge))
        #expect(metric.gauge.dataPoints.map(\.asDouble) == [0.5])
        #expect(metric.gauge.dataPoints.map(\.startTimeUnixNano) == [0])
    }

    @Test func `deltas say so`() {
        #expect(Self.proto(Self.jobs, .numbers([Self.number(.int(1))]), .delta).sum.aggregationTemporality == .delta)
        let empty = HistogramPoint(
            attributes: .none, since: Self.since, bounds: [], counts: [0], sum: 0, smallest: nil, largest: nil)
        #expect(Self.proto(Self.spread, .histograms([empty]), .delta).histogram.aggregationTemporality == .delta)
    }

    // MARK: Histograms

    @Test func `a histogram has its counts, its bounds and its extremes`() {
        let point = HistogramPoint(
            attributes: [.queue: "a"], since: Self.since, bounds: [1, 2], counts: [3, 0, 4], sum: 20, smallest: 0.5,
            largest: 7, exemplars: [Self.exemplar])
        let histogram = Self.proto(Self.spread, .histograms([point])).histogram
        #expect(histogram.aggregationTemporality == .cumulative && histogram.dataPoints.count == 1)
        let proto = histogram.dataPoints[0]
        #expect(proto.count == 7 && proto.sum == 20 && proto.explicitBounds == [1, 2])
        #expect(proto.bucketCounts == [3, 0, 4] && proto.min == 0.5 && proto.max == 7)
        #expect(proto.startTimeUnixNano == Self.sinceNanoseconds && proto.timeUnixNano == Self.nowNanoseconds)
        #expect(proto.exemplars.count == 1)
    }

    @Test func `before the first value there are no extremes`() {
        let point = HistogramPoint(
            attributes: .none, since: Self.since, bounds: [1, 2], counts: [0, 0, 0], sum: 0, smallest: nil,
            largest: nil)
        let proto = Self.proto(Self.spread, .histograms([point])).histogram.dataPoints[0]
        #expect(!proto.hasMin && !proto.hasMax && proto.hasSum)
    }

    @Test func `an exponential histogram has its scale and its buckets on both sides`() {
        let point = ExponentialHistogramPoint(
            attributes: [.queue: "a"], since: Self.since, scale: -2, zeroCount: 1,
            positive: .init(offset: -3, counts: [1, 0, 2]), negative: .init(offset: 4, counts: [5]), count: 9, sum: -1,
            smallest: -8, largest: 2, exemplars: [Self.exemplar])
        let metric = Self.proto(Self.spread, .exponentialHistograms([point]))
        #expect(metric.data == .exponentialHistogram(metric.exponentialHistogram))
        #expect(metric.exponentialHistogram.aggregationTemporality == .cumulative)
        let proto = metric.exponentialHistogram.dataPoints[0]
        #expect(proto.scale == -2 && proto.zeroCount == 1 && proto.count == 9 && !proto.hasSum)
        #expect(proto.positive.offset == -3 && proto.positive.bucketCounts == [1, 0, 2])
        #expect(proto.negative.offset == 4 && proto.negative.bucketCounts == [5])
        #expect(proto.min == -8 && proto.max == 2 && proto.exemplars.count == 1)
        #expect(proto.startTimeUnixNano == Self.sinceNanoseconds && proto.timeUnixNano == Self.nowNanoseconds)
    }

    @Test(arguments: [true, false])
    func `with values below 0 there is no sum, for it could shrink`(hasNegatives: Bool) {
        let point = HistogramPoint(
            attributes: .none, since: Self.since, bounds: [0], counts: [1, 1], sum: 3, smallest: hasNegatives ? -1 : 0,
            largest: 4, hasNegatives: hasNegatives)
        let proto = Self.proto(Self.spread, .histograms([point])).histogram.dataPoints[0]
        #expect(proto.hasSum != hasNegatives && proto.count == 2)
        let exponential = ExponentialHistogramPoint(
            attributes: .none, since: Self.since, scale: 0, zeroCount: 0, positive: .init(offset: 0, counts: [1]),
            negative: hasNegatives ? .init(offset: 0, counts: [1]) : .init(), count: hasNegatives ? 2 : 1, sum: 3,
            smallest: nil, largest: nil)
        let metric = Self.proto(Self.spread, .exponentialHistograms([exponential]))
        #expect(metric.exponentialHistogram.dataPoints[0].hasSum != hasNegatives)
    }

    @Test func `an exemplar outside of traces leads to none`() {
        let proto = ProtoExemplar(Exemplar(value: .int(2), at: Self.now, context: nil))
        #expect(proto.traceID.isEmpty && proto.spanID.isEmpty && proto.asInt == 2)
    }

    @Test func `an exemplar leads to its trace`() {
        let proto = ProtoExemplar(Self.exemplar)
        #expect(proto.traceID == Sample.data(Sample.trace) && proto.spanID == Sample.data(Sample.span))
        #expect(proto.asDouble == 1.5 && proto.timeUnixNano == Self.nowNanoseconds)
        #expect(proto.filteredAttributes.map(\.key) == ["node"])
    }

    @Test func `a counter's exemplar is on its point`() {
        let exemplar = Exemplar(value: .int(2), at: Self.now, context: Sample.context())
        let point = NumberPoint(attributes: .none, since: Self.since, value: .int(2), exemplars: [exemplar])
        #expect(Self.proto(Self.jobs, .numbers([point])).sum.dataPoints[0].exemplars.map(\.asInt) == [2])
    }

    // MARK: Requests

    private static func snapshot(series: Int) -> MetricSnapshot {
        let points = (0..<series).map { self.number(.int($0), [.queue: .string("queue \($0)")]) }
        return MetricSnapshot(
            takenAt: self.now,
            metrics: [
                Metric(instrument: self.jobs, points: .numbers(points)),
                Metric(instrument: self.running, points: .numbers([self.number(.int(1))])),
            ])
    }

    @Test func `points are counted, and those of one metric stand together`() {
        let payload = MetricPayload(origin: Sample.origin)
        let pieces = payload.pieces(of: [Self.snapshot(series: 3)])
        #expect(pieces.count == 4)
        let request = payload.request(of: pieces[...])
        let scope = request.resourceMetrics[0].scopeMetrics[0]
        #expect(scope.metrics.map(\.name) == ["test.jobs", "test.running"])
        #expect(scope.metrics.map(\.sum.dataPoints.count) == [3, 1])
        #expect(scope.scope.name == "casare" && scope.scope.version == "1.2.3")
        #expect(scope.schemaURL == OTLPOrigin.schemaURL)
    }

    @Test func `two collections in one request keep their times`() {
        let payload = MetricPayload(origin: Sample.origin)
        let later = MetricSnapshot(
            takenAt: Self.now.addingTimeInterval(60),
            metrics: [Metric(instrument: Self.jobs, points: .numbers([Self.number(.int(9))]))])
        let first = MetricSnapshot(
            takenAt: Self.now, metrics: [Metric(instrument: Self.jobs, points: .numbers([Self.number(.int(1))]))])
        let metrics = payload.request(of: payload.pieces(of: [first, later])[...]).resourceMetrics[0].scopeMetrics[0]
            .metrics
        #expect(metrics.map { $0.sum.dataPoints.map(\.asInt) } == [[1], [9]])
        #expect(metrics[1].sum.dataPoints[0].timeUnixNano == Self.nowNanoseconds + 60_000_000_000)
    }

    @Test func `a metric of many series goes in several requests, and no point is lost`() async throws {
        let (meter, _) = Sample.meter(.exportedDataPoints, MetricPayload.componentType)
        let collector = ScriptedCollector()
        let exporter = collector.exporter(MetricPayload(origin: Sample.origin), bytesMax: 1000, meter: meter)
        let outcome = await exporter.export([Self.snapshot(series: 40)])
        #expect(outcome == ExportOutcome(exported: 41) && collector.requests.count > 1)
        let metrics = try collector.requests.flatMap { bytes in
            try ProtoMetricsRequest(serializedBytes: bytes).resourceMetrics[0].scopeMetrics[0].metrics
        }
        let values = metrics.filter { $0.name == "test.jobs" }.flatMap { $0.sum.dataPoints.map(\.asInt) }
        #expect(values == (0..<40).map { Int64($0) })
        #expect(metrics.filter { $0.name == "test.running" }.count == 1)
    }

    @Test func `no word of partial success is full success`() {
        var response = ProtoMetricsResponse()
        #expect(MetricPayload.partialSuccess(in: response) == nil)
        response.partialSuccess.rejectedDataPoints = 2
        #expect(MetricPayload.partialSuccess(in: response) == PartialSuccess(rejected: 2, message: ""))
    }

    @Test(arguments: [(0.0, UInt64(0)), (-5, 0), (1.5, 1_500_000_000), (1e12, .max)])
    func `times before 1970 are its beginning, and those that do not fit the last there is`(
        seconds: Double, nanoseconds: UInt64
    ) {
        #expect(Date(timeIntervalSince1970: seconds).unixNanoseconds == nanoseconds)
    }
}
