package import CasareDomain

/// Remembers how far one session has leased from its queue, priority by priority, so that a scan for the next jobs need
/// not pass over the entries of the jobs before them: an old snapshot can keep those from being cleaned up for hours.
///
/// Above a watermark a job can hide below it: one that another transaction had locked and let go again, or one whose
/// transaction took its place in the queue early and committed late. So a scan starts from zero again when the last
/// such scan is a while ago, and when a scan above the watermarks finds less than was asked for; the latter not more
/// often than every few milliseconds, because an idle robot asks all the time.
package struct Watermarks: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// A scan that is due: the highest place that was leased, for each priority from the most urgent down.
    package struct Scan: Hashable, Sendable {
        package let marks: [Int64]
        /// It starts from zero everywhere.
        package let isFull: Bool
    }

    package static let priorities = Priority.range.reversed().map { Int16($0) }
    package static let rescanIntervalDefault: Duration = .seconds(2)
    package static let rescanPauseDefault: Duration = .milliseconds(20)

    private var marks = [Int64](repeating: 0, count: Self.priorities.count)
    private var lastFullScanAt: Instant?
    private let rescanInterval: Duration
    private let rescanPause: Duration

    /// - Parameters:
    ///   - rescanInterval: a scan starts from zero when the last one that did is this long ago.
    ///   - rescanPause: a scan that came back short is repeated from zero when the last one is this long ago.
    package init(
        rescanInterval: Duration = Watermarks.rescanIntervalDefault,
        rescanPause: Duration = Watermarks.rescanPauseDefault
    ) {
        self.rescanInterval = rescanInterval
        self.rescanPause = rescanPause
    }

    /// The scan to begin with.
    package mutating func scanBegan(at now: Instant) -> Scan {
        if let last = self.lastFullScanAt, now - last < self.rescanInterval {
            return Scan(marks: self.marks, isFull: false)
        }
        return self.fullScan(at: now)
    }

    /// Takes in what a scan found, and returns the scan that must follow at once for what is still missing.
    package mutating func scanEnded(
        _ scan: Scan, found places: [(priority: Priority, seq: Int64)], askedFor limit: Int, at now: Instant
    ) -> Scan? {
        for place in places {
            let index = Priority.range.upperBound - place.priority.rawValue
            self.marks[index] = max(self.marks[index], place.seq)
        }
        guard !scan.isFull, places.count < limit, let last = self.lastFullScanAt, now - last >= self.rescanPause else {
            return nil
        }
        return self.fullScan(at: now)
    }

    private mutating func fullScan(at now: Instant) -> Scan {
        self.lastFullScanAt = now
        return Scan(marks: [Int64](repeating: 0, count: self.marks.count), isFull: true)
    }
}
