import FoundationEssentials

/// Decides when a robot renews its certificate: after two thirds of its life, and then, as long as that fails, again
/// and again until it has ended. No two robots that were let in together renew at the same moment.
struct RenewalPlan {
    enum Step: Equatable {
        /// Look again after this time.
        case wait(Duration)
        case renew
        /// The certificate has ended: the server does not take it any more, and somebody must let the robot in anew.
        /// Whether that has been done is to be seen after this time.
        case ended(Duration)
    }

    private static let share = 2.0 / 3
    /// Robots of one batch are spread over so much of the life behind that.
    private static let jitterShare = 0.05
    /// Somebody may have put another certificate there meanwhile.
    static let lookEvery = Duration.seconds(3600)
    private static let pauseRange = 1.0...3600.0
    /// After a failure the next try comes when this share of the rest is over.
    private static let retryShare = 0.05

    /// Of this robot: from 0 up to 1.
    let jitter: Double
    private var retryAt: Date?
    private var serial: String?

    init(jitter: Double) { self.jitter = jitter }

    /// - Parameters:
    ///   - serial: of the certificate that is there now.
    ///   - start: since when it counts.
    ///   - end: until when.
    mutating func looked(at serial: String, from start: Date, until end: Date, now: Date) -> Step {
        if self.serial != serial {
            self.serial = serial
            self.retryAt = nil
        }
        guard now < end else { return .ended(.seconds(60)) }
        let life = end.timeIntervalSince(start)
        let due = start.addingTimeInterval(life * (Self.share + Self.jitterShare * self.jitter))
        let next = max(due, self.retryAt ?? due)
        guard now < next else { return .renew }
        return .wait(min(.seconds(next.timeIntervalSince(now)), Self.lookEvery))
    }

    /// It could not be renewed.
    ///
    /// - Returns: how long to wait.
    mutating func renewalFailed(now: Date, until end: Date) -> Duration {
        let rest = max(end.timeIntervalSince(now), 0) * Self.retryShare
        let pause = min(max(rest, Self.pauseRange.lowerBound), Self.pauseRange.upperBound)
        self.retryAt = now.addingTimeInterval(pause)
        return .seconds(pause)
    }
}
