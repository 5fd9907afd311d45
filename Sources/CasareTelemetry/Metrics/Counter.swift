/// Counts what happens. Cheap: a look-up under a lock, and an addition; `series(_:)` saves the look-up.
package struct Counter<Number: Measure>: Sendable {
    let table: SeriesTable<NumberCell<Number>>

    /// One series of a counter, for whoever counts the same again and again: an atomic addition.
    package struct Series: Sendable {
        fileprivate let cell: NumberCell<Number>

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
