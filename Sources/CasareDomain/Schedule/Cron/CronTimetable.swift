package import FoundationEssentials

/// Times by an expression in a zone.
///
/// The expression names times that the zone's clock shows. Where that clock is put forward or back, `DSTRule` says what
/// becomes of times that it leaves out or shows twice.
package struct CronTimetable: Sendable {
    package let expression: CronExpression
    package let zone: TimeZoneRules
    /// Whether the expression follows the time that passes.
    package let followsElapsedTime: Bool

    package init(_ expression: CronExpression, zone: TimeZoneRules, dst: DSTRule) {
        self.expression = expression
        self.zone = zone
        self.followsElapsedTime =
            switch dst {
            case .automatic: expression.isIntervalLike
            case .fixed: false
            case .elapsed: true
            }
    }

    /// The first tick that is later than a moment, a whole second; `nil` when there is none up to the last year of the
    /// expression.
    package func next(after moment: Date) -> CronTick? {
        let range = CivilTime.secondsRange
        let seconds = max(moment.timeIntervalSince1970.rounded(.down), range.lowerBound)
        guard seconds < range.upperBound else { return nil }
        return self.followsElapsedTime ? self.nextElapsed(after: Int(seconds)) : self.nextFixed(after: Int(seconds))
    }

    /// Each time of the clock is one tick: the first moment that shows it, or the end of the gap in which it is left
    /// out. That moment never comes earlier for a later time, so the first time whose moment is later is the next one.
    private func nextFixed(after moment: Int) -> CronTick? {
        let shown = moment + self.zone.offset(at: moment).seconds
        // While the clock shows times for the second time, all of them have had their tick.
        var wall = max(shown, (self.zone.endOfRepeat(at: moment) ?? shown) - 1)
        while let next = self.expression.nextWallSeconds(after: wall) {
            wall = next
            let moments = self.zone.moments(ofWallSeconds: next)
            if let first = moments.first {
                if first > moment { return Self.tick(first, moments.count > 1 ? .repeatSkipped : nil) }
            } else if let gap = self.zone.gap(atWallSeconds: next), gap.endsAt > moment {
                return Self.tick(gap.endsAt, .gapMoved)
            }
        }
        return nil
    }

    /// Goes from one change of the clock to the next, and looks in each stretch at what the clock shows there.
    private func nextElapsed(after moment: Int) -> CronTick? {
        var from = moment
        var offset = self.zone.offset(at: from).seconds
        // Nothing that the clock shows lies between `wall` and `next`, so that `next` holds over changes between them.
        var wall = from + offset
        var next = self.expression.nextWallSeconds(after: wall)
        while let found = next {
            guard let change = self.zone.transition(after: from), change <= found - offset else {
                return Self.tick(found - offset, nil)
            }
            from = change
            offset = self.zone.offset(at: change).seconds
            let shown = change + offset - 1
            if shown < wall || shown >= found { next = self.expression.nextWallSeconds(after: shown) }
            wall = shown
        }
        return nil
    }

    private static func tick(_ seconds: Int, _ oddity: ClockOddity?) -> CronTick {
        CronTick(at: Date(timeIntervalSince1970: Double(seconds)), oddity: oddity)
    }
}
