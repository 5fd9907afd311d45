/// What a callback has seen.
///
/// Where a value is given twice for one series, those of counters are added up, so that rows may be handed on as they
/// come, and of those of a gauge the last one counts.
package struct Observations: Sendable {
    private let seriesMax: Int
    private(set) var values: [Instrument: [Attributes: MetricValue]]

    init(of instruments: [Instrument], seriesMax: Int) {
        self.seriesMax = seriesMax
        self.values = Dictionary(instruments.map { ($0, [:]) }, uniquingKeysWith: { first, _ in first })
    }

    /// - Precondition: the instrument is one that the callback is asked for, and counts in such numbers.
    package mutating func observe<Number: Measure>(
        _ instrument: Instrument, _ value: Number, _ attributes: Attributes = .none
    ) {
        precondition(self.values[instrument] != nil, "Nobody asked for \(instrument.name) here")
        precondition(Number.number == instrument.number, "\(instrument.name) has other numbers")
        self.add(value.metricValue, attributes, to: instrument)
    }

    /// Those of instruments that are not known here are left out.
    mutating func join(_ other: Observations) {
        for (instrument, series) in other.values where self.values[instrument] != nil {
            for (attributes, value) in series { self.add(value, attributes, to: instrument) }
        }
    }

    private mutating func add(_ value: MetricValue, _ attributes: Attributes, to instrument: Instrument) {
        var series = self.values.updateValue([:], forKey: instrument) ?? [:]
        let others = series.count - (series[.overflow] == nil ? 0 : 1)
        let isBeyond = series[attributes] == nil && others >= self.seriesMax
        let place = isBeyond ? .overflow : attributes
        series[place] = Self.joined(series[place], value, instrument.kind)
        self.values[instrument] = series
    }

    private static func joined(_ known: MetricValue?, _ value: MetricValue, _ kind: Instrument.Kind) -> MetricValue {
        guard let known else { return value }
        switch kind {
        case .gauge, .histogram: return value
        case .counter, .upDownCounter:
            if case (.int(let one), .int(let other)) = (known, value) { return .int(one &+ other) }
            return .double(known.double + value.double)
        }
    }
}
