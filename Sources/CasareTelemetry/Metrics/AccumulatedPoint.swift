import FoundationEssentials

/// A series that counts since some time, of which what came later can be told.
protocol AccumulatedPoint: Sendable {
    var attributes: Attributes { get }
    var countsSince: Date? { get }
    /// Whether anything was counted.
    var isSomething: Bool { get }

    /// - Returns: `nil` where it holds less than before: it was set back meanwhile, and all that it holds is new.
    func subtracting(_ earlier: Self) -> Self?

    /// The same as what came since then: without what cannot be told of a part, and with the exemplars of that time.
    func delta(since: Date?) -> Self
}

extension NumberPoint: AccumulatedPoint {
    var countsSince: Date? { self.since }

    var isSomething: Bool {
        switch self.value {
        case .int(let number): number != 0
        case .double(let number): number != 0
        }
    }

    func subtracting(_ earlier: NumberPoint) -> NumberPoint? {
        let difference: MetricValue
        switch (self.value, earlier.value) {
        case (.int(let number), .int(let before)):
            guard number >= before else { return nil }
            difference = .int(number &- before)
        case (.int, .double), (.double, .int), (.double, .double):
            guard self.value.double >= earlier.value.double else { return nil }
            difference = .double(self.value.double - earlier.value.double)
        }
        return NumberPoint(
            attributes: self.attributes, since: self.since, value: difference, exemplars: self.exemplars)
    }

    func delta(since: Date?) -> NumberPoint {
        NumberPoint(
            attributes: self.attributes, since: since, value: self.value, exemplars: self.exemplars.made(since: since))
    }
}

extension HistogramPoint: AccumulatedPoint {
    var countsSince: Date? { self.since }
    var isSomething: Bool { self.counts.contains { $0 != 0 } }

    func subtracting(_ earlier: HistogramPoint) -> HistogramPoint? {
        guard self.bounds == earlier.bounds, zip(self.counts, earlier.counts).allSatisfy({ $0 >= $1 }) else {
            return nil
        }
        return HistogramPoint(
            attributes: self.attributes, since: self.since, bounds: self.bounds,
            counts: zip(self.counts, earlier.counts).map { $0 - $1 }, sum: self.sum - earlier.sum,
            smallest: self.smallest, largest: self.largest, hasNegatives: self.hasNegatives, exemplars: self.exemplars)
    }

    func delta(since: Date?) -> HistogramPoint {
        HistogramPoint(
            attributes: self.attributes, since: since ?? self.since, bounds: self.bounds, counts: self.counts,
            sum: self.sum, smallest: nil, largest: nil, hasNegatives: self.hasNegatives,
            exemplars: self.exemplars.made(since: since))
    }
}

extension ExponentialHistogramPoint: AccumulatedPoint {
    var countsSince: Date? { self.since }
    var isSomething: Bool { self.count != 0 }

    func subtracting(_ earlier: ExponentialHistogramPoint) -> ExponentialHistogramPoint? {
        // The resolution only becomes coarser.
        let change = earlier.scale - self.scale
        guard change >= 0, self.count >= earlier.count, self.zeroCount >= earlier.zeroCount,
            let positive = self.positive.subtracting(earlier.positive.downscaled(by: change)),
            let negative = self.negative.subtracting(earlier.negative.downscaled(by: change))
        else { return nil }
        return ExponentialHistogramPoint(
            attributes: self.attributes, since: self.since, scale: self.scale,
            zeroCount: self.zeroCount - earlier.zeroCount, positive: positive, negative: negative,
            count: self.count - earlier.count, sum: self.sum - earlier.sum, smallest: self.smallest,
            largest: self.largest, exemplars: self.exemplars)
    }

    func delta(since: Date?) -> ExponentialHistogramPoint {
        ExponentialHistogramPoint(
            attributes: self.attributes, since: since ?? self.since, scale: self.scale, zeroCount: self.zeroCount,
            positive: self.positive, negative: self.negative, count: self.count, sum: self.sum, smallest: nil,
            largest: nil, exemplars: self.exemplars.made(since: since))
    }
}

extension [Exemplar] {
    fileprivate func made(since: Date?) -> [Exemplar] {
        guard let since else { return self }
        return self.filter { $0.at >= since }
    }
}
