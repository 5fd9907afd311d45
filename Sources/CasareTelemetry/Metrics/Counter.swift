import Synchronization

/// Counts what happens. Cheap: a look-up under a lock, and an addition; `series(_:)` saves the look-up.
package struct Counter<Number: Measure>: Sendable {
    let table: SeriesTable<CounterCell<Number>>

    /// One series of a counter, for whoever counts the same again and again: an atomic addition.
    package struct Series: Sendable {
        fileprivate let cell: CounterCell<Number>

        /// - Precondition: `change` is not negative.
        package func add(_ change: Number) {
            precondition(change >= .zero, "A counter only grows")
            self.cell.add(change)
        }
    }

    /// - Precondition: `change` is not negative.
    package func add(_ change: Number, _ attributes: Attributes = .none) { self.series(attributes).add(change) }

    /// Makes the series where it is new, with 0: so also its first event is an increase for whoever reads it.
    @discardableResult
    package func series(_ attributes: Attributes) -> Series { Series(cell: self.table.cell(of: attributes)) }
}

/// Counts what comes and goes.
package struct UpDownCounter<Number: Measure>: Sendable {
    let table: SeriesTable<NumberCell<Number>>

    /// What goes is counted with the attributes with which it came.
    package func add(_ change: Number, _ attributes: Attributes = .none) { self.table.cell(of: attributes).add(change) }
}

/// Says how something stands.
package struct Gauge<Number: Measure>: Sendable {
    let table: SeriesTable<NumberCell<Number>>

    package func set(_ value: Number, _ attributes: Attributes = .none) { self.table.cell(of: attributes).set(value) }
}

/// A number that only grows, and the latest addition that was made in a trace.
final class CounterCell<Number: Measure>: Sendable {
    private let number = NumberCell<Number>()
    private let source: ExemplarSource
    private let latest = Mutex<Exemplar?>(nil)

    init(exemplars source: ExemplarSource) { self.source = source }

    var value: Number { self.number.value }
    var exemplar: Exemplar? { self.latest.withLock { $0 } }

    func add(_ change: Number) {
        self.number.add(change)
        guard let exemplar = self.source.exemplar(of: change.metricValue) else { return }
        self.latest.withLock { $0 = exemplar }
    }
}
