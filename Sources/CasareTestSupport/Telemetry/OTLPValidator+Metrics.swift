package import OTLPProtos

extension OTLPValidator {
    struct MetricPlace: Hashable {
        let origin: OTLPReceiver.Origin
        let name: String
    }

    /// What a metric must stay.
    struct MetricShape: Hashable {
        let kind: OTLPReceiver.Point.Kind
        let unit: String
    }

    /// Judges a request, also against what came before.
    ///
    /// - Returns: what came.
    package mutating func take(
        _ request: Opentelemetry_Proto_Collector_Metrics_V1_ExportMetricsServiceRequest
    ) -> [OTLPReceiver.Point] {
        var taken: [OTLPReceiver.Point] = []
        self.checkParts(request.resourceMetrics.map(\.scopeMetrics.count).reduce(0, +), in: .metrics)
        for group in request.resourceMetrics {
            for part in group.scopeMetrics {
                let origin = OTLPReceiver.Origin(group.resource, part.scope)
                self.check(group.resource, part.scope, of: origin, in: .metrics)
                self.checkItems(part.metrics.count, in: .metrics, from: origin)
                for metric in part.metrics {
                    let points = OTLPReceiver.Point.all(of: metric, origin)
                    self.check(metric, points, origin)
                    taken += points
                }
            }
        }
        return taken
    }

    private mutating func check(
        _ metric: Opentelemetry_Proto_Metrics_V1_Metric, _ points: [OTLPReceiver.Point], _ origin: OTLPReceiver.Origin
    ) {
        let subject = Subject(signal: .metrics, origin: origin, name: metric.name)
        self.checkCanaries(metric, subject)
        guard let first = points.first else {
            self.report(.noPoints, subject, "it has no data points")
            return
        }
        let place = MetricPlace(origin: origin, name: metric.name)
        let shape = MetricShape(kind: first.kind, unit: first.unit)
        if let known = self.shapes[place] {
            guard known == shape else {
                self.report(
                    .conflict, subject, "\(known.kind) in '\(known.unit)' became \(shape.kind) in '\(shape.unit)'")
                return
            }
        } else {
            self.shapes[place] = shape
            self.checkName(metric.name, subject)
            self.checkUnit(first, subject)
            if metric.description_p.isEmpty { self.report(.description, subject, "it has no description") }
        }
        self.checkTemporality(first, subject)
        for attributes in Self.attributes(of: metric) { self.checkKeys(attributes, subject) }
        for point in points { self.check(point, place, subject) }
    }

    private static func attributes(
        of metric: Opentelemetry_Proto_Metrics_V1_Metric
    ) -> [[Opentelemetry_Proto_Common_V1_KeyValue]] {
        switch metric.data {
        case .gauge(let data): data.dataPoints.map(\.attributes)
        case .sum(let data): data.dataPoints.map(\.attributes)
        case .histogram(let data): data.dataPoints.map(\.attributes)
        case .exponentialHistogram(let data): data.dataPoints.map(\.attributes)
        case .summary(let data): data.dataPoints.map(\.attributes)
        case nil: []
        }
    }

    // MARK: - What it is called

    private static let nameBytesMax = 255
    private static let unitWords: Set<Substring> = ["seconds", "milliseconds", "ms", "bytes", "percent", "ratio"]

    private mutating func checkName(_ name: String, _ subject: Subject) {
        let bytes = name.utf8
        let isLetter = bytes.first.map { Self.isNameByte($0) && !"0123456789_.-/".utf8.contains($0) } ?? false
        if !isLetter || bytes.count > Self.nameBytesMax || !bytes.allSatisfy(Self.isNameByte) {
            self.report(.metricName, subject, "it is no name of an instrument")
        }
        let last = name.split { $0 == "." || $0 == "_" }.last ?? ""
        if last == "total" || Self.unitWords.contains(last) {
            self.report(.metricNameSuffix, subject, "the name ends in '\(last)'")
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "/"):
            true
        default: false
        }
    }

    private static let basicUnits: Set<String> = ["1", "s", "By", "Hz", "Cel", "V", "A", "J", "W", "g", "m"]

    private mutating func checkUnit(_ point: OTLPReceiver.Point, _ subject: Subject) {
        let unit = point.unit
        if !unit.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({ Self.isUnit(String($0)) }) {
            self.report(.unit, subject, "'\(unit)' is not one of UCUM's basic units, nor one thing in braces")
        }
        let last = point.name.split(separator: ".").last
        if last == "duration", unit != "s" { self.report(.unit, subject, "a duration in '\(unit)'") }
        if last == "utilization", unit != "1" { self.report(.unit, subject, "a utilization in '\(unit)'") }
    }

    /// `{job}` is one, `{jobs}` is not; `{address}` ends as it must.
    private static func isUnit(_ unit: String) -> Bool {
        guard unit.hasPrefix("{"), unit.hasSuffix("}") else { return Self.basicUnits.contains(unit) }
        let thing = unit.dropFirst().dropLast()
        return !thing.isEmpty && !thing.contains { "{}".contains($0) }
            && (!thing.hasSuffix("s") || thing.hasSuffix("ss"))
    }

    private mutating func checkTemporality(_ point: OTLPReceiver.Point, _ subject: Subject) {
        let accumulates: Bool
        switch point.kind {
        case .gauge: return
        case .sum(let isMonotonic): accumulates = isMonotonic
        case .histogram, .exponentialHistogram: accumulates = true
        }
        guard let temporality = point.temporality else {
            self.report(.temporality, subject, "it has none")
            return
        }
        if accumulates, let wanted = self.temporality, wanted != temporality {
            self.report(.temporality, subject, "it is \(temporality), not \(wanted)")
        }
    }
}
