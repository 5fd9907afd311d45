package import CasareDomain
import OTLPProtos

extension OTLPReceiver {
    /// A data point as it came, with what its metric says of it. Times are nanoseconds of Unix time.
    package struct Point: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            case gauge
            case sum(isMonotonic: Bool)
            case histogram, exponentialHistogram
        }

        package enum Content: Hashable, Sendable {
            /// `nil`: it says none.
            case number(Value?)
            /// How many values lie at or below each bound and above the one before.
            case buckets(Summary, bounds: [Double], counts: [Int])
            case exponential(Summary, ExponentialBuckets)
        }

        package struct Summary: Hashable, Sendable {
            package let count: Int
            package let sum: Double?
            package let smallest: Double?
            package let largest: Double?
        }

        package struct ExponentialBuckets: Hashable, Sendable {
            package let scale: Int
            package let zeros: Int
            package let positive: [Int]
            package let positiveOffset: Int
            package let negative: [Int]
            package let negativeOffset: Int
        }

        package struct Exemplar: Hashable, Sendable {
            package let value: Value?
            package let at: UInt64
            /// Small hex digits; empty where there is none.
            package let traceID: String
            package let spanID: String
            package let attributes: [String: Value]
        }

        package let origin: Origin
        package let name: String
        package let unit: String
        package let summary: String
        package let kind: Kind
        /// `nil` for gauges, which have none, and where it does not say.
        package let temporality: Temporality?
        package let attributes: [String: Value]
        /// 0: it does not say.
        package let startedAt: UInt64
        package let at: UInt64
        package let content: Content
        package let exemplars: [Exemplar]

        /// `nil` for histograms, too.
        package var number: Value? {
            if case .number(let number) = self.content { number } else { .none }
        }

        /// Of histograms; `nil` for others.
        package var distribution: Summary? {
            switch self.content {
            case .number: .none
            case .buckets(let summary, _, _), .exponential(let summary, _): summary
            }
        }
    }
}

extension OTLPReceiver.Point {
    /// The points of a metric; none of a kind that nobody sends any more.
    static func all(
        of metric: Opentelemetry_Proto_Metrics_V1_Metric, _ origin: OTLPReceiver.Origin
    ) -> [OTLPReceiver.Point] {
        switch metric.data {
        case .gauge(let gauge):
            gauge.dataPoints.map { Self(metric, .gauge, nil, $0, origin) }
        case .sum(let sum):
            sum.dataPoints.map {
                let temporality = Self.temporality(sum.aggregationTemporality)
                return Self(metric, .sum(isMonotonic: sum.isMonotonic), temporality, $0, origin)
            }
        case .histogram(let histogram):
            histogram.dataPoints.map { Self(metric, Self.temporality(histogram.aggregationTemporality), $0, origin) }
        case .exponentialHistogram(let histogram):
            histogram.dataPoints.map { Self(metric, Self.temporality(histogram.aggregationTemporality), $0, origin) }
        case .summary, nil:
            []
        }
    }

    private static func temporality(
        _ temporality: Opentelemetry_Proto_Metrics_V1_AggregationTemporality
    ) -> OTLPReceiver.Temporality? {
        OTLPReceiver.Temporality(rawValue: temporality.rawValue)
    }

    private init(
        _ metric: Opentelemetry_Proto_Metrics_V1_Metric, _ kind: Kind, _ temporality: OTLPReceiver.Temporality?,
        _ point: Opentelemetry_Proto_Metrics_V1_NumberDataPoint, _ origin: OTLPReceiver.Origin
    ) {
        let number: Value? =
            switch point.value {
            case .asInt(let number): .some(.int(Int(number)))
            case .asDouble(let number): .some(.double(number))
            case nil: .none
            }
        self.init(
            origin: origin, name: metric.name, unit: metric.unit, summary: metric.description_p, kind: kind,
            temporality: temporality, attributes: OTLPReceiver.attributes(point.attributes),
            startedAt: point.startTimeUnixNano, at: point.timeUnixNano, content: .number(number),
            exemplars: point.exemplars.map(Exemplar.init))
    }

    private init(
        _ metric: Opentelemetry_Proto_Metrics_V1_Metric, _ temporality: OTLPReceiver.Temporality?,
        _ point: Opentelemetry_Proto_Metrics_V1_HistogramDataPoint, _ origin: OTLPReceiver.Origin
    ) {
        let summary = Summary(
            count: Int(clamping: point.count), sum: point.hasSum ? point.sum : nil,
            smallest: point.hasMin ? point.min : nil, largest: point.hasMax ? point.max : nil)
        self.init(
            origin: origin, name: metric.name, unit: metric.unit, summary: metric.description_p, kind: .histogram,
            temporality: temporality, attributes: OTLPReceiver.attributes(point.attributes),
            startedAt: point.startTimeUnixNano, at: point.timeUnixNano,
            content: .buckets(
                summary, bounds: point.explicitBounds, counts: point.bucketCounts.map { Int(clamping: $0) }),
            exemplars: point.exemplars.map(Exemplar.init))
    }

    private init(
        _ metric: Opentelemetry_Proto_Metrics_V1_Metric, _ temporality: OTLPReceiver.Temporality?,
        _ point: Opentelemetry_Proto_Metrics_V1_ExponentialHistogramDataPoint, _ origin: OTLPReceiver.Origin
    ) {
        let summary = Summary(
            count: Int(clamping: point.count), sum: point.hasSum ? point.sum : nil,
            smallest: point.hasMin ? point.min : nil, largest: point.hasMax ? point.max : nil)
        let buckets = ExponentialBuckets(
            scale: Int(point.scale), zeros: Int(clamping: point.zeroCount),
            positive: point.positive.bucketCounts.map { Int(clamping: $0) },
            positiveOffset: Int(point.positive.offset),
            negative: point.negative.bucketCounts.map { Int(clamping: $0) },
            negativeOffset: Int(point.negative.offset))
        self.init(
            origin: origin, name: metric.name, unit: metric.unit, summary: metric.description_p,
            kind: .exponentialHistogram, temporality: temporality,
            attributes: OTLPReceiver.attributes(point.attributes), startedAt: point.startTimeUnixNano,
            at: point.timeUnixNano, content: .exponential(summary, buckets),
            exemplars: point.exemplars.map(Exemplar.init))
    }
}

extension OTLPReceiver.Point.Exemplar {
    fileprivate init(_ exemplar: Opentelemetry_Proto_Metrics_V1_Exemplar) {
        let value: Value? =
            switch exemplar.value {
            case .asInt(let number): .some(.int(Int(number)))
            case .asDouble(let number): .some(.double(number))
            case nil: .none
            }
        self.init(
            value: value, at: exemplar.timeUnixNano, traceID: OTLPReceiver.hex(exemplar.traceID),
            spanID: OTLPReceiver.hex(exemplar.spanID), attributes: OTLPReceiver.attributes(exemplar.filteredAttributes))
    }
}
