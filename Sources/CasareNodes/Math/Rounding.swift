import Glibc

/// Decimal digits of doubles.
enum Rounding {
    /// Beyond these a double has no digits to round at.
    private static let digitsRange = -400...400

    /// Rounds to digits after the point, before it when negative. Halves, exactly as the double has them, go to even.
    static func halfEven(_ number: Double, digits: Int) -> Double {
        guard number.isFinite else { return number }
        if digits < self.digitsRange.lowerBound { return 0 }
        if digits > self.digitsRange.upperBound { return number }
        if digits >= 0 { return Double(self.fixed(number, digits: digits)) ?? number }
        let unit = pow(10, Double(-digits))
        return (number / unit).rounded(.toNearestOrEven) * unit
    }

    /// An integer before its point, halves to even; `nil` when the result does not fit.
    ///
    /// - Parameter digits: Negative.
    static func halfEven(_ number: Int, digits: Int) -> Int? {
        // More than half of 10^19 is rounded up to it.
        if digits < -18 { return digits == -19 && number.magnitude > 5_000_000_000_000_000_000 ? nil : 0 }
        let unit = (0 ..< -digits).reduce(1) { unit, _ in unit * 10 }
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: unit)
        let isAway =
            remainder.magnitude > unit.magnitude / 2
            || (remainder.magnitude == unit.magnitude / 2 && !quotient.isMultiple(of: 2))
        let (rounded, overflow) = (isAway ? quotient + number.signum() : quotient).multipliedReportingOverflow(by: unit)
        return overflow ? nil : rounded
    }

    /// `1234.5` as `1234.50`, from the double's exact decimal expansion.
    static func fixed(_ number: Double, digits: Int) -> String { self.print("%.*f", number, digits) }

    /// `1234.5` as `1.23e+03`.
    static func exponential(_ number: Double, digits: Int) -> String { self.print("%.*e", number, digits) }

    /// `1234.5` as `1.2e+03`, whichever of the two forms is shorter, without zeros at the end.
    static func general(_ number: Double, digits: Int) -> String { self.print("%.*g", number, digits) }

    private static func print(_ format: String, _ number: Double, _ digits: Int) -> String {
        withVaList([Int32(digits), number]) { arguments in
            // The longest double has 309 digits before the point.
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 320 + digits) { buffer in
                guard let start = buffer.baseAddress else { return "" }
                vsnprintf(start, buffer.count, format, arguments)
                return String(cString: start)
            }
        }
    }
}
