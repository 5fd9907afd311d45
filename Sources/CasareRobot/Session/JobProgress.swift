import CasareDomain

/// How a running job gets on, judged by the limits that its executor is to enforce itself.
///
/// A step and a job that reach their time limits are cancelled and waited for. One that has not ended a good while
/// after that never will: a node that does not heed its cancellation, or an executor that hangs. Nobody else notices,
/// because the session is renewed all the while.
struct JobProgress: Hashable, Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Event: Hashable, Sendable {
        /// A step began, which is to end in this time.
        case stepBegan(timeLimit: Duration)
        case stepEnded
        /// Something else moved: it computes, or waits.
        case moved
    }

    /// Beyond a time limit: for the cancelled step to end, its processes to be killed, and the job's end to be told.
    static let grace = Duration.seconds(60)

    /// When something last happened.
    private(set) var lastAt: Instant
    private let jobLimit: Instant
    private var stepLimit: Instant?

    init(timeLimit: Duration, at now: Instant) {
        self.lastAt = now
        self.jobLimit = now + timeLimit
    }

    mutating func happened(_ event: Event, at now: Instant) {
        self.lastAt = now
        switch event {
        case .stepBegan(let timeLimit): self.stepLimit = now + timeLimit
        case .stepEnded: self.stepLimit = nil
        case .moved: break
        }
    }

    /// Since when it should have ended; `nil` while it is in time.
    func overdueSince(at now: Instant) -> Instant? {
        let limit = min(self.jobLimit, self.stepLimit ?? self.jobLimit)
        return now > limit + Self.grace ? limit : nil
    }
}
