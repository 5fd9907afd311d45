import CasareTelemetry
import FoundationEssentials
import GRPCCore
import OTLPProtos

/// Metrics as OTLP has them. What is counted is points: one for each series.
struct MetricPayload: OTLPPayload {
    /// One point of a metric.
    struct Piece: Sendable {
        let metric: Metric
        /// Among the metric's points.
        let place: Int
        let at: Date
    }

    let origin: OTLPOrigin

    static let signal = Signal.metrics
    static let method = ProtoMetricsService.Method.Export.descriptor
    static let componentType = "otlp_grpc_metric_exporter"
    static let instrument = Instrument.exportedDataPoints

    func pieces(of items: [MetricSnapshot]) -> [Piece] {
        items.flatMap { snapshot in
            snapshot.metrics.flatMap { metric in
                (0..<metric.points.count).map { Piece(metric: metric, place: $0, at: snapshot.takenAt) }
            }
        }
    }

    /// Points of one metric that follow each other stand in it together.
    func request(of pieces: ArraySlice<Piece>) -> ProtoMetricsRequest {
        var metrics: [ProtoMetric] = []
        var rest = pieces
        while let first = rest.first {
            var places = first.place..<first.place
            while let piece = rest.first, piece.place == places.upperBound,
                piece.metric.instrument.name == first.metric.instrument.name
            {
                places = places.lowerBound..<places.upperBound + 1
                rest.removeFirst()
            }
            metrics.append(ProtoMetric(first.metric, places, at: first.at))
        }
        var scope = ProtoScopeMetrics()
        scope.scope = self.origin.scope
        scope.metrics = metrics
        scope.schemaURL = OTLPOrigin.schemaURL
        var resource = ProtoResourceMetrics()
        resource.resource = self.origin.resource
        resource.scopeMetrics = [scope]
        resource.schemaURL = OTLPOrigin.schemaURL
        var request = ProtoMetricsRequest()
        request.resourceMetrics = [resource]
        return request
    }

    static func partialSuccess(in response: ProtoMetricsResponse) -> PartialSuccess? {
        guard response.hasPartialSuccess else { return nil }
        return PartialSuccess(
            rejected: response.partialSuccess.rejectedDataPoints, message: response.partialSuccess.errorMessage)
    }
}

extension Metric.Points {
    var count: Int {
        switch self {
        case .numbers(let points): points.count
        case .histograms(let points): points.count
        case .exponentialHistograms(let points): points.count
        }
    }
}

extension ProtoMetric {
    /// - Parameter places: which of its points.
    init(_ metric: Metric, _ places: Range<Int>, at time: Date) {
        self.init()
        self.name = metric.instrument.name
        self.description_p = metric.instrument.summary
        self.unit = metric.instrument.unit
        let at = time.unixNanoseconds
        let temporality = ProtoTemporality(metric.temporality)
        switch metric.points {
        case .numbers(let points):
            self.set(points[places].map { ProtoNumberPoint($0, at: at) }, metric.instrument.kind, temporality)
        case .histograms(let points):
            var histogram = ProtoHistogram()
            histogram.dataPoints = points[places].map { ProtoHistogramPoint($0, at: at) }
            histogram.aggregationTemporality = temporality
            self.histogram = histogram
        case .exponentialHistograms(let points):
            var histogram = ProtoExponentialHistogram()
            histogram.dataPoints = points[places].map { ProtoExponentialPoint($0, at: at) }
            histogram.aggregationTemporality = temporality
            self.exponentialHistogram = histogram
        }
    }

    private mutating func set(
        _ points: [ProtoNumberPoint], _ kind: Instrument.Kind, _ temporality: ProtoTemporality
    ) {
        switch kind {
        case .counter, .upDownCounter:
            var sum = ProtoSum()
            sum.dataPoints = points
            sum.aggregationTemporality = temporality
            sum.isMonotonic = kind == .counter
            self.sum = sum
        // A histogram has no numbers.
        case .gauge, .histogram:
            var gauge = ProtoGauge()
            gauge.dataPoints = points
            self.gauge = gauge
        }
    }
}

extension ProtoTemporality {
    init(_ temporality: MetricTemporality) {
        switch temporality {
        case .cumulative: self = .cumulative
        case .delta: self = .delta
        }
    }
}
