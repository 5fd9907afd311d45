import CasareDomain

extension OTLPValidator {
    struct SeriesPlace: Hashable {
        let metric: MetricPlace
        let attributes: [String: Value]
    }

    /// Beside the one for the rest.
    private static let seriesMax = 2000
    private static let overflow = "otel.metric.overflow"

    mutating func check(_ point: OTLPReceiver.Point, _ metric: MetricPlace, _ subject: Subject) {
        self.checkTimes(point, subject)
        for (key, value) in point.attributes where !key.hasSuffix("version") {
            if let text = value.string, Self.namesOneOfMany(text) {
                self.report(.metricAttribute, subject, "\(key) is '\(text)'")
            }
        }
        self.checkContent(point, subject)
        for exemplar in point.exemplars {
            let hasIDs = !exemplar.traceID.isEmpty || !exemplar.spanID.isEmpty
            let areValid = Self.isValid(exemplar.traceID, bytes: 16) && Self.isValid(exemplar.spanID, bytes: 8)
            if hasIDs && !areValid || exemplar.value == nil || exemplar.at == 0 {
                self.report(.exemplar, subject, "an exemplar of '\(exemplar.traceID)', '\(exemplar.spanID)'")
            }
        }
        let place = SeriesPlace(metric: metric, attributes: point.attributes)
        if let last = self.lastPoints.updateValue(point, forKey: place) {
            self.check(point, after: last, subject)
        } else if point.attributes[Self.overflow] == nil {
            let count = self.seriesCounts[metric, default: 0] + 1
            self.seriesCounts[metric] = count
            if count == Self.seriesMax + 1 { self.report(.cardinality, subject, "more than \(Self.seriesMax) series") }
        }
    }

    private mutating func checkTimes(_ point: OTLPReceiver.Point, _ subject: Subject) {
        self.checkTime(point.at, "the time", subject)
        if point.startedAt > point.at {
            self.report(.startAfterTime, subject, "it counts since \(point.startedAt), at \(point.at)")
        }
        if point.temporality == .cumulative, point.startedAt == 0 {
            self.report(.start, subject, "it does not say since when")
        }
    }

    // MARK: - The numbers

    private mutating func checkContent(_ point: OTLPReceiver.Point, _ subject: Subject) {
        switch point.content {
        case .number(let number):
            self.checkNumber(number, of: point, subject)
        case .buckets(let summary, let bounds, let counts):
            let sum = counts.reduce(0, &+)
            if !counts.isEmpty, sum != summary.count {
                self.report(.bucketSum, subject, "\(summary.count) values, \(sum) in buckets")
            }
            let fits = counts.count == bounds.count + 1 || counts.isEmpty && bounds.isEmpty
            if !fits || !zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }) {
                self.report(.bounds, subject, "\(counts.count) buckets with the bounds \(bounds)")
            }
            self.checkRange(summary, subject)
        case .exponential(let summary, let buckets):
            let sum = (buckets.positive + buckets.negative).reduce(buckets.zeros, &+)
            if sum != summary.count {
                self.report(.bucketSum, subject, "\(summary.count) values, \(sum) in buckets")
            }
            self.checkRange(summary, subject)
        }
    }

    private mutating func checkNumber(_ number: Value?, of point: OTLPReceiver.Point, _ subject: Subject) {
        guard let value = number?.double, value.isFinite else {
            self.report(.notFinite, subject, "it has no finite value")
            return
        }
        if point.kind == .sum(isMonotonic: true), value < 0 { self.report(.negative, subject, "\(value)") }
        if point.name.hasSuffix(".utilization"), !(0...1).contains(value) {
            self.report(.utilization, subject, "\(value)")
        }
    }

    private mutating func checkRange(_ summary: OTLPReceiver.Point.Summary, _ subject: Subject) {
        let numbers = [summary.sum, summary.smallest, summary.largest].compactMap { $0 }
        guard numbers.allSatisfy(\.isFinite) else {
            self.report(.notFinite, subject, "its sum, smallest or largest value is not finite")
            return
        }
        guard summary.count > 0, let smallest = summary.smallest, let largest = summary.largest else { return }
        let sum = summary.sum ?? smallest * Double(summary.count)
        // Sums of doubles are not exact.
        let slack = 1e-6 * max(1, abs(sum))
        let least = smallest * Double(summary.count) - slack
        let most = largest * Double(summary.count) + slack
        if smallest > largest || sum < least || sum > most {
            self.report(.range, subject, "\(summary.count) values of \(smallest) to \(largest) have the sum \(sum)")
        }
    }

    // MARK: - The series

    private mutating func check(
        _ point: OTLPReceiver.Point, after last: OTLPReceiver.Point, _ subject: Subject
    ) {
        guard point.at > last.at else {
            self.report(.repeated, subject, "at \(point.at), after \(last.at)")
            return
        }
        switch point.temporality {
        case .delta:
            if point.startedAt < last.at {
                self.report(.overlap, subject, "since \(point.startedAt), after \(last.at)")
            }
        case .cumulative:
            guard point.startedAt == last.startedAt else {
                // Later: it began anew.
                if point.startedAt < last.startedAt {
                    self.report(.start, subject, "since \(point.startedAt), before since \(last.startedAt)")
                }
                return
            }
            self.checkGrowth(of: point, after: last, subject)
        case nil: break
        }
    }

    private mutating func checkGrowth(
        of point: OTLPReceiver.Point, after last: OTLPReceiver.Point, _ subject: Subject
    ) {
        let hasShrunk: Bool
        switch (point.content, last.content) {
        case (.number(let new?), .number(let old?)):
            hasShrunk = point.kind == .sum(isMonotonic: true) && (new.double ?? 0) < (old.double ?? 0)
        case (.buckets(let new, let bounds, let counts), .buckets(let old, let oldBounds, let oldCounts)):
            hasShrunk =
                new.count < old.count || bounds == oldBounds && zip(counts, oldCounts).contains { $0 < $1 }
        case (.exponential(let new, let buckets), .exponential(let old, let oldBuckets)):
            hasShrunk = new.count < old.count || buckets.zeros < oldBuckets.zeros || buckets.scale > oldBuckets.scale
        case (.number, _), (.buckets, _), (.exponential, _):
            hasShrunk = false
        }
        if hasShrunk { self.report(.decreased, subject, "\(last.content), then \(point.content)") }
    }
}
