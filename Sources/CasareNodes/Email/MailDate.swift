import CasareDomain
import FoundationEssentials

/// Dates as mails carry them (RFC 5322 §3.3).
enum MailDate {
    /// In UTC: `Sat, 21 Nov 2026 06:18:50 +0000`.
    static func text(_ date: Date) -> String {
        let civil = CivilTime(wallSeconds: Int(date.timeIntervalSince1970.rounded(.down)))
        let time = [civil.hour, civil.minute, civil.second].map(self.twoDigits).joined(separator: ":")
        let day = CivilTime.weekdays[civil.weekday - 1].prefix(3)
        return "\(day), \(civil.day) \(CivilTime.months[civil.month - 1].prefix(3)) \(civil.year) \(time) +0000"
    }

    /// A mail's date in ISO 8601 with its offset; `nil` for what is no date.
    static func isoText(_ text: String) -> String? {
        // Comments may stand after it: `+0100 (CET)`.
        var words = text.prefix { $0 != "(" }.split { $0.isWhitespace || $0 == "," }
        if let first = words.first, first.first?.isNumber == false { words.removeFirst() }
        guard words.count >= 4, let day = Int(words[0]), let year = Int(words[2]),
            let month = CivilTime.months.firstIndex(where: {
                $0.prefix(3).lowercased() == words[1].prefix(3).lowercased()
            })
        else { return nil }
        let clock = words[3].split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard clock.count == 2 || clock.count == 3, let hour = clock[0], let minute = clock[1],
            let second = clock.count == 3 ? clock[2] : 0, (0...60).contains(second)
        else { return nil }
        var civil = CivilTime(year: year < 50 ? year + 2000 : year < 1000 ? year + 1900 : year)
        (civil.month, civil.day, civil.hour, civil.minute) = (month + 1, day, hour, minute)
        // A leap second is shown as the one before.
        civil.second = min(second, 59)
        guard civil.isValid, let offset = self.offset(words.count > 4 ? words[4] : "+0000") else { return nil }
        let date = [civil.year, civil.month, civil.day].map(self.twoDigits).joined(separator: "-")
        let time = [civil.hour, civil.minute, civil.second].map(self.twoDigits).joined(separator: ":")
        return "\(date)T\(time)\(offset)"
    }

    /// `+01:00` for `+0100`, and for the names that RFC 5322 §4.3 knows; others say nothing.
    private static func offset(_ zone: Substring) -> String? {
        if let sign = zone.first, sign == "+" || sign == "-" {
            let digits = zone.dropFirst()
            guard digits.count == 4, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
            return "\(sign)\(digits.prefix(2)):\(digits.dropFirst(2))"
        }
        let hours = ["EDT": 4, "EST": 5, "CDT": 5, "CST": 6, "MDT": 6, "MST": 7, "PDT": 7, "PST": 8]
        return hours[zone.uppercased()].map { "-0\($0):00" } ?? "+00:00"
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
