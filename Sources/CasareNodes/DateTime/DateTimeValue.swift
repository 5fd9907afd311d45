import CasareDomain
import CasareEngine

/// A date and time as workflows hand it around: what a clock shows and, when it is known, the clock's offset from UTC.
/// Without an offset it is local time.
struct DateTimeValue: Hashable, Sendable {
    var civil: CivilTime
    var offset: TimeZoneRules.Offset?

    /// - Parameter value: ISO 8601 text, or Unix seconds.
    /// - Throws: `ValueError` naming the parameter.
    init(_ value: Value, parameter: String) throws(NodeFailure) {
        switch value {
        case .int, .double:
            guard let seconds = value.double, let moment = Moment(secondsSince1970: seconds) else {
                throw .value("\(parameter) is not a time between the years 1 and 9999")
            }
            self.init(civil: TimeZoneRules.local.civil(moment), offset: nil)
        case .string(let text):
            if let parsed = DateTimeText.parseISO(text) {
                self = parsed
            } else if let seconds = Double(text) {
                try self.init(.double(seconds), parameter: parameter)
            } else {
                throw .value("\(parameter) is not an ISO date and time: \(text.prefix(100))")
            }
        case .null, .bool, .list, .object:
            throw .value("\(parameter) must be ISO text or Unix seconds, not \(value.kindName)")
        }
    }

    init(civil: CivilTime, offset: TimeZoneRules.Offset?) {
        self.civil = civil
        self.offset = offset
    }

    var moment: Moment {
        guard let offset else { return TimeZoneRules.local.moment(of: self.civil) }
        return Moment(seconds: self.civil.wallSeconds - offset.seconds, microseconds: self.civil.microsecond)
    }

    var isoText: String {
        self.civil.isoText + (self.offset.map { DateTimeText.offsetText($0.seconds, ":") } ?? "")
    }

    /// The same kind of clock at another moment: with the same offset, or local.
    func at(_ moment: Moment) -> DateTimeValue {
        guard let offset else { return DateTimeValue(civil: TimeZoneRules.local.civil(moment), offset: nil) }
        let civil = CivilTime(wallSeconds: moment.seconds + offset.seconds, microsecond: moment.microseconds)
        return DateTimeValue(civil: civil, offset: offset)
    }

    /// Adds calendar units to the clock's face, then exact ones to the time.
    ///
    /// - Throws: `ValueError` when the result lies outside the years 1 to 9999.
    func adding(months: Int, days: Int, seconds: Int) throws(NodeFailure) -> DateTimeValue {
        var moved = self
        // Far enough for every result that is allowed, and never an overflow.
        let limit = 400_000_000_000
        guard abs(months) <= limit, abs(days) <= limit, abs(seconds) <= limit else { throw Self.outOfRange }
        moved.civil = self.civil.adding(months: months)
        moved.civil = moved.civil.moved(days: days)
        guard (1...9999).contains(moved.civil.year) else { throw Self.outOfRange }
        if seconds != 0 {
            var moment = moved.moment
            moment.seconds += seconds
            moved = moved.at(moment)
        }
        guard moved.civil.isValid else { throw Self.outOfRange }
        return moved
    }

    private static let outOfRange = NodeFailure.value("The result is not between the years 1 and 9999")
}

extension CivilTime {
    fileprivate func moved(days: Int) -> CivilTime {
        var moved = CivilTime(dayNumber: self.dayNumber + days)
        (moved.hour, moved.minute, moved.second) = (self.hour, self.minute, self.second)
        moved.microsecond = self.microsecond
        return moved
    }
}
