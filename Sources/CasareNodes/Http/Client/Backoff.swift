import CasareDomain
package import FoundationEssentials

/// How long to wait before a request is tried again.
package struct Backoff: Sendable {
    package static let delayMax = Duration.seconds(30)
    /// A server that asks for more patience gets none: its answer is the result.
    package static let retryAfterMax = Duration.seconds(60)
    package static let jitter = 0.8...1.2

    let first: Duration

    package init(first: Duration) { self.first = first }

    /// The wait after the given attempt, counted from 1: twice the one before, give or take a fifth, so that clients
    /// that failed together do not come back together.
    ///
    /// - Parameter factor: Of `jitter`.
    package func delay(after attempt: Int, jitter factor: Double) -> Duration {
        let limit = max(Self.delayMax, self.first)
        let doubled = self.first * (1 << min(max(attempt - 1, 0), 20))
        return min(min(doubled, limit) * factor, limit)
    }

    /// What a `Retry-After` field asks for: seconds, or a date (RFC 9110 §10.2.3); `nil` when it is neither.
    package static func retryAfter(_ field: String, now: Date) -> Duration? {
        let field = field.trimmed
        if let seconds = UInt32(field) { return .seconds(Int(seconds)) }
        guard let date = Self.date(field) else { return nil }
        return .seconds(max(0, date - now.timeIntervalSince1970))
    }

    /// Seconds since 1970 of the one form of dates that is still sent: `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func date(_ text: String) -> Double? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), let year = Int(parts[3]),
            let month = CivilTime.months.firstIndex(where: { $0.prefix(3) == parts[2] })
        else { return nil }
        let time = parts[4].split(separator: ":").compactMap { UInt8($0) }
        guard time.count == 3 else { return nil }
        var civil = CivilTime(year: year)
        (civil.month, civil.day) = (month + 1, day)
        (civil.hour, civil.minute, civil.second) = (Int(time[0]), Int(time[1]), Int(time[2]))
        return civil.isValid ? Double(civil.wallSeconds) : .none
    }
}
