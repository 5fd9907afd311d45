/// What an instrument is called and what its numbers mean: everything that stands in the catalogue of metrics.
package struct Instrument: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// It only grows. As Prometheus has it: `rate()` is what is looked at.
        case counter
        /// It grows and shrinks, and sums of it over processes or attributes mean something.
        case upDownCounter
        /// It is what it is: sums of it mean nothing.
        case gauge
        /// How values are spread: counts by upper bounds, and one more for what lies above them.
        ///
        /// - Parameter bounds: each larger than the one before. A value that equals a bound lies below it.
        case histogram(bounds: [Double])
    }

    /// What its numbers are.
    package enum Number: Hashable, Sendable { case integer, double }

    /// Who reports it, which says how the series of several processes are put together.
    package enum Reporter: String, Hashable, Sendable, CaseIterable {
        /// Every orchestrator reads the same from the database: take the largest over instances, never the sum.
        case database = "db"
        /// Each orchestrator reports what it did itself: take the sum.
        case orchestrator
        /// Each robot does: take the sum.
        case robot
        /// Each process, whatever it is, of itself: take the sum of what was done.
        case every
    }

    /// As OpenTelemetry has it; see `PrometheusName` for the other one.
    package let name: String
    package let kind: Kind
    package let number: Number
    /// As UCUM writes it: `s`, `By`, `1`, or a thing in braces such as `{job}`.
    package let unit: String
    /// In one sentence without a full stop.
    package let summary: String
    /// Those that its series may have; some have not all of them.
    package let attributes: [AttributeKey]
    package let reporter: Reporter
    /// Whether it is read when somebody collects.
    package let isObserved: Bool

    /// - Parameter number: `nil`: doubles in histograms, else integers.
    /// - Precondition: the bounds of a histogram grow.
    package init(
        _ name: String, _ kind: Kind, number: Number? = nil, unit: String, _ summary: String,
        attributes: [AttributeKey] = [], by reporter: Reporter, isObserved: Bool = false
    ) {
        switch kind {
        case .histogram(let bounds):
            precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "The bounds of \(name) do not grow")
            self.number = number ?? .double
        case .counter, .upDownCounter, .gauge:
            self.number = number ?? .integer
        }
        self.name = name
        self.kind = kind
        self.unit = unit
        self.summary = summary
        self.attributes = attributes
        self.reporter = reporter
        self.isObserved = isObserved
    }
}

extension Instrument.Kind: CustomStringConvertible {
    package var description: String {
        switch self {
        case .counter: "counter"
        case .upDownCounter: "up-down counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}
