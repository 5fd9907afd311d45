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

/// Since when numbers count.
package enum MetricTemporality: Hashable, Sendable {
    /// Since the process began: each number holds the one before.
    case cumulative
    /// Since the collection before: each number is to be added to the one before.
    case delta
}

/// An instrument with what it counted; one without series says nothing.
package struct Metric: Hashable, Sendable {
    package enum Points: Hashable, Sendable {
        case numbers([NumberPoint])
        case histograms([HistogramPoint])
        case exponentialHistograms([ExponentialHistogramPoint])
    }

    package let instrument: Instrument
    /// By attributes, in an order that stays; the series for the rest is the last.
    package let points: Points
    /// It says nothing of gauges.
    package let temporality: MetricTemporality

    package init(instrument: Instrument, points: Points, temporality: MetricTemporality = .cumulative) {
        self.instrument = instrument
        self.points = points
        self.temporality = temporality
    }
}

package struct NumberPoint: Hashable, Sendable {
    package let attributes: Attributes
    /// Since when it counts; `nil` for gauges, which do not.
    package let since: Date?
    package let value: MetricValue
    /// Of counters; the latest.
    package let exemplars: [Exemplar]

    package init(attributes: Attributes, since: Date?, value: MetricValue, exemplars: [Exemplar] = []) {
        self.attributes = attributes
        self.since = since
        self.value = value
        self.exemplars = exemplars
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
    /// `nil` before the first value, and in deltas.
    package let smallest: Double?
    package let largest: Double?
    /// Whether a value was below 0, since the beginning: then the sum may shrink, and is none that rates may be taken of.
    package let hasNegatives: Bool
    /// The latest of each bucket, by bucket; of most there is none.
    package let exemplars: [Exemplar]

    package init(
        attributes: Attributes, since: Date, bounds: [Double], counts: [Int], sum: Double, smallest: Double?,
        largest: Double?, hasNegatives: Bool = false, exemplars: [Exemplar] = []
    ) {
        self.attributes = attributes
        self.since = since
        self.bounds = bounds
        self.counts = counts
        self.sum = sum
        self.smallest = smallest
        self.largest = largest
        self.hasNegatives = hasNegatives
        self.exemplars = exemplars
    }

    /// The place in `counts` of a value's bucket.
    package func bucket(of value: Double) -> Int { Self.bucket(of: value, self.bounds) }

    /// The place of the first bound that is not below the value; of a value that exceeds all of them one more.
    static func bucket(of value: Double, _ bounds: [Double]) -> Int {
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    package var count: Int { self.counts.reduce(0, &+) }
}
