import CasareDomain
import FoundationEssentials

/// How long the run may go on, and what earlier attempts have left of that.
///
/// Time in which no robot had the job counts for waits and pauses, which only let time pass, and for no limit. Robots'
/// clocks differ: whatever is reckoned from a time in the journal is never less than nothing, and never more than there
/// was to wait.
extension Run {
    var isOverdue: Bool { ContinuousClock.now >= self.deadline }

    /// What is left of the job's time.
    var rest: Duration { max(.zero, self.deadline - .now) }

    // MARK: What is open

    /// The limit of an open frame that ends first, with what is left of it.
    mutating func frameRest() -> (limit: FrameLimit, rest: Duration)? {
        let limits = self.interpreter.limits
        if limits.isEmpty, self.frameDeadlines.isEmpty { return nil }
        let known = zip(limits, self.frameDeadlines).prefix { $0.id == $1.limit.id }.count
        self.frameDeadlines.removeLast(self.frameDeadlines.count - known)
        let now = ContinuousClock.now
        for limit in limits[known...] {
            self.frameDeadlines.append((limit, now + Duration(clampingSeconds: limit.seconds)))
        }
        return self.frameDeadlines.min { $0.at < $1.at }.map { ($0.limit, max(.zero, $0.at - now)) }
    }

    /// Takes what earlier attempts spent from the time of the frames that are open. Of the job's time the driver knows.
    mutating func countAsSpent(_ duration: Duration) {
        guard self.frameRest() != nil else { return }
        self.extendFrameDeadlines(by: Duration.zero - duration)
    }

    /// The same for a replayed step: it took no longer than it might, or a person was asked about it meanwhile.
    mutating func countAsSpent(by entry: JournalEntry, on step: Interpreter.Step) {
        guard let finishedAt = entry.finishedAt, self.frameRest() != nil else { return }
        let most = Duration(clampingSeconds: self.nodeSecondsMax(step))
        self.countAsSpent(min(most, Duration(clampingSeconds: finishedAt.timeIntervalSince(entry.startedAt))))
    }

    mutating func extendFrameDeadlines(by duration: Duration) {
        for position in self.frameDeadlines.indices { self.frameDeadlines[position].at += duration }
    }

    // MARK: Waiting

    /// A wait up to this length begins anew where a robot was lost in it: that costs less than a commit is worth.
    static let shortWait = Duration.seconds(1)

    /// Waits what is left of a pause. One that comes next after the last recorded step began when that one ended, and
    /// goes on from there: it has no step of its own, or the steps of jobs that are under way would have other numbers.
    ///
    /// - Returns: Whether a stop was asked for.
    mutating func wait(_ pause: Duration) async throws -> Bool {
        var waited = Duration.zero
        if let beganAt = self.journalEndedAt {
            waited = self.elapsed(since: beganAt, upTo: pause)
            self.journalEndedAt = beganAt.addingTimeInterval(pause / .seconds(1))
        }
        self.countAsSpent(waited)
        return try await self.sleep(pause - waited)
    }

    func elapsed(since beganAt: Date, upTo duration: Duration) -> Duration {
        min(duration, Duration(clampingSeconds: self.driver.environment.now().timeIntervalSince(beganAt)))
    }

    private mutating func sleep(_ duration: Duration) async throws -> Bool {
        // No longer than the job, or what is open, may take; the next look at the clock then ends it.
        let most = min(duration, self.rest, self.frameRest()?.rest ?? duration)
        do {
            try await self.driver.environment.wait(most)
            return false
        } catch is WaitLeft {
            return true
        }
    }
}
