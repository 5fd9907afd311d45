/// What a schedule does where the clock of its zone is put forward or back.
public enum DSTRule: String, Hashable, Sendable, Codable, CaseIterable {
    /// `elapsed` for expressions that are like an interval, `fixed` for all others.
    case automatic
    /// Each time of the clock once: one that is left out at the first moment after the gap, one that comes twice the
    /// first time.
    case fixed
    /// Each time as the clock comes to show it: none in a gap, both in a repeat.
    case elapsed
}

/// What the clock did to a tick.
public enum ClockOddity: String, Hashable, Sendable, Codable, CaseIterable {
    /// The clock never showed the tick's time: it was put forward over it. The tick is the first moment after that.
    case gapMoved = "gap_moved"
    /// The clock shows the tick's time twice. The tick is the first of both.
    case repeatSkipped = "repeat_skipped"
}
