public import FoundationEssentials

/// A count that does not go on beyond a bound, since nobody reads further.
public struct BoundedCount: Hashable, Sendable, CustomStringConvertible {
    public let value: Int
    /// False: there are more than `value`.
    public let isExact: Bool

    public init(_ value: Int, isExact: Bool = true) {
        self.value = value
        self.isExact = isExact
    }

    public var description: String { self.isExact ? "\(self.value)" : "\(self.value)+" }
}

/// That nothing is leased, from a queue or of one key, and who wants it so.
public struct QueuePause: Hashable, Sendable {
    /// One that ends by itself ends within a year.
    public static let secondsMax = 366.0 * 86_400

    /// The name of a token.
    public let by: String
    public let reason: String?
    public let since: Date
    /// `nil`: until somebody resumes.
    public let until: Date?

    public init(by: String, reason: String?, since: Date, until: Date?) {
        self.by = by
        self.reason = reason
        self.since = since
        self.until = until
    }
}

/// Where the jobs of one environment wait for its robots.
public struct JobQueue: Identifiable, Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// It has no rules.
        case plain
        /// Its jobs have keys or requirements, or its keys have limits.
        case lanes
        /// There is a limit or a rate for the whole of it.
        case limited
        /// Nothing is leased from it now.
        case paused
    }

    public var id: String { self.name }
    /// The environment.
    public let name: String
    public let kind: Kind
    /// The one that holds now.
    public let pause: QueuePause?
    public let limits: QueueLimits
    public let ready: BoundedCount
    public let scheduled: BoundedCount
    public let running: BoundedCount
    /// Jobs that somebody keeps from going on.
    public let pausedJobs: BoundedCount
    public let robotsAlive: Int
    /// Of the robots that are alive and not cordoned.
    public let slots: Int

    public init(
        name: String, kind: Kind, pause: QueuePause?, limits: QueueLimits, ready: BoundedCount,
        scheduled: BoundedCount, running: BoundedCount, pausedJobs: BoundedCount, robotsAlive: Int, slots: Int
    ) {
        self.name = name
        self.kind = kind
        self.pause = pause
        self.limits = limits
        self.ready = ready
        self.scheduled = scheduled
        self.running = running
        self.pausedJobs = pausedJobs
        self.robotsAlive = robotsAlive
        self.slots = slots
    }
}

/// One key of a queue: jobs that share it take turns with those of other keys, and share its limits.
public struct QueueKey: Hashable, Sendable {
    public let key: String
    /// Its own; what it does not say its queue says.
    public let limits: QueueKeyLimits
    /// The one that holds now.
    public let pause: QueuePause?
    public let running: Int
    public let ready: BoundedCount

    public init(key: String, limits: QueueKeyLimits, pause: QueuePause?, running: Int, ready: BoundedCount) {
        self.key = key
        self.limits = limits
        self.pause = pause
        self.running = running
        self.ready = ready
    }
}

/// A queue from nearer by.
public struct JobQueueStats: Hashable, Sendable {
    public let queue: JobQueue
    /// Since when the job has been ready that has been so for longest, to within seconds; `nil` without one.
    public let oldestReadySince: Date?
    /// When the next job is due that is not yet.
    public let nextDueAt: Date?
    public let blocked: BoundedCount
    public let readyByPriority: [Priority: BoundedCount]
    /// Lanes by what they wait for: `open`, `empty`, `concurrency`, `rate` and `paused`.
    public let lanes: [String: Int]
    /// There are more lanes than were counted.
    public let hasMoreLanes: Bool
    /// Those with the most running jobs, and those of which something is said by itself.
    public let keys: [QueueKey]

    public init(
        queue: JobQueue, oldestReadySince: Date?, nextDueAt: Date?, blocked: BoundedCount,
        readyByPriority: [Priority: BoundedCount], lanes: [String: Int], hasMoreLanes: Bool = false, keys: [QueueKey]
    ) {
        self.queue = queue
        self.oldestReadySince = oldestReadySince
        self.nextDueAt = nextDueAt
        self.blocked = blocked
        self.readyByPriority = readyByPriority
        self.lanes = lanes
        self.hasMoreLanes = hasMoreLanes
        self.keys = keys
    }
}
