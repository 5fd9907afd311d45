/// The labels of a series, its metric among them.
typealias PromQLLabels = [String: String]

extension PromQLLabels {
    /// The label that holds the metric's name.
    static let name = "__name__"

    var withoutName: PromQLLabels { self.filter { $0.key != Self.name } }

    func keeping(_ labels: [String]) -> PromQLLabels { self.filter { labels.contains($0.key) } }

    func leavingOut(_ labels: [String]) -> PromQLLabels { self.filter { !labels.contains($0.key) } }
}

/// What was measured, and when.
struct SampleStore: Sendable {
    struct Sample: Hashable, Sendable {
        /// Seconds since 1970.
        let at: Double
        /// `nil`: from here on the series is not there any more.
        let value: Double?
    }

    struct Series: Hashable, Sendable {
        let labels: PromQLLabels
        /// The oldest first.
        fileprivate(set) var samples: [Sample]
    }

    /// A value counts for so many seconds, unless a later one comes (Prometheus's `query.lookback-delta`).
    static let lookbackSeconds = 300.0

    private var byName: [String: [Series]] = [:]
    private var places: [PromQLLabels: Int] = [:]
    /// When the first value was measured.
    private(set) var begin: Double?

    init() {}

    /// Adds a value at the end of its series: values of one series come in the order of their times.
    mutating func add(_ labels: PromQLLabels, _ value: Double?, at time: Double) {
        let name = labels[PromQLLabels.name] ?? ""
        self.begin = self.begin.map { Swift.min($0, time) } ?? time
        let sample = Sample(at: time, value: value)
        if let place = self.places[labels] {
            self.byName[name]?[place].samples.append(sample)
        } else {
            self.places[labels] = self.byName[name]?.count ?? 0
            self.byName[name, default: []].append(Series(labels: labels, samples: [sample]))
        }
    }

    /// - Throws: For a pattern that cannot be read.
    func series(of selector: PromQLSelector) throws(PromQLError) -> [Series] {
        let filter = try SelectorFilter(selector)
        let candidates = selector.name.map { self.byName[$0] ?? [] } ?? self.byName.values.flatMap(\.self)
        return candidates.filter { filter.matches($0.labels) }
    }
}

/// A selector whose patterns have been read.
struct SelectorFilter {
    private let conditions: [(label: String, isMet: (String) -> Bool)]

    /// - Throws: For a pattern that cannot be read.
    init(_ selector: PromQLSelector) throws(PromQLError) {
        var conditions: [(label: String, isMet: (String) -> Bool)] = []
        for matcher in selector.matchers {
            let value = matcher.value
            switch matcher.relation {
            case .equal: conditions.append((matcher.label, { $0 == value }))
            case .notEqual: conditions.append((matcher.label, { $0 != value }))
            case .matches:
                let pattern = try Self.pattern(value)
                conditions.append((matcher.label, { $0.wholeMatch(of: pattern) != nil }))
            case .matchesNot:
                let pattern = try Self.pattern(value)
                conditions.append((matcher.label, { $0.wholeMatch(of: pattern) == nil }))
            }
        }
        self.conditions = conditions
    }

    /// A label that is not there is empty.
    func matches(_ labels: PromQLLabels) -> Bool {
        self.conditions.allSatisfy { $0.isMet(labels[$0.label] ?? "") }
    }

    /// Prometheus's are RE2's, of which rules use what all dialects have in common.
    static func pattern(_ text: String) throws(PromQLError) -> Regex<AnyRegexOutput> {
        do {
            return try Regex(text)
        } catch {
            throw PromQLError("the pattern \"\(text)\" cannot be read")
        }
    }
}
