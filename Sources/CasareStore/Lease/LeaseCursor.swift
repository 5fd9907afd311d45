package import CasareDomain
import FoundationEssentials

/// What one session remembers from one lease to the next: how its queue is to be leased from, and how far it has got.
///
/// What it knows may be out of date, at any time: then a lease finds nothing, and what it reads afterwards says how to
/// go on. So rules take effect with their commit, whoever was told of them.
package struct LeaseCursor: Sendable {
    /// How to lease from a session's queue.
    package enum Mode: String, Hashable, Sendable {
        /// The queue has no rules.
        case plain
        /// It has rules, none of them about the whole of it.
        case lanes
        /// It has a limit or a rate: those who lease from it take turns.
        case limited
        case paused
        /// The robot is to get nothing.
        case cordoned
        case ended

        var givesNothing: Bool {
            switch self {
            case .plain, .lanes, .limited: false
            case .paused, .cordoned, .ended: true
            }
        }
    }

    /// Where the turns of a queue's lanes begin. Lanes that are new or were woken can come before that.
    struct Turns: Sendable {
        /// For how long that may be missed.
        static let interval: Duration = .milliseconds(250)

        var from: Date
        /// When all turns were last looked at.
        var readAt: ContinuousClock.Instant
    }

    /// How long what is known of jobs that have aged is good enough. They age by the minute.
    static let ageingInterval: Duration = .seconds(10)

    package internal(set) var mode = Mode.plain
    /// The tenant may run so many jobs at once, or none: whoever leases for it counts them first.
    var isBounded = false
    package internal(set) var watermarks: Watermarks
    var agedReadAt: ContinuousClock.Instant?
    var turns: Turns?
    /// After a lease that found nothing: when to look again, at the latest, because nobody will say that something has
    /// come. `nil`: somebody will.
    package internal(set) var lookIn: Duration?
    /// Jobs that the last lease found past their deadlines, and ended: tell who waits for them.
    package internal(set) var expired: [Job.ID] = []

    package init(watermarks: Watermarks = Watermarks()) { self.watermarks = watermarks }

    /// A lease is one statement, and needs no transaction around it.
    package var isPlain: Bool { self.mode == .plain && !self.isBounded }

    /// The session is over: nothing more comes, and the robot must open another one.
    package var hasEnded: Bool { self.mode == .ended }

    mutating func agedIsDue(at now: ContinuousClock.Instant) -> Bool {
        if let last = self.agedReadAt, now - last < Self.ageingInterval { return false }
        self.agedReadAt = now
        return true
    }
}
