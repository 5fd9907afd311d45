public import CasareDomain
public import FoundationEssentials

extension JobQueue.Kind: Codable {}
extension Explanation.Code: Codable {}

/// How often something may happen.
public struct QueueRateInfo: Hashable, Sendable, Codable {
    /// Once in so many seconds on average.
    public let everySeconds: Double
    /// So many at once after a rest.
    public let burst: Int

    public init(_ rate: QueueRate) {
        self.everySeconds = rate.everySeconds
        self.burst = rate.burst
    }

    public var rate: QueueRate { QueueRate(everySeconds: self.everySeconds, burst: self.burst) }

    public static let everySecondsRange = 1e-6...1e9

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.everySeconds = try container.decode(Double.self, forKey: .everySeconds)
        self.burst = try container.decode(Int.self, forKey: .burst)
        guard Self.everySecondsRange.contains(self.everySeconds) else {
            throw WireDecodingError(
                decoder.codingPath + [CodingKeys.everySeconds], "expected a number from 0.000001 to 1000000000")
        }
        guard (1...Int(Int32.max)).contains(self.burst) else {
            throw WireDecodingError(decoder.codingPath + [CodingKeys.burst], "expected a number from 1 to \(Int32.max)")
        }
    }
}

/// That nothing is leased, from a queue or of one key.
public struct QueuePauseInfo: Hashable, Sendable, Codable {
    /// The name of a token.
    public let by: String
    public let reason: String?
    public let since: Date
    /// `nil`: until somebody resumes.
    public let until: Date?

    public init(_ pause: QueuePause) {
        self.by = pause.by
        self.reason = pause.reason
        self.since = pause.since
        self.until = pause.until
    }
}

public struct QueueLimitsInfo: Hashable, Sendable, Codable {
    /// Jobs that may run at once; 0 lets none begin.
    public let concurrency: Int?
    public let rate: QueueRateInfo?
    /// For each key that says nothing else.
    public let keyConcurrency: Int?
    public let keyRate: QueueRateInfo?
    /// So long must a job wait to be as urgent as one whose priority is higher by one.
    public let ageingSeconds: Double

    public init(_ limits: QueueLimits) {
        self.concurrency = limits.concurrency
        self.rate = limits.rate.map(QueueRateInfo.init)
        self.keyConcurrency = limits.keyConcurrency
        self.keyRate = limits.keyRate.map(QueueRateInfo.init)
        self.ageingSeconds = limits.ageingSeconds
    }
}

/// A queue: where the jobs of one environment wait for its robots.
public struct QueueInfo: Hashable, Sendable, Codable {
    public let name: String
    public let kind: JobQueue.Kind
    /// The one that holds now.
    public let pause: QueuePauseInfo?
    public let limits: QueueLimitsInfo
    /// Jobs that may begin now.
    public let ready: Int
    /// Jobs that are due later.
    public let scheduled: Int
    public let running: Int
    /// Jobs that somebody keeps from going on. A server before it counted them says nothing.
    public let pausedJobs: Int?
    /// The counts that stop at a bound, of which there are more.
    public let inexact: [String]
    public let robotsAlive: Int
    /// Of the robots that are alive and not cordoned.
    public let slots: Int

    public init(_ queue: JobQueue) {
        self.name = queue.name
        self.kind = queue.kind
        self.pause = queue.pause.map(QueuePauseInfo.init)
        self.limits = QueueLimitsInfo(queue.limits)
        self.ready = queue.ready.value
        self.scheduled = queue.scheduled.value
        self.running = queue.running.value
        self.pausedJobs = queue.pausedJobs.value
        self.inexact = [
            ("ready", queue.ready), ("scheduled", queue.scheduled), ("running", queue.running),
            ("paused_jobs", queue.pausedJobs),
        ].filter { !$1.isExact }.map(\.0)
        self.robotsAlive = queue.robotsAlive
        self.slots = queue.slots
    }
}

