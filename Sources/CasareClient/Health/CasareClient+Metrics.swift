public import CasareWire
public import FoundationEssentials

extension CasareClient {
    /// The metrics of the server and of its whole installation, as Prometheus reads them. It takes a token of the tenant
    /// `default`.
    public func metrics() async throws(ClientError) -> String {
        let call = Call(method: .get, path: "/metrics", mayRepeat: true)
        return String(decoding: try await self.transport.send(call).body, as: UTF8.self)
    }

    /// What the server says of itself, and what its clock showed then, in whole seconds.
    ///
    /// - Returns: a `nil` clock where the answer has no date.
    public func liveWithClock() async throws(ClientError) -> (live: LiveResponse, clock: Date?) {
        let call = Call(method: .get, path: "/health/live", mayRepeat: true)
        let answer = try await self.transport.send(call)
        return (try self.transport.decode(answer, of: call), answer.date.flatMap(HTTPDate.date))
    }
}

/// The dates of HTTP's headers.
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// The form that is sent, IMF-fixdate (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func date(_ text: String) -> Date? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]), (1...31).contains(day),
            let month = Self.months.firstIndex(of: String(parts[2])), let year = Int(parts[3]),
            (1970...9999).contains(year)
        else { return nil }
        let time = parts[4].split(separator: ":").compactMap { Int($0) }
        guard time.count == 3, (0...23).contains(time[0]), (0...59).contains(time[1]), (0...60).contains(time[2]) else {
            return nil
        }
        // Days of the civil calendar since 1970: the year begins in March, so that the leap day is its last.
        let shifted = month < 2 ? year - 1 : year
        let era = shifted / 400
        let ofEra = shifted - era * 400
        let ofYear = (153 * ((month + 10) % 12) + 2) / 5 + day - 1
        let days = era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
        return Date(timeIntervalSince1970: Double(days * 86_400 + time[0] * 3600 + time[1] * 60 + time[2]))
    }
}
