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
