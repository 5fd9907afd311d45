/// What a job of a schedule did not keep to.
public enum SLABreach: String, Hashable, Sendable, Codable, CaseIterable {
    /// It began too late.
    case startDelay = "start_delay"
    /// It took, or takes, too long.
    case duration
    /// Too many of the last jobs did not complete.
    case successRate = "success_rate"
}

extension ScheduleSpec.SLA {
    /// What one job breaks.
    ///
    /// - Parameters:
    ///   - startDelay: seconds from its tick to its beginning; while it has not begun, to now.
    ///   - duration: seconds from its beginning to its end; while it runs, to now. `nil`: it has not begun.
    package func breaches(startDelay: Double, duration: Double?) -> [SLABreach] {
        var found: [SLABreach] = []
        if let most = self.startDelaySeconds, startDelay > most { found.append(.startDelay) }
        if let most = self.durationSeconds, let duration, duration > most { found.append(.duration) }
        return found
    }

    /// Whether so many of the last jobs failed that the success rate cannot be reached any more.
    ///
    /// A schedule with fewer than `runs` jobs so far is given credit for those to come: one failure of two is no breach
    /// of 95 % in 20, and two are.
    ///
    /// - Parameter completed: of the jobs that have ended, the newest first: whether each completed. Those beyond `runs`
    ///   do not count; cancelled ones are not to be in it.
    package func breaksSuccessRate(_ completed: [Bool]) -> Bool {
        guard let successRate else { return false }
        let failed = completed.prefix(self.runs).count { !$0 }
        // A share of 0.95 of 20 allows 1 failure, and is a little less than that in binary.
        let allowed = ((1 - successRate) * Double(self.runs) + 1e-9).rounded(.down)
        return Double(failed) > allowed
    }

    /// Whether the newest job made it so: an event says it once, until the rate was kept again.
    ///
    /// - Parameter completed: as `breaksSuccessRate` takes it, one more than `runs` where there are as many.
    package func beginsToBreakSuccessRate(_ completed: [Bool]) -> Bool {
        self.breaksSuccessRate(completed) && !self.breaksSuccessRate(Array(completed.dropFirst()))
    }
}
