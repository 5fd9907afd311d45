public import FoundationEssentials

/// One moment at which a schedule is to fire, in whole seconds: by it and by the schedule's ID it is known.
public struct Tick: Hashable, Sendable, Comparable {
    /// The moment by the timetable, without jitter and without what a calendar makes of it.
    public let at: Date
    /// What the clocks of its zone do then, where they do something.
    public let oddity: ClockOddity?

    public init(at: Date, oddity: ClockOddity? = nil) {
        self.at = at
        self.oddity = oddity
    }

    public static func < (left: Tick, right: Tick) -> Bool { left.at < right.at }
}

/// Ticks that follow each other, without another one of the timetable between them.
public struct TickSpan: Hashable, Sendable {
    public let first: Date
    /// The same as `first` for a single tick.
    public let last: Date
    /// From 1.
    public let count: Int

    public init(first: Date, last: Date, count: Int) {
        self.first = first
        self.last = last
        self.count = count
    }

    public init(_ tick: Tick) { self.init(first: tick.at, last: tick.at, count: 1) }
}

/// Why a tick did not fire.
public enum SkipReason: String, Hashable, Sendable, Codable, CaseIterable {
    /// The schedule was paused.
    case paused
    /// A job of the schedule was still under way, and the overlap policy is not to wait for it.
    case overlap
    /// The business calendar was closed.
    case calendar
    /// It fell into a blackout.
    case blackout
    /// It came to light too late, and the catch-up policy does not make up for it: none is made up for, it is not the
    /// latest one, it is older than the window, or there are more than the cap. Or the schedule was given other times
    /// before it was due.
    case missed
    /// The schedule had used up its runs.
    case ended
    /// As many ticks as may wait for a running job waited already.
    case bufferFull = "buffer_full"
    /// The job was refused; the reason stands beside it.
    case refused
    /// The schedule cannot be understood, such as when its zone is not known any more; the error stands beside it.
    case invalid
    /// The database was restored from a backup, and the tick lies in the time that was lost: it may have fired then.
    case restored
}

/// What is done about ticks whose moment has come, in their order.
public enum TickAction: Hashable, Sendable {
    /// A job is submitted. Where the overlap policy ends others and there are some, they are ended first.
    case fire(Tick, isCatchUp: Bool)
    case skip(TickSpan, SkipReason)
    /// It fires once the job that is under way has ended.
    case buffer(Tick)
}
