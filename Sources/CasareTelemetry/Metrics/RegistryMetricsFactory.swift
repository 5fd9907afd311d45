package import CoreMetrics
import Synchronization

/// Takes what libraries count through swift-metrics into a registry. It is for libraries only: what Casare counts stands
/// in its catalogue, and those names are not taken from others.
///
/// Metrics keep their libraries' names, with `_` for what names of OpenTelemetry cannot hold, and dimensions are their
/// attributes. Counters and floating-point counters are counters, timers histograms in seconds, recorders histograms or
/// gauges, meters gauges. Nothing is set back or destroyed: that would look like a restart.
///
/// There are `namesMax` metrics, which have `labelSetsMax` sets of dimensions together: what comes with more of those
/// counts in one series of its metric, and what comes under more names nowhere. Neither does a second metric of another
/// kind under a name, or one that Prometheus could not tell from another by its name.
package final class RegistryMetricsFactory: MetricsFactory {
    package static let namesMax = 500
    /// Of all metrics of libraries together; each has the registry's limit besides.
    package static let labelSetsMax = 2000
    /// Of one metric's series; others are left out.
    static let dimensionsMax = 32
    static let nameCharactersMax = 255
    /// Of a dimension's value; the rest is cut off.
    static let valueCharactersMax = 255

    /// Those that OpenTelemetry takes where nothing is known of the values.
    private static let bounds: [Double] = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000]
    /// In both forms.
    private static let ownNames = Set(
        InstrumentCatalogue.all.flatMap { [$0.name] + RegistryMetricsFactory.prometheusNames(of: $0) })

    private struct LabelSet: Hashable {
        let name: String
        let attributes: Attributes
    }

    private struct State {
        var instruments: [String: Instrument] = [:]
        /// As Prometheus reads them.
        var taken: Set<String> = []
        var labelSets: Set<LabelSet> = []
    }

    private let registry: MetricRegistry
    private let state = Mutex(State())

    package init(_ registry: MetricRegistry) { self.registry = registry }

    /// From now on libraries count into this registry, until the process ends.
    ///
    /// - Precondition: nobody has called it in this process, or has bootstrapped swift-metrics in another way.
    package static func bootstrap(_ registry: MetricRegistry) {
        MetricsSystem.bootstrap(RegistryMetricsFactory(registry))
    }

    // MARK: Making

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        guard let instrument = self.instrument(label, .counter, .integer, unit: "{event}") else {
            return NOOPMetricsHandler.instance
        }
        let counter = self.registry.counter(instrument, of: Int.self)
        return LibraryCounter(counter.series(self.attributes(dimensions, of: instrument)))
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        guard let instrument = self.instrument(label, .counter, .double, unit: "{event}") else {
            return NOOPMetricsHandler.instance
        }
        let counter = self.registry.counter(instrument, of: Double.self)
        return LibrarySum(counter.series(self.attributes(dimensions, of: instrument)))
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        guard let gauge = self.gauge(label, dimensions) else { return NOOPMetricsHandler.instance }
        return gauge
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate {
            guard let histogram = self.histogram(label, dimensions, Self.bounds, unit: "{value}") else {
                return NOOPMetricsHandler.instance
            }
            return histogram
        }
        guard let gauge = self.gauge(label, dimensions) else { return NOOPMetricsHandler.instance }
        return gauge
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        guard let histogram = self.histogram(label, dimensions, Buckets.node, unit: "s") else {
            return NOOPMetricsHandler.instance
        }
        return histogram
    }

    package func destroyCounter(_: any CounterHandler) {}
    package func destroyFloatingPointCounter(_: any FloatingPointCounterHandler) {}
    package func destroyMeter(_: any MeterHandler) {}
    package func destroyRecorder(_: any RecorderHandler) {}
    package func destroyTimer(_: any TimerHandler) {}

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> LibraryGauge? {
        // Not in the unit 1, in which Prometheus takes gauges for ratios.
        guard let instrument = self.instrument(label, .gauge, .double, unit: "{value}") else { return nil }
        let gauge = self.registry.gauge(instrument, of: Double.self)
        return LibraryGauge(gauge.table.cell(of: self.attributes(dimensions, of: instrument)))
    }

    private func histogram(
        _ label: String, _ dimensions: [(String, String)], _ bounds: [Double], unit: String
    ) -> LibraryHistogram? {
        guard let instrument = self.instrument(label, .histogram(bounds: bounds), .double, unit: unit) else {
            return nil
        }
        return LibraryHistogram(self.registry.histogram(instrument).series(self.attributes(dimensions, of: instrument)))
    }

    // MARK: Names

    /// `nil` where it cannot have the name.
    private func instrument(
        _ label: String, _ kind: Instrument.Kind, _ number: Instrument.Number, unit: String
    ) -> Instrument? {
        let name = Self.name(label)
        let instrument = Instrument(name, kind, number: number, unit: unit, "Counted by a library", by: .every)
        let names = Self.prometheusNames(of: instrument)
        guard Self.ownNames.isDisjoint(with: names + [name]) else { return nil }
        return self.state.withLock { state in
            if let first = state.instruments[name] { return first == instrument ? first : nil }
            guard state.instruments.count < Self.namesMax, state.taken.isDisjoint(with: names) else { return nil }
            state.instruments[name] = instrument
            state.taken.formUnion(names)
            return instrument
        }
    }

    /// Every name that it may stand under where Prometheus reads it.
    private static func prometheusNames(of instrument: Instrument) -> [String] {
        let family = PrometheusName.family(of: instrument)
        return [family] + ["_total", "_bucket", "_sum", "_count"].map { family + $0 }
    }

    /// A letter, and behind it letters, digits, `_`, `.`, `-` and `/` (OpenTelemetry, "instrument name syntax").
    static func name(_ label: String) -> String {
        let characters = label.unicodeScalars.prefix(self.nameCharactersMax).map { scalar -> Character in
            self.isLetter(scalar) || "0123456789_.-/".unicodeScalars.contains(scalar) ? Character(scalar) : "_"
        }
        let name = String(characters)
        if let first = name.unicodeScalars.first, self.isLetter(first) { return name }
        return String("library_\(name)".prefix(self.nameCharactersMax))
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool { scalar.isASCII && scalar.properties.isAlphabetic }

    /// Those of the series that takes the rest, where there are too many.
    private func attributes(_ dimensions: [(String, String)], of instrument: Instrument) -> Attributes {
        guard !dimensions.isEmpty else { return .none }
        // Without a name it is no attribute.
        let named = dimensions.prefix(Self.dimensionsMax).filter { !$0.0.isEmpty }
        let attributes = Attributes(
            pairs: named.map { key, value in
                (
                    AttributeKey(rawValue: Self.cut(key, to: Self.nameCharactersMax)),
                    AttributeValue.string(Self.cut(value, to: Self.valueCharactersMax))
                )
            })
        return self.state.withLock { state in
            let labelSet = LabelSet(name: instrument.name, attributes: attributes)
            guard !state.labelSets.contains(labelSet) else { return attributes }
            guard state.labelSets.count < Self.labelSetsMax else { return .overflow }
            state.labelSets.insert(labelSet)
            return attributes
        }
    }

    /// Unicode's, of which each has four bytes at the most.
    private static func cut(_ text: String, to scalarsMax: Int) -> String {
        text.utf8.count <= scalarsMax ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(scalarsMax)))
    }
}

