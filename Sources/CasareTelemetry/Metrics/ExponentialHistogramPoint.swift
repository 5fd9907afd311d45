package import FoundationEssentials

/// How the values of one series were spread, in buckets whose bounds grow by one factor, so that none need be named
/// (OpenTelemetry's data model, "ExponentialHistogram").
///
/// The factor is 2 to the power of 2^-scale: 2 at scale 0, its square root at scale 1. The bucket of an index holds
/// what is larger than the factor to the power of the index, and not larger than one power more.
package struct ExponentialHistogramPoint: Hashable, Sendable {
    package struct Buckets: Hashable, Sendable {
        /// The index of the first count.
        package internal(set) var offset: Int
        /// One after the other; empty where no value is of that sign.
        package internal(set) var counts: [Int]

        package init(offset: Int = 0, counts: [Int] = []) {
            self.offset = offset
            self.counts = counts
        }
    }

    package let attributes: Attributes
    /// Since when it counts.
    package let since: Date
    package let scale: Int
    package let zeroCount: Int
    package let positive: Buckets
    /// Of the values below 0, by what they are without their sign.
    package let negative: Buckets
    package let count: Int
    package let sum: Double
    /// `nil` before the first value, and in deltas.
    package let smallest: Double?
    package let largest: Double?
    package let exemplars: [Exemplar]

    package init(
        attributes: Attributes, since: Date, scale: Int, zeroCount: Int, positive: Buckets, negative: Buckets,
        count: Int, sum: Double, smallest: Double?, largest: Double?, exemplars: [Exemplar] = []
    ) {
        self.attributes = attributes
        self.since = since
        self.scale = scale
        self.zeroCount = zeroCount
        self.positive = positive
        self.negative = negative
        self.count = count
        self.sum = sum
        self.smallest = smallest
        self.largest = largest
        self.exemplars = exemplars
    }
}

extension ExponentialHistogramPoint.Buckets {
    /// The indices that have a count.
    var range: Range<Int> { self.offset..<self.offset + self.counts.count }

    /// Counts a value in the bucket of that index, which is made where there is none, and those between.
    mutating func add(at index: Int) {
        if self.counts.isEmpty { self.offset = index }
        if index < self.offset {
            self.counts.insert(contentsOf: repeatElement(0, count: self.offset - index), at: 0)
            self.offset = index
        }
        let missing = index - self.range.upperBound + 1
        if missing > 0 { self.counts.append(contentsOf: repeatElement(0, count: missing)) }
        self.counts[index - self.offset] &+= 1
    }

    /// The same values at a scale that is smaller by so much: each time two buckets become one.
    func downscaled(by change: Int) -> Self {
        guard change > 0, !self.counts.isEmpty else { return self }
        let first = self.offset >> change
        var counts = Array(repeating: 0, count: ((self.range.upperBound - 1) >> change) - first + 1)
        for (index, count) in zip(self.range, self.counts) { counts[(index >> change) - first] &+= count }
        return Self(offset: first, counts: counts)
    }

    /// What was counted since, without empty buckets at the ends.
    ///
    /// - Parameter earlier: of the same scale.
    /// - Returns: `nil` where there was more of something before.
    func subtracting(_ earlier: Self) -> Self? {
        var counts = self.counts
        for (index, count) in zip(earlier.range, earlier.counts) where count > 0 {
            guard self.range.contains(index), counts[index - self.offset] >= count else { return nil }
            counts[index - self.offset] -= count
        }
        guard let first = counts.firstIndex(where: { $0 != 0 }), let last = counts.lastIndex(where: { $0 != 0 }) else {
            return Self()
        }
        return Self(offset: self.offset + first, counts: Array(counts[first...last]))
    }
}
