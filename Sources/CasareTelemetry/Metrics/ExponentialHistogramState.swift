#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Counts values in buckets whose bounds nobody has to choose.
///
/// It begins with the finest resolution. Where a value comes that would need more than `bucketsMax` buckets, two
/// neighbours become one everywhere, as often as it takes: with that many the whole range of doubles fits at scale -4.
package struct ExponentialHistogramState: Hashable, Sendable {
    package typealias Buckets = ExponentialHistogramPoint.Buckets

    package static let scaleMax = 20
    /// Of each sign.
    package static let bucketsMax = 160

    package private(set) var scale = Self.scaleMax
    package private(set) var zeroCount = 0
    package private(set) var positive = Buckets()
    package private(set) var negative = Buckets()
    package private(set) var count = 0
    package private(set) var sum = 0.0
    /// `nil` before the first value.
    package private(set) var smallest: Double?
    package private(set) var largest: Double?

    package init() {}

    /// - Precondition: the value is finite.
    package mutating func record(_ value: Double) {
        precondition(value.isFinite, "Only numbers can be counted by their size")
        self.count &+= 1
        self.sum += value
        self.smallest = min(self.smallest ?? value, value)
        self.largest = max(self.largest ?? value, value)
        guard value != 0 else {
            self.zeroCount &+= 1
            return
        }
        let index = Self.index(of: value.magnitude, scale: self.scale)
        let halvings = Self.halvings(toHold: index, beside: value > 0 ? self.positive.range : self.negative.range)
        if halvings > 0 { self.downscale(by: halvings) }
        if value > 0 {
            self.positive.add(at: index >> halvings)
        } else {
            self.negative.add(at: index >> halvings)
        }
    }

    private mutating func downscale(by change: Int) {
        self.scale -= change
        self.positive = self.positive.downscaled(by: change)
        self.negative = self.negative.downscaled(by: change)
    }

    /// How often the resolution has to be halved so that there are no more buckets than there may be.
    private static func halvings(toHold index: Int, beside range: Range<Int>) -> Int {
        guard !range.isEmpty else { return 0 }
        var first = min(range.lowerBound, index)
        var last = max(range.upperBound - 1, index)
        var halvings = 0
        while last - first >= self.bucketsMax {
            first >>= 1
            last >>= 1
            halvings += 1
        }
        return halvings
    }

    /// The bucket of a value. Powers of 2 lie exactly where they belong; values that are as good as equal to another
    /// bound may be one bucket off, which the specification allows.
    ///
    /// - Parameter magnitude: finite, and larger than 0.
    package static func index(of magnitude: Double, scale: Int) -> Int {
        let exponent = Int(magnitude.exponent)
        let isPower = magnitude.significand == 1
        if scale <= 0 { return (isPower ? exponent - 1 : exponent) >> -scale }
        let first = exponent << scale
        if isPower { return first - 1 }
        // The logarithm lies between 0 and 1, and may be rounded to either.
        let place = Int((log2(magnitude.significand) * Double(1 << scale)).rounded(.up)) - 1
        return first + min(max(place, 0), (1 << scale) - 1)
    }
}
