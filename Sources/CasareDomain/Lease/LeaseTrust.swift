/// Decides when a robot renews the leases of its session, and when it must stop its jobs by itself.
///
/// A session is trusted until `requestedAt + duration - margin` on the robot's own monotonic clock: a slow reply never
/// stretches it, and the robot stops before the server may hand its jobs to another.
public struct LeaseTrust: Sendable {
    public typealias Instant = ContinuousClock.Instant

    private enum State {
        case trusted(until: Instant, renewAt: Instant)
        /// A renewal is in flight. Back to `trusted`, or to `lost` when `until` passes first.
        case renewing(until: Instant, requestedAt: Instant)
        /// Final.
        case lost
    }

    public enum TimerAction: Equatable, Sendable {
        /// An answer after `giveUpAt` is of no use.
        case sendRenewal(giveUpAt: Instant)
        case stopJobs
        case none
    }

    /// Life of a session without a renewal.
    public let duration: Duration
    private let interval: Duration
    private let margin: Duration
    /// When a renewal was last asked for, or the session itself.
    private var lastRequestedAt: Instant
    private var state: State

    /// - Parameters:
    ///   - duration: as the server told.
    ///   - interval: Between renewals.
    ///   - openedAt: When the session was asked for, not when the answer came.
    public init(duration: Duration, interval: Duration, openedAt: Instant) {
        self.duration = duration
        self.interval = interval
        // A tenth, so that stopping takes its time and clocks may drift.
        self.margin = duration / 10
        self.lastRequestedAt = openedAt
        self.state = .trusted(until: openedAt + duration - duration / 10, renewAt: openedAt + interval)
    }

    /// When the timer must fire next; `nil` once the session is lost.
    public var nextTimer: Instant? {
        switch self.state {
        case .trusted(let until, let renewAt): min(until, renewAt)
        case .renewing(let until, _): until
        case .lost: nil
        }
    }

    public var isLost: Bool {
        if case .lost = self.state { true } else { false }
    }

    public mutating func timerFired(at now: Instant) -> TimerAction {
        switch self.state {
        case .trusted(let until, _) where now >= until, .renewing(let until, _) where now >= until:
            self.state = .lost
            return .stopJobs
        case .trusted(let until, let renewAt):
            guard now >= renewAt else { return .none }
            self.lastRequestedAt = now
            self.state = .renewing(until: until, requestedAt: now)
            return .sendRenewal(giveUpAt: until)
        case .renewing, .lost:
            return .none
        }
    }

    /// Between two renewals that somebody asks for, so that many cancels one after another do not become as many
    /// renewals.
    private static let askedPauseMin = Duration.milliseconds(50)

    /// There is news of the session: the next renewal brings it, and is due at once.
    public mutating func newsCame(at now: Instant) {
        switch self.state {
        case .trusted(let until, let renewAt):
            let soon = max(now, self.lastRequestedAt + min(Self.askedPauseMin, self.interval))
            self.state = .trusted(until: until, renewAt: min(renewAt, soon))
        case .renewing, .lost:
            // Whoever waits for the answer keeps the news until then; a lost session has stopped its jobs.
            break
        }
    }

    public mutating func renewalSucceeded() {
        switch self.state {
        case .renewing(_, let requestedAt):
            self.state = .trusted(
                until: requestedAt + self.duration - self.margin, renewAt: requestedAt + self.interval)
        case .trusted:
            preconditionFailure("A renewal succeeded that was never sent")
        case .lost:
            // The answer came after the robot had given up; the jobs are stopped already.
            break
        }
    }

    /// The server could not be reached: tried again soon, for as long as the session is trusted.
    public mutating func renewalFailed(at now: Instant) {
        switch self.state {
        case .renewing(let until, _):
            self.state = .trusted(until: until, renewAt: now + min(self.interval / 10, .seconds(1)))
        case .trusted:
            preconditionFailure("A renewal failed that was never sent")
        case .lost:
            break
        }
    }

    /// The server will not renew it. It is asked again after an interval and no sooner: a server counts how often
    /// somebody comes whom it does not let in.
    public mutating func renewalRefused(at now: Instant) {
        switch self.state {
        case .renewing(let until, _):
            self.state = .trusted(until: until, renewAt: now + self.interval)
        case .trusted:
            preconditionFailure("A renewal was refused that was never sent")
        case .lost:
            break
        }
    }

    /// The server no longer knows the session.
    public mutating func sessionRefused() { self.state = .lost }
}
