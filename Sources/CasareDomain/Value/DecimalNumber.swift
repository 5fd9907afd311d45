/// Digits as they are read, times a power of ten.
struct DecimalNumber {
    private var digits: UInt64 = 0
    private var overflows = false
    var exponent = 0

    mutating func append(_ digit: UInt8) {
        let (product, carry) = self.digits.multipliedReportingOverflow(by: 10)
        let (sum, carryAgain) = product.addingReportingOverflow(UInt64(digit))
        self.digits = sum
        self.overflows = self.overflows || carry || carryAgain
    }

    /// The digits as an integer, if it fits.
    func integer(isNegative: Bool) -> Int? {
        if self.overflows { return nil }
        if !isNegative { return Int(exactly: self.digits) }
        return self.digits <= Int.min.magnitude ? Int(truncatingIfNeeded: 0 &- self.digits) : nil
    }

    /// The number, where one exactly rounded operation on exact doubles yields it: up to 2⁵³ times or over up to 10²².
    var double: Double? {
        guard !self.overflows, self.digits <= 1 << 53, self.exponent.magnitude < Self.powersOfTen.count else {
            return nil
        }
        let power = Self.powersOfTen[Int(self.exponent.magnitude)]
        return self.exponent < 0 ? Double(self.digits) / power : Double(self.digits) * power
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