// MARK: - Handlers

private final class LibraryCounter: CounterHandler {
    private let series: Counter<Int>.Series

    init(_ series: Counter<Int>.Series) { self.series = series }

    func increment(by amount: Int64) {
        if amount > 0 { self.series.add(Int(amount)) }
    }

    func reset() {}
}

private final class LibrarySum: FloatingPointCounterHandler {
    private let series: Counter<Double>.Series

    init(_ series: Counter<Double>.Series) { self.series = series }

    func increment(by amount: Double) {
        if amount > 0, amount.isFinite { self.series.add(amount) }
    }

    func reset() {}
}

private final class LibraryGauge: MeterHandler, RecorderHandler {
    private let cell: NumberCell<Double>

    init(_ cell: NumberCell<Double>) { self.cell = cell }

    func set(_ value: Int64) { self.cell.set(Double(value)) }
    func set(_ value: Double) { self.cell.set(value) }
    func record(_ value: Int64) { self.set(value) }
    func record(_ value: Double) { self.set(value) }

    func increment(by amount: Double) {
        if amount.isFinite { self.cell.add(amount) }
    }

    func decrement(by amount: Double) {
        if amount.isFinite { self.cell.add(-amount) }
    }
}

private final class LibraryHistogram: RecorderHandler, TimerHandler {
    private let series: Histogram.Series

    init(_ series: Histogram.Series) { self.series = series }

    func record(_ value: Int64) { self.series.record(Double(value)) }
    func record(_ value: Double) { self.series.record(value) }
    func recordNanoseconds(_ duration: Int64) { self.series.record(.nanoseconds(duration)) }
}
