package import FoundationEssentials

/// All metrics of a process at one moment, for whoever sends or shows them.
package struct MetricSnapshot: Hashable, Sendable {
    package let takenAt: Date
    /// By name.
    package let metrics: [Metric]

    package init(takenAt: Date, metrics: [Metric]) {
        self.takenAt = takenAt
        self.metrics = metrics
    }

    package subscript(name: String) -> Metric? { self.metrics.first { $0.instrument.name == name } }
}

/// An instrument with what it counted; one without series says nothing.
package struct Metric: Hashable, Sendable {
    package enum Points: Hashable, Sendable {
        case numbers([NumberPoint])
        case histograms([HistogramPoint])
    }

    package let instrument: Instrument
    /// By attributes, in an order that stays; the series for the rest is the last.
    package let points: Points

    package init(instrument: Instrument, points: Points) {
        self.instrument = instrument
        self.points = points
    }
}

package struct NumberPoint: Hashable, Sendable {
    package let attributes: Attributes
    /// Since when it counts; `nil` for gauges, which do not.
    package let since: Date?
    package let value: MetricValue

    package init(attributes: Attributes, since: Date?, value: MetricValue) {
        self.attributes = attributes
        self.since = since
        self.value = value
    }
}

package struct HistogramPoint: Hashable, Sendable {
    package let attributes: Attributes
    /// Since when it counts.
    package let since: Date
    package let bounds: [Double]
    /// One more than bounds: how many values lie at or below each bound and above the one before.
    package let counts: [Int]
    package let sum: Double
    /// `nil` before the first value.
    package let smallest: Double?
    package let largest: Double?

    package init(
        attributes: Attributes, since: Date, bounds: [Double], counts: [Int], sum: Double, smallest: Double?,
        largest: Double?
    ) {
        self.attributes = attributes
        self.since = since
        self.bounds = bounds
        self.counts = counts
        self.sum = sum
        self.smallest = smallest
        self.largest = largest
    }

    package var count: Int { self.counts.reduce(0, &+) }
}
