package import CasareDomain

/// Remembers how far one session has leased from its queue, priority by priority, so that a scan for the next jobs need
/// not pass over the entries of the jobs before them: an old snapshot can keep those from being cleaned up for hours.
///
/// Above a watermark a job can hide below it: one that another transaction had locked and let go again, or one whose
/// transaction took its place in the queue early and committed late. So a scan starts from zero again when the last
/// such scan is a while ago, and when a scan above the watermarks finds less than was asked for; the latter not more
/// often than every few milliseconds, because an idle robot asks all the time. It follows at once when nothing was
/// found, and begins the next lease otherwise: what was found need not wait for it.
///
/// Jobs that have waited for long come first: whoever has waited a step for each priority above its own is as urgent as
/// anybody. Where the leasing side was told of such jobs, the scan begins with them.
package struct Watermarks: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// A scan that is due, part after part.
    package struct Scan: Hashable, Sendable {
        package let parts: [Part]
        /// It starts from zero everywhere.
        package let isFull: Bool
    }

    /// Jobs of one priority above a place and up to another.
    package struct Part: Hashable, Sendable {
        package let priority: Int16
        package let after: Int64
        package let until: Int64
    }

    package static let priorities = Priority.range.reversed().map { Int16($0) }
    package static let rescanIntervalDefault: Duration = .seconds(2)
    package static let rescanPauseDefault: Duration = .milliseconds(20)

    /// By priority, from the most urgent down: the highest place that was leased.
    package private(set) var marks = [Int64](repeating: 0, count: Self.priorities.count)
    /// The same for the place up to which jobs have aged enough; 0 where none has.
    private var agedUntil = [Int64](repeating: 0, count: Self.priorities.count)
    private var lastFullScanAt: Instant?
    /// The last scan came back short, and what it found is being worked on first.
    private var owesFullScan = false
    private let rescanInterval: Duration
    private let rescanPause: Duration

    /// - Parameters:
    ///   - rescanInterval: a scan starts from zero when the last one that did is this long ago.
    ///   - rescanPause: after a scan that came back short one from zero follows when the last is this long ago.
    package init(
        rescanInterval: Duration = Watermarks.rescanIntervalDefault,
        rescanPause: Duration = Watermarks.rescanPauseDefault
    ) {
        self.rescanInterval = rescanInterval
        self.rescanPause = rescanPause
    }

    /// Up to which place the jobs of a priority are as urgent as any, for the priorities that have such jobs.
    package mutating func aged(_ places: [Priority: Int64]) {
        for index in self.agedUntil.indices { self.agedUntil[index] = 0 }
        for (priority, place) in places { self.agedUntil[Self.index(of: priority)] = place }
    }

    /// The scan to begin with.
    package mutating func scanBegan(at now: Instant) -> Scan {
        if !self.owesFullScan, let last = self.lastFullScanAt, now - last < self.rescanInterval {
            return Scan(parts: self.parts(above: self.marks), isFull: false)
        }
        return self.fullScan(at: now)
    }

    /// Takes in what a scan found, and returns the scan that must follow at once when that was nothing.
    package mutating func scanEnded(
        _ scan: Scan, found places: [(priority: Priority, seq: Int64)], askedFor limit: Int, at now: Instant
    ) -> Scan? {
        for place in places {
            let index = Self.index(of: place.priority)
            self.marks[index] = max(self.marks[index], place.seq)
        }
        guard !scan.isFull, places.count < limit, let last = self.lastFullScanAt, now - last >= self.rescanPause else {
            return nil
        }
        guard places.isEmpty else {
            self.owesFullScan = true
            return nil
        }
        return self.fullScan(at: now)
    }

    private mutating func fullScan(at now: Instant) -> Scan {
        self.lastFullScanAt = now
        self.owesFullScan = false
        return Scan(parts: self.parts(above: [Int64](repeating: 0, count: self.marks.count)), isFull: true)
    }

    /// What has aged, the oldest first, and then everything, the most urgent first.
    private func parts(above marks: [Int64]) -> [Part] {
        var parts: [Part] = []
        for (index, priority) in Self.priorities.enumerated().reversed() where self.agedUntil[index] > marks[index] {
            parts.append(Part(priority: priority, after: marks[index], until: self.agedUntil[index]))
        }
        for (index, priority) in Self.priorities.enumerated() {
            // Nothing stands in two parts.
            parts.append(Part(priority: priority, after: max(marks[index], self.agedUntil[index]), until: .max))
        }
        return parts
    }

    private static func index(of priority: Priority) -> Int { Priority.range.upperBound - priority.rawValue }
}
