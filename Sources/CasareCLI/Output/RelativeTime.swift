import CasareWire
import FoundationEssentials

/// Moments as people speak of them: "3 min ago", "in 2 h".
enum RelativeTime {
    static func text(from date: Date, to now: Date) -> String {
        let seconds = now.timeIntervalSince(date)
        // Clocks of two machines differ by a little: what lies a second ahead is now.
        if abs(seconds) < 1.5 { return "now" }
        let distance = Self.distance(abs(seconds))
        return seconds > 0 ? "\(distance) ago" : "in \(distance)"
    }

    /// Text in which each moment, as `Timestamp` writes it, is followed by how far away it is.
    static func annotated(_ text: String, now: Date) -> String {
        text.replacing(#/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/#) { match -> String in
            let moment = String(match.output)
            return Timestamp.date(moment).map { "\(moment) (\(Self.text(from: $0, to: now)))" } ?? moment
        }
    }

    private static func distance(_ seconds: Double) -> String {
        let units: [(limit: Double, size: Double, name: String)] = [
            (90, 1, "s"), (90 * 60, 60, "min"), (36 * 3600, 3600, "h"), (.infinity, 86_400, "d"),
        ]
        for unit in units where seconds < unit.limit {
            return "\(Int((seconds / unit.size).rounded())) \(unit.name)"
        }
        return "long"
    }
}
