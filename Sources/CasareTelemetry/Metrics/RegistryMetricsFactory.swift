package import CoreMetrics
import Synchronization

/// Takes what libraries count through swift-metrics into a registry. It is for libraries only: what Casare counts stands
/// in its catalogue, and those names are not taken from others.
///
/// Metrics keep their libraries' names, with `_` for what names of OpenTelemetry cannot hold, and dimensions are their
/// attributes. Counters and floating-point counters are counters, timers histograms in seconds, recorders histograms or
/// gauges, meters gauges. Nothing is set back or destroyed: that would look like a restart.
///
/// Each metric has the registry's limit of series, and there are `namesMax` of them. What comes beyond, and a second
/// metric of another kind under a name, counts nowhere.
package final class RegistryMetricsFactory: MetricsFactory {
    package static let namesMax = 500
    static let nameCharactersMax = 255

    /// Those that OpenTelemetry takes where nothing is known of the values.
    private static let bounds: [Double] = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000]
    private static let ownNames = Set(InstrumentCatalogue.all.map(\.name))

    private let registry: MetricRegistry
    private let known = Mutex<[String: Instrument]>([:])

    package init(_ registry: MetricRegistry) { self.registry = registry }

    // MARK: Making

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        guard let instrument = self.instrument(label, .counter, .integer, unit: "{event}") else {
            return NOOPMetricsHandler.instance
        }
        let counter = self.registry.counter(instrument, of: Int.self)
        return LibraryCounter(counter.series(Self.attributes(dimensions)))
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        guard let instrument = self.instrument(label, .counter, .double, unit: "{event}") else {
            return NOOPMetricsHandler.instance
        }
        let counter = self.registry.counter(instrument, of: Double.self)
        return LibrarySum(counter.series(Self.attributes(dimensions)))
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
        return LibraryGauge(gauge.table.cell(of: Self.attributes(dimensions)))
    }

    private func histogram(
        _ label: String, _ dimensions: [(String, String)], _ bounds: [Double], unit: String
    ) -> LibraryHistogram? {
        guard let instrument = self.instrument(label, .histogram(bounds: bounds), .double, unit: unit) else {
            return nil
        }
        return LibraryHistogram(self.registry.histogram(instrument).series(Self.attributes(dimensions)))
    }

    // MARK: Names

    /// `nil` where it cannot have the name.
    private func instrument(
        _ label: String, _ kind: Instrument.Kind, _ number: Instrument.Number, unit: String
    ) -> Instrument? {
        let name = Self.name(label)
        guard !Self.ownNames.contains(name) else { return nil }
        let instrument = Instrument(name, kind, number: number, unit: unit, "Counted by a library", by: .every)
        return self.known.withLock { known in
            if let first = known[name] { return first == instrument ? first : nil }
            guard known.count < Self.namesMax else { return nil }
            known[name] = instrument
            return instrument
        }
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

    private static func attributes(_ dimensions: [(String, String)]) -> Attributes {
        Attributes(pairs: dimensions.map { (AttributeKey(rawValue: $0.0), AttributeValue.string($0.1)) })
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