/// `GET /api/v1/queues`.
public struct QueuePage: Hashable, Sendable, Codable {
    /// In the order of their names.
    public let queues: [QueueInfo]
    public let nextCursor: String?

    public init(queues: [QueueInfo], nextCursor: String?) {
        self.queues = queues
        self.nextCursor = nextCursor
    }
}

/// One key of a queue. What it does not say of itself its queue says.
public struct QueueKeyInfo: Hashable, Sendable, Codable {
    public let key: String
    public let concurrency: Int?
    public let rate: QueueRateInfo?
    public let pause: QueuePauseInfo?
    public let running: Int
    public let ready: Int
    /// The counts that stop at a bound, of which there are more.
    public let inexact: [String]

    public init(_ key: QueueKey) {
        self.key = key.key
        self.concurrency = key.limits.concurrency
        self.rate = key.limits.rate.map(QueueRateInfo.init)
        self.pause = key.pause.map(QueuePauseInfo.init)
        self.running = key.running
        self.ready = key.ready.value
        self.inexact = key.ready.isExact ? [] : ["ready"]
    }
}

/// `GET /api/v1/queues/{name}/keys`.
public struct QueueKeyPage: Hashable, Sendable, Codable {
    /// In the order of their names.
    public let keys: [QueueKeyInfo]
    public let nextCursor: String?

    public init(keys: [QueueKeyInfo], nextCursor: String?) {
        self.keys = keys
        self.nextCursor = nextCursor
    }
}

/// What became of a queue, or of one of its keys, that was paused or resumed.
public struct PauseQueueResponse: Hashable, Sendable, Codable {
    public let queue: QueueInfo
    /// The key that it was about; `nil` where it was about the queue, or no job ever had the key.
    public let key: QueueKeyInfo?
    /// It was paused before.
    public let wasPaused: Bool
    /// So many of its keys are paused by themselves now, up to 10,000.
    public let keysPaused: Int

    public init(queue: QueueInfo, key: QueueKeyInfo?, wasPaused: Bool, keysPaused: Int) {
        self.queue = queue
        self.key = key
        self.wasPaused = wasPaused
        self.keysPaused = keysPaused
    }
}

/// `GET /api/v1/queues/{name}`: a queue from nearer by.
public struct QueueStatsInfo: Hashable, Sendable, Codable {
    public let queue: QueueInfo
    /// Since when the job has been ready that has been so for longest, to within seconds.
    public let oldestReadySince: Date?
    public let nextDueAt: Date?
    public let blocked: Int
    /// By priority, as text.
    public let readyByPriority: Object
    /// Lanes by what they wait for: `open`, `empty`, `concurrency`, `rate` and `paused`.
    public let lanes: Object
    /// The counts that stop at a bound, of which there are more: `blocked`, `ready_by_priority.5`, `lanes`.
    public let inexact: [String]
    /// Those with the most running jobs, and those that are paused or limited by themselves.
    public let keys: [QueueKeyInfo]
    /// What people did to it last, the latest first.
    public let actions: [ControlActionInfo]

    public init(_ stats: JobQueueStats, actions: [ControlActionInfo]) {
        self.queue = QueueInfo(stats.queue)
        self.oldestReadySince = stats.oldestReadySince
        self.nextDueAt = stats.nextDueAt
        self.blocked = stats.blocked.value
        self.readyByPriority = Object(
            stats.readyByPriority.sorted { $0.key > $1.key }.map { ($0.key.description, .int($0.value.value)) })
        self.lanes = Object(stats.lanes.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) })
        var inexact: [String] = []
        if !stats.blocked.isExact { inexact.append("blocked") }
        for (priority, count) in stats.readyByPriority.sorted(by: { $0.key > $1.key }) where !count.isExact {
            inexact.append("ready_by_priority.\(priority)")
        }
        if stats.hasMoreLanes { inexact.append("lanes") }
        self.inexact = inexact
        self.keys = stats.keys.map(QueueKeyInfo.init)
        self.actions = actions
    }
}
