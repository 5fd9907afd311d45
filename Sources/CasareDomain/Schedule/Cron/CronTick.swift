package import FoundationEssentials

/// One time of a timetable.
package struct CronTick: Hashable, Sendable {
    /// A whole second.
    package let at: Date
    /// `nil` where the clock of the zone went on as on any other day.
    package let oddity: ClockOddity?

    package init(at: Date, oddity: ClockOddity? = nil) {
        self.at = at
        self.oddity = oddity
    }
}
