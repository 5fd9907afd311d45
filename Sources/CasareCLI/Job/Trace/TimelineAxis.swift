import FoundationEssentials

/// Where moments of a timeline stand between its two ends.
///
/// A job may wait for a day and run for a second: waits that would leave no room for anything else are drawn shorter
/// than they were.
struct TimelineAxis {
    /// A wait is at most this much of the time that was not waited.
    private static let waitShareMax = 0.5

    /// Moments in seconds from the start, with their places from 0 to 1, both growing.
    private var marks: [(seconds: Double, place: Double)] = [(0, 0)]
    private let start: Date
    /// Beginnings of the waits that are drawn shorter.
    private var shortened: Set<Date> = []

    init(_ timeline: JobTimeline) {
        self.start = timeline.start
        let total = timeline.end.timeIntervalSince(timeline.start)
        let waits = timeline.spans.filter { $0.kind == .wait }
        let busy = total - waits.reduce(0) { $0 + $1.seconds }
        let waitMax = busy > 0 ? busy * Self.waitShareMax : total
        var (seconds, length) = (0.0, 0.0)
        func mark(_ moment: Double, _ growth: Double) {
            guard moment > seconds else { return }
            length += growth
            seconds = moment
            self.marks.append((seconds, length))
        }
        for wait in waits {
            let begin = wait.startedAt.timeIntervalSince(timeline.start)
            mark(begin, begin - seconds)
            mark(begin + wait.seconds, min(wait.seconds, waitMax))
            if wait.seconds > waitMax { self.shortened.insert(wait.startedAt) }
        }
        mark(total, total - seconds)
        if length > 0 { self.marks = self.marks.map { ($0.seconds, $0.place / length) } }
    }

    /// From 0 to 1.
    func place(of moment: Date) -> Double {
        let seconds = moment.timeIntervalSince(self.start)
        guard let next = self.marks.firstIndex(where: { $0.seconds >= seconds }) else { return 1 }
        guard next > 0 else { return 0 }
        let (before, after) = (self.marks[next - 1], self.marks[next])
        return before.place + (after.place - before.place) * (seconds - before.seconds)
            / (after.seconds - before.seconds)
    }

    func isShortened(_ wait: TimelineSpan) -> Bool { wait.kind == .wait && self.shortened.contains(wait.startedAt) }
}
