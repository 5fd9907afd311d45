import CasareDomain
import FoundationEssentials

/// Writes a snapshot as Prometheus reads it.
///
/// Sources: "Exposition formats" of Prometheus's documentation (0.0.4) and the OpenMetrics specification, 1.0.0.
/// `_created` series are not written: Prometheus keeps them as series of their own, and knows restarts without them.
/// Exemplars are in OpenMetrics alone, as the older text has no place for them.
package struct Exposition {
    /// "The combined length of the label names and values of an Exemplar's LabelSet MUST NOT exceed 128 UTF-8 character
    /// code points" (OpenMetrics).
    static let exemplarCharactersMax = 128

    private let format: ExpositionFormat
    private var text = ""

    /// - Parameters:
    ///   - snapshot: cumulative, with explicit histograms: neither text has others.
    ///   - resource: whose metrics they are, all of which becomes labels of `target_info`. What Prometheus calls `job` and
    ///     `instance` it knows itself.
    /// - Returns: the text in UTF-8.
    package static func write(
        _ snapshot: MetricSnapshot, of resource: Resource? = nil, as format: ExpositionFormat
    ) -> [UInt8] {
        var writer = Exposition(format: format)
        var known: Set<String> = []
        if let resource, !resource.attributes.isEmpty {
            // "It SHOULD be first in the exposition" (OpenMetrics, on target metadata).
            writer.write(resource)
            known = ["target", "target_info"]
        }
        // Two names that become one would be read as one metric with contradicting lines.
        for metric in snapshot.metrics where known.insert(PrometheusName.family(of: metric.instrument)).inserted {
            writer.write(metric)
        }
        if format == .openMetrics { writer.text += "# EOF\n" }
        return Array(writer.text.utf8)
    }

    private init(format: ExpositionFormat) { self.format = format }

    private mutating func write(_ metric: Metric) {
        let series = PrometheusName.series(of: metric.instrument)
        self.writeHead(metric.instrument)
        switch metric.points {
        case .numbers(let points):
            let hasExemplars = metric.instrument.kind == .counter
            for point in points {
                self.writeSample(
                    series, Self.labels(point.attributes), Self.number(point.value),
                    hasExemplars ? point.exemplars.last : nil)
            }
        case .histograms(let points):
            for point in points { self.write(point, series) }
        case .exponentialHistograms(let points):
            for point in points { self.write(point, series) }
        }
    }

    private mutating func write(_ resource: Resource) {
        let labels = Self.labels(Attributes(pairs: resource.attributes.lazy.map { ($0.key, $0.value) }))
        switch self.format {
        case .text: self.text += "# HELP target_info Target metadata\n# TYPE target_info gauge\n"
        case .openMetrics: self.text += "# HELP target Target metadata\n# TYPE target info\n"
        }
        self.writeSample("target_info", labels, "1")
    }

    private mutating func writeHead(_ instrument: Instrument) {
        let name: String
        switch self.format {
        case .text: name = PrometheusName.series(of: instrument)
        case .openMetrics: name = PrometheusName.family(of: instrument)
        }
        self.text += "# HELP \(name) \(self.escapedHelp(instrument.summary))\n"
        self.text += "# TYPE \(name) \(Self.type(of: instrument))\n"
        if self.format == .openMetrics, let unit = PrometheusName.unit(of: instrument) {
            self.text += "# UNIT \(name) \(unit)\n"
        }
    }

    /// Prometheus has no up-down counters: what may shrink is a gauge to it.
    private static func type(of instrument: Instrument) -> String {
        switch instrument.kind {
        case .counter: "counter"
        case .upDownCounter, .gauge: "gauge"
        case .histogram: "histogram"
        }
    }

    private mutating func write(_ point: HistogramPoint, _ name: String) {
        let labels = Self.labels(point.attributes)
        var exemplars: [Int: Exemplar] = [:]
        for exemplar in point.exemplars { exemplars[point.bucket(of: exemplar.value.double)] = exemplar }
        var sum = 0
        for (place, bound) in (point.bounds + [.infinity]).enumerated() {
            sum &+= point.counts[place]
            self.writeSample(
                "\(name)_bucket", labels + ["le=\"\(self.bound(bound))\""], String(sum), exemplars[place])
        }
        self.writeSample("\(name)_sum", labels, Self.number(.double(point.sum)))
        self.writeSample("\(name)_count", labels, String(sum))
    }

    /// Without bounds that others could compare: how many there were, and their sum.
    private mutating func write(_ point: ExponentialHistogramPoint, _ name: String) {
        let labels = Self.labels(point.attributes)
        self.writeSample("\(name)_bucket", labels + ["le=\"+Inf\""], String(point.count))
        self.writeSample("\(name)_sum", labels, Self.number(.double(point.sum)))
        self.writeSample("\(name)_count", labels, String(point.count))
    }

    private mutating func writeSample(
        _ name: String, _ labels: [String], _ value: String, _ exemplar: Exemplar? = nil
    ) {
        self.text += name
        if !labels.isEmpty { self.text += "{\(labels.joined(separator: ","))}" }
        self.text += " \(value)"
        switch self.format {
        case .text: break
        case .openMetrics:
            if let exemplar { self.text += " # \(Self.text(of: exemplar))" }
        }
        self.text += "\n"
    }

    // MARK: Parts

    /// Its labels, its value, and its time. Attributes stand behind the trace as far as there is room for them.
    private static func text(of exemplar: Exemplar) -> String {
        var labels: [(name: String, value: String)] = []
        var room = self.exemplarCharactersMax
        var trace: [(name: String, value: String)] = []
        if let context = exemplar.context {
            trace = [("trace_id", context.traceID.description), ("span_id", context.spanID.description)]
        }
        for (name, value) in trace + self.pairs(exemplar.attributes) {
            let length = name.unicodeScalars.count + value.unicodeScalars.count
            guard length <= room, !labels.contains(where: { $0.name == name }) else { continue }
            room -= length
            labels.append((name, value))
        }
        let time = self.text(of: exemplar.at.timeIntervalSince1970)
        return "{\(self.joined(labels).joined(separator: ","))} \(self.number(exemplar.value)) \(time)"
    }

    private static func labels(_ attributes: Attributes) -> [String] { self.joined(self.pairs(attributes)) }

    private static func joined(_ pairs: [(name: String, value: String)]) -> [String] {
        pairs.map { "\($0.name)=\"\(self.escapedValue($0.value))\"" }
    }

    /// Keys that become the same label share it, their values in the order of the keys.
    private static func pairs(_ attributes: Attributes) -> [(name: String, value: String)] {
        var labels: [(name: String, value: String)] = []
        for member in attributes.members {
            let name = PrometheusName.label(member.key)
            if let place = labels.firstIndex(where: { $0.name == name }) {
                labels[place].value += ";\(member.value)"
            } else {
                labels.append((name, member.value.description))
            }
        }
        return labels
    }

    private static func escapedValue(_ text: String) -> String {
        self.escaped(text, quotes: true)
    }

    /// OpenMetrics escapes quotation marks here too, the older text does not know that.
    private func escapedHelp(_ text: String) -> String {
        Self.escaped(text, quotes: self.format == .openMetrics)
    }

    /// Scalar by scalar: to Swift a carriage return with a line feed is one character, and no line feed.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped.append(contentsOf: #"\\"#.unicodeScalars)
            case "\n": escaped.append(contentsOf: #"\n"#.unicodeScalars)
            case "\"" where quotes: escaped.append(contentsOf: #"\""#.unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    private static func number(_ value: MetricValue) -> String {
        switch value {
        case .int(let number): String(number)
        case .double(let number): self.text(of: number)
        }
    }

    private static func text(of number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        let text = number.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    /// OpenMetrics writes whole bounds with `.0`, the older text without: both as Prometheus's own libraries do, whose
    /// series they would else not continue.
    private func bound(_ bound: Double) -> String {
        switch self.format {
        case .text: Self.text(of: bound)
        case .openMetrics: bound.isInfinite ? "+Inf" : bound.description
        }
    }
}
