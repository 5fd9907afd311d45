package import FoundationEssentials
package import Logging
import Synchronization

/// All metrics of a process. Whoever counts asks it for instruments once, and whoever shows or sends them takes
/// snapshots.
///
/// Everything counts from the time of its making on and is never set back. An instrument that was made already is
/// handed out again, so that two parts of a program which count the same count together.
package final class MetricRegistry: Sendable {
    /// Series of one metric; beyond them one more takes the rest (OpenTelemetry, "cardinality limits").
    package static let seriesMax = 2000

    /// An instrument that counts, and how to read what it has counted.
    struct Source: Sendable {
        let instrument: Instrument
        let table: any Sendable
        let read: @Sendable (TelemetrySettings.HistogramKind) -> Metric.Points
    }

    /// Who is asked for the values of instruments.
    struct Callback: Sendable {
        let instruments: [Instrument]
        let observe: Observing
    }

    struct State {
        /// By name, as below.
        var sources: [String: Source] = [:]
        var observed: [String: Instrument] = [:]
        var callbacks: [Callback] = []
    }

    /// Since when everything counts.
    package let startedAt: Date
    /// The form in which histograms are sent; the explicit one can always be had.
    package let histograms: TelemetrySettings.HistogramKind
    /// Whose metrics they are; `nil` where nobody has said it.
    package let resource: Resource?
    let now: @Sendable () -> Date
    let seriesMax: Int
    private let exemplars: ExemplarSource
    private let logger: Logger
    let state = Mutex(State())

    /// - Parameters:
    ///   - seriesMax: of each metric.
    ///   - exemplars: which measurements leave one.
    ///   - histograms: exponential ones are kept beside the explicit ones, not in their place.
    ///   - now: for the times of collections and of exemplars.
    package init(
        logger: Logger, seriesMax: Int = MetricRegistry.seriesMax,
        exemplars: TelemetrySettings.ExemplarFilter = .traceBased,
        histograms: TelemetrySettings.HistogramKind = .explicit, resource: Resource? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.logger = logger
        self.seriesMax = seriesMax
        self.exemplars = ExemplarSource(filter: exemplars, now: now)
        self.histograms = histograms
        self.resource = resource
        self.now = now
        self.startedAt = now()
    }

    // MARK: Instruments

    /// - Precondition: the instrument is a counter of such numbers.
    package func counter<Number: Measure>(
        _ instrument: Instrument, of _: Number.Type = Int.self
    ) -> Counter<Number> {
        precondition(instrument.kind == .counter, "\(instrument.name) is no counter")
        precondition(instrument.number == Number.number, "\(instrument.name) has other numbers")
        let (since, exemplars) = (self.startedAt, self.exemplars)
        let table = self.table(of: instrument, make: { CounterCell<Number>(exemplars: exemplars) }) { table, _ in
            .numbers(
                table.all.map { attributes, cell in
                    NumberPoint(
                        attributes: attributes, since: since, value: cell.value.metricValue,
                        exemplars: cell.exemplar.map { [$0] } ?? [])
                })
        }
        return Counter(table: table)
    }

    /// - Precondition: the instrument is an up-down counter of such numbers.
    package func upDownCounter<Number: Measure>(
        _ instrument: Instrument, of _: Number.Type = Int.self
    ) -> UpDownCounter<Number> {
        precondition(instrument.kind == .upDownCounter, "\(instrument.name) is no up-down counter")
        return UpDownCounter(table: self.numbers(instrument))
    }

    /// - Precondition: the instrument is a gauge of such numbers.
    package func gauge<Number: Measure>(_ instrument: Instrument, of _: Number.Type = Int.self) -> Gauge<Number> {
        precondition(instrument.kind == .gauge, "\(instrument.name) is no gauge")
        return Gauge(table: self.numbers(instrument))
    }

    /// - Precondition: the instrument is a histogram.
    package func histogram(_ instrument: Instrument) -> Histogram {
        guard case .histogram(let bounds) = instrument.kind else {
            preconditionFailure("\(instrument.name) is no histogram")
        }
        let (since, exemplars, kept) = (self.startedAt, self.exemplars, self.histograms)
        let make = { @Sendable in HistogramCell(bounds: bounds, exemplars: exemplars, kept) }
        let table = self.table(of: instrument, make: make) { table, kind in
            table.points(since: since, bounds: bounds, kind)
        }
        return Histogram(table: table)
    }

    private func numbers<Number: Measure>(_ instrument: Instrument) -> SeriesTable<NumberCell<Number>> {
        precondition(instrument.number == Number.number, "\(instrument.name) has other numbers")
        let since = instrument.kind == .gauge ? nil : self.startedAt
        return self.table(of: instrument, make: { NumberCell<Number>() }) { table, _ in
            .numbers(
                table.all.map { attributes, cell in
                    NumberPoint(attributes: attributes, since: since, value: cell.value.metricValue)
                })
        }
    }

    /// The table that is there already, or a new one.
    private func table<Cell: AnyObject & Sendable>(
        of instrument: Instrument, make: @escaping @Sendable () -> Cell,
        read: @escaping @Sendable (SeriesTable<Cell>, TelemetrySettings.HistogramKind) -> Metric.Points
    ) -> SeriesTable<Cell> {
        precondition(!instrument.isObserved, "\(instrument.name) is observed: say how with observe(_:with:)")
        let new = SeriesTable(seriesMax: self.seriesMax, make: make)
        let (table, isKnown) = self.state.withLock { state -> (SeriesTable<Cell>, Bool) in
            guard let known = state.sources[instrument.name] else {
                if state.observed[instrument.name] != nil { return (new, false) }
                state.sources[instrument.name] = Source(instrument: instrument, table: new, read: { read(new, $0) })
                return (new, true)
            }
            if known.instrument == instrument, let table = known.table as? SeriesTable<Cell> { return (table, true) }
            return (new, false)
        }
        if !isKnown { self.warn(instrument) }
        return table
    }

    /// Its series are counted and shown nowhere: two metrics of one name could not be told apart.
    func warn(_ instrument: Instrument) {
        self.logger.warning(
            "Two instruments have the same name and are not the same; the later one is not shown",
            metadata: ["metric.name": .string(instrument.name), "metric.unit": .string(instrument.unit)])
    }
}
