public import FoundationEssentials

/// What the next ticks of a schedule will be, and what is to be known about them.
public struct SchedulePreview: Hashable, Sendable {
    /// One tick.
    public struct Entry: Hashable, Sendable {
        public let tick: Tick
        /// Why it does not fire at its time; `nil`: everything is open.
        public let closure: BusinessCalendar.Closure?
        /// When it fires instead, where the schedule is to wait for that.
        public let postponedTo: Date?
        /// The tick before it is expected to be under way still.
        public let overlapsPrevious: Bool

        /// Whether it makes a job, at its time or later.
        public var fires: Bool { self.closure == nil || self.postponedTo != nil }
    }

    public static let countMax = 1000

    public let entries: [Entry]
    /// There are more in the span than were asked for.
    public let hasMore: Bool

    /// - Parameters:
    ///   - from: the first moment that counts.
    ///   - to: the last one; `nil`: no end.
    ///   - count: so many at most; cut to 1…`countMax`.
    ///   - expectedSeconds: how long a job takes; `nil`: not known, and no overlaps are told.
    ///   - remainingRuns: after so many that fire there is none any more; `nil`: no end.
    ///   - next: the timetable: the first tick strictly later than a moment.
    ///   - closure: why it is closed at a moment.
    ///   - opening: when it opens again; `nil` for ticks that are skipped.
    package init(
        from: Date, to: Date?, count: Int, expectedSeconds: Double?, remainingRuns: Int? = nil,
        next: (Date) -> Tick?, closure: (Date) -> BusinessCalendar.Closure?, opening: (Date) -> Date?
    ) {
        let count = min(max(count, 1), Self.countMax)
        var entries: [Entry] = []
        var hasMore = false
        // Ticks are whole seconds: the one at `from` itself comes after the second before.
        var upcoming = next(from.addingTimeInterval(-1))
        while let tick = upcoming, tick.at < from { upcoming = next(tick.at) }
        var previousStart: Date?
        // Ticks of one closed stretch that are postponed open together, and only the first of them fires then.
        var openedAt: Date?
        var runs = 0
        while let tick = upcoming {
            if let remainingRuns, runs >= remainingRuns { break }
            if let to, tick.at > to { break }
            guard entries.count < count else {
                hasMore = true
                break
            }
            let closed = closure(tick.at)
            var postponedTo = closed == nil ? nil : opening(tick.at)
            if let postponed = postponedTo {
                if postponed == openedAt { postponedTo = nil }
                openedAt = postponed
            }
            let start = closed == nil ? tick.at : postponedTo
            var overlaps = false
            if let start {
                if let previousStart, let expectedSeconds {
                    overlaps = start.timeIntervalSince(previousStart) < expectedSeconds
                }
                previousStart = start
                runs += 1
            }
            entries.append(
                Entry(tick: tick, closure: closed, postponedTo: postponedTo, overlapsPrevious: overlaps))
            upcoming = next(tick.at)
        }
        self.entries = entries
        self.hasMore = hasMore
    }
}
