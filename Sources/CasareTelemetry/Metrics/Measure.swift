import Synchronization

/// What instruments count in.
package protocol Measure: Sendable, AdditiveArithmetic, Comparable {
    static var number: Instrument.Number { get }
    /// All there is of it in 64 bits.
    var bits: UInt64 { get }
    init(bits: UInt64)
    var metricValue: MetricValue { get }
}

extension Int: Measure {
    package static var number: Instrument.Number { .integer }
    package var bits: UInt64 { UInt64(bitPattern: Int64(self)) }
    package init(bits: UInt64) { self = Int(Int64(bitPattern: bits)) }
    package var metricValue: MetricValue { .int(self) }
}

extension Double: Measure {
    package static var number: Instrument.Number { .double }
    package var bits: UInt64 { self.bitPattern }
    package init(bits: UInt64) { self = Double(bitPattern: bits) }
    package var metricValue: MetricValue { .double(self) }
}

/// A number of one series.
package enum MetricValue: Hashable, Sendable {
    case int(Int)
    case double(Double)

    package var double: Double {
        switch self {
        case .int(let number): Double(number)
        case .double(let number): number
        }
    }
}

/// A number that many threads change, without a lock.
final class NumberCell<Number: Measure>: Sendable {
    private let bits = Atomic<UInt64>(Number.zero.bits)

    var value: Number { Number(bits: self.bits.load(ordering: .relaxed)) }

    func set(_ value: Number) { self.bits.store(value.bits, ordering: .relaxed) }

    /// Whole numbers wrap around where they end: whoever reads a counter takes that for a restart.
    func add(_ change: Number) {
        var known = self.bits.load(ordering: .relaxed)
        while true {
            let sum = Self.sum(Number(bits: known), change)
            let (isExchanged, found) = self.bits.compareExchange(
                expected: known, desired: sum.bits, ordering: .relaxed)
            if isExchanged { return }
            known = found
        }
    }

    private static func sum(_ one: Number, _ other: Number) -> Number {
        switch Number.number {
        case .integer: Number(bits: one.bits &+ other.bits)
        case .double: one + other
        }
    }
}
