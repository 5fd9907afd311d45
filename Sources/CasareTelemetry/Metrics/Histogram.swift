import Synchronization

/// Counts values by their size.
package struct Histogram: Sendable {
    let table: SeriesTable<HistogramCell>

    /// One series of a histogram, for whoever records the same again and again.
    package struct Series: Sendable {
        fileprivate let cell: HistogramCell

        /// As `Histogram.record`.
        package func record(_ value: Double) { self.cell.record(value) }

        /// As `Histogram.record`.
        package func record(_ duration: Duration) { self.cell.record(duration / .seconds(1)) }
    }

    /// Values that are not numbers are left out: they would spoil the sum for good.
    package func record(_ value: Double, _ attributes: Attributes = .none) { self.series(attributes).record(value) }

    /// In seconds.
    package func record(_ duration: Duration, _ attributes: Attributes = .none) {
        self.series(attributes).record(duration)
    }

    /// Makes the series where it is new, with counts of 0.
    @discardableResult
    package func series(_ attributes: Attributes) -> Series { Series(cell: self.table.cell(of: attributes)) }
}

/// How the values of one series were spread.
final class HistogramCell: Sendable {
    struct State: Sendable {
        /// By bound, each without those of the bounds before; the last is of what exceeds all of them.
        var counts: [Int]
        var sum = 0.0
        var smallest: Double?
        var largest: Double?
        /// The latest of each bucket; empty until there is one.
        var exemplars: [Exemplar?] = []
        /// The same values once more; `nil` where nobody asks for them in that form.
        var exponential: ExponentialHistogramState?
    }

    private let bounds: [Double]
    private let source: ExemplarSource
    private let state: Mutex<State>

    init(bounds: [Double], exemplars source: ExemplarSource, _ kind: TelemetrySettings.HistogramKind) {
        self.bounds = bounds
        self.source = source
        var state = State(counts: Array(repeating: 0, count: bounds.count + 1))
        switch kind {
        case .explicit: break
        case .exponential: state.exponential = ExponentialHistogramState()
        }
        self.state = Mutex(state)
    }

    var value: State { self.state.withLock { $0 } }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        let place = HistogramPoint.bucket(of: value, self.bounds)
        let exemplar = self.source.exemplar(of: .double(value))
        self.state.withLock { state in
            state.counts[place] &+= 1
            state.sum += value
            state.smallest = min(state.smallest ?? value, value)
            state.largest = max(state.largest ?? value, value)
            state.exponential?.record(value)
            guard let exemplar else { return }
            if state.exemplars.isEmpty { state.exemplars = Array(repeating: nil, count: state.counts.count) }
            state.exemplars[place] = exemplar
        }
    }
}
