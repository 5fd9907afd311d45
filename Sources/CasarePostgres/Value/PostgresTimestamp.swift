import FoundationEssentials

/// Microseconds since 2000-01-01 00:00 UTC, the binary form of `timestamptz` (datatype/timestamp.h).
struct PostgresTimestamp {
    let microseconds: Int64

    /// Between 2000-01-01 and `Date`'s own reference, 2001-01-01: a leap year.
    private static let secondsBeforeReference = 366.0 * 86400
    private static let infinity = Int64.max
    private static let minusInfinity = Int64.min

    init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    init(_ date: Date) {
        switch date {
        case .distantFuture: self.microseconds = Self.infinity
        case .distantPast: self.microseconds = Self.minusInfinity
        default:
            let value = ((date.timeIntervalSinceReferenceDate + Self.secondsBeforeReference) * 1e6).rounded()
            // A date beyond ±290,000 years is as good as infinite.
            self.microseconds = Int64(exactly: value) ?? (value < 0 ? Self.minusInfinity : Self.infinity)
        }
    }

    /// ISO 8601 in UTC with microseconds, as every timestamp and date type reads it.
    var text: String {
        switch self.microseconds {
        case Self.infinity: return "infinity"
        case Self.minusInfinity: return "-infinity"
        default: break
        }
        let microsecondsPerDay: Int64 = 86_400_000_000
        let (days, inDay) = self.microseconds.floorDivided(by: microsecondsPerDay)
        // Days since 0000-03-01 of the Gregorian calendar: leap days then end a year. 2000-01-01 is day 730,425.
        let (era, dayOfEra) = (days + 730_425).floorDivided(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        let seconds = inDay / 1_000_000
        let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { Self.padded($0, 2) }
        let date = "\(Self.padded(year > 0 ? year : 1 - year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        let fraction = Self.padded(inDay % 1_000_000, 6)
        return "\(date) \(time.joined(separator: ":")).\(fraction)+00\(year > 0 ? "" : " BC")"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    var date: Date {
        switch self.microseconds {
        case Self.infinity: .distantFuture
        case Self.minusInfinity: .distantPast
        default:
            Date(timeIntervalSinceReferenceDate: Double(self.microseconds) / 1e6 - Self.secondsBeforeReference)
        }
    }
}

extension Int64 {
    /// Quotient rounded down, and the remainder that is never negative.
    fileprivate func floorDivided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = self.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
