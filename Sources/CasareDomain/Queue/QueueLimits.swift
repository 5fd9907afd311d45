/// How often something may happen: once every so many seconds on average, and `burst` times at once after a rest.
public struct QueueRate: Hashable, Sendable {
    public let everySeconds: Double
    public let burst: Int

    /// - Precondition: both are above zero.
    public init(everySeconds: Double, burst: Int) {
        precondition(everySeconds > 0 && everySeconds.isFinite && burst > 0, "A rate lets something through")
        self.everySeconds = everySeconds
        self.burst = burst
    }

    /// `count` times in so many seconds; `nil` for what is no rate.
    ///
    /// - Parameter burst: as many as `count` where nothing is said.
    public init?(count: Double, per seconds: Double, burst: Int? = nil) {
        let everySeconds = seconds / count
        guard count > 0, seconds > 0, everySeconds > 0, everySeconds.isFinite,
            let burst = burst ?? Int(exactly: count.rounded(.up)), (1...Int(Int32.max)).contains(burst)
        else { return nil }
        self.init(everySeconds: everySeconds, burst: burst)
    }

    public var perSecond: Double { 1 / self.everySeconds }
}

/// What the jobs of a queue may do at once and after each other. `nil` where nothing is limited.
public struct QueueLimits: Hashable, Sendable {
    public static let ageingSecondsDefault = 60.0

    /// Jobs that may run at once; 0 lets none begin.
    public var concurrency: Int?
    /// Jobs that may begin.
    public var rate: QueueRate?
    /// The same for each key that has no number of its own.
    public var keyConcurrency: Int?
    public var keyRate: QueueRate?
    /// So long must a job wait to be as urgent as one whose priority is higher by one.
    public var ageingSeconds: Double

    public init(
        concurrency: Int? = nil, rate: QueueRate? = nil, keyConcurrency: Int? = nil, keyRate: QueueRate? = nil,
        ageingSeconds: Double = QueueLimits.ageingSecondsDefault
    ) {
        self.concurrency = concurrency
        self.rate = rate
        self.keyConcurrency = keyConcurrency
        self.keyRate = keyRate
        self.ageingSeconds = ageingSeconds
    }
}

/// What is said of one key; `nil` where that counts which its queue says of all keys.
public struct QueueKeyLimits: Hashable, Sendable {
    public var concurrency: Int?
    public var rate: QueueRate?

    public init(concurrency: Int? = nil, rate: QueueRate? = nil) {
        self.concurrency = concurrency
        self.rate = rate
    }
}
