import CasareDomain

/// The time as a run saw it. It is journaled where it is used, so that a replay sees the same.
package struct ClockReading: Sendable, Hashable {
    package let secondsSince1970: Double
    /// East of Greenwich is positive.
    package let utcOffsetSeconds: Int

    package init(secondsSince1970: Double, utcOffsetSeconds: Int) {
        self.secondsSince1970 = secondsSince1970
        self.utcOffsetSeconds = utcOffsetSeconds
    }

    /// Local date and time without a zone, as `$currentDateTime` has it.
    package var localText: String { SystemVariable.currentDateTime.value(at: self).displayText }
}

/// The variables that read the clock (workflow format §3.1).
enum SystemVariable: String, Sendable, Hashable {
    case currentDate = "$currentDate"
    case currentTime = "$currentTime"
    case currentDateTime = "$currentDateTime"
    case timestamp = "$timestamp"

    /// Dates and times are local and name no zone; the timestamp is in whole Unix seconds.
    func value(at reading: ClockReading) -> Value {
        let seconds = Self.wholeSeconds(of: reading)
        if self == .timestamp { return .int(seconds) }
        let local = seconds + reading.utcOffsetSeconds
        let day = Self.floorDivide(local, 86_400)
        let (date, time) = (Self.date(daysSince1970: day), Self.time(secondOfDay: local - day * 86_400))
        return switch self {
        case .currentDate: .string(date)
        case .currentTime: .string(time)
        case .currentDateTime: .string("\(date)T\(time)")
        case .timestamp: .int(seconds)
        }
    }

    /// Clamped to the years that four digits can name, so that no reading can overflow the arithmetic on it.
    private static func wholeSeconds(of reading: ClockReading) -> Int {
        let earliest = -62_135_596_800.0
        let latest = 253_402_300_799.0
        let seconds = reading.secondsSince1970.rounded(.down)
        return seconds >= earliest ? Int(min(seconds, latest)) : Int(earliest)
    }

    private static func time(secondOfDay: Int) -> String {
        let (hour, minute, second) = (secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60)
        return "\(Self.padded(hour, 2)):\(Self.padded(minute, 2)):\(Self.padded(second, 2))"
    }

    /// The Gregorian calendar counted from 1 March of year 0, so that leap days come last in a year.
    private static func date(daysSince1970: Int) -> String {
        let days = daysSince1970 + 719_468
        let era = Self.floorDivide(days, 146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
    }

    private static func floorDivide(_ dividend: Int, _ divisor: Int) -> Int {
        dividend >= 0 ? dividend / divisor : (dividend - divisor + 1) / divisor
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
