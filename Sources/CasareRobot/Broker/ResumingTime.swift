import CasarePostgres

/// Until when a robot's jobs go on although the connection of its session is lost, while it takes the session up again.
///
/// The sweep takes the jobs of such a session `LeaseStore.lostSessionGrace` after it noted the loss, and not before
/// `LeaseStore.serverStartGrace` after the server's start. What remains of either is for the jobs to stop in.
struct ResumingTime {
    typealias Instant = ContinuousClock.Instant

    /// After the loss, and after anything that says that nobody is served just now.
    static let usualMax = Duration.milliseconds(300)
    /// After the last time at which a server that has been started since had not been.
    static let restartMax = Duration.seconds(8)
    /// For how long nothing may listen at the server's address before that is no restart any more.
    static let absenceMax = Duration.seconds(10)

    private(set) var giveUpAt: Instant
    private var absenceEndsAt: Instant
    /// The server was gone or going when this attempt to reach it began.
    private var goneAt: Instant?

    init(lostAt: Instant) {
        self.giveUpAt = lostAt + Self.usualMax
        self.absenceEndsAt = lostAt + Self.absenceMax
    }

    mutating func attemptFailed(_ server: PostgresError.ServerState, begunAt: Instant, at now: Instant) {
        switch server {
        case .stopping:
            self.goneAt = begunAt
            self.nobodyIsServed(now)
        case .recovering:
            self.nobodyIsServed(now)
        case .starting:
            self.nobodyIsServed(now)
            // Only a server that was started says so, and that was after it had been gone: its start is known well
            // enough for the longer time. One that was not gone before may have started long ago.
            if let goneAt { self.giveUpAt = max(self.giveUpAt, goneAt + Self.restartMax) }
        case .absent:
            self.goneAt = begunAt
            self.giveUpAt = min(now + Self.usualMax, max(self.giveUpAt, self.absenceEndsAt))
        case .unknown:
            break
        }
    }

    private mutating func nobodyIsServed(_ now: Instant) {
        self.absenceEndsAt = now + Self.absenceMax
        self.giveUpAt = now + Self.usualMax
    }
}
