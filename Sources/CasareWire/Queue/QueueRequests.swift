public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/queues/{name}/pause`.
public struct PauseQueueRequest: Hashable, Sendable, Codable {
    /// Only jobs of this key.
    public var key: String?
    public var reason: String?
    /// It ends by itself at this time, or after this time: within a year (`QueuePause.secondsMax`), by the clock of the
    /// server's database.
    public var until: Date?
    public var forSeconds: Double?

    public init(key: String? = nil, reason: String? = nil, until: Date? = nil, forSeconds: Double? = nil) {
        self.key = key
        self.reason = reason
        self.until = until
        self.forSeconds = forSeconds
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            key: try container.decodeIfPresent(String.self, forKey: .key),
            reason: try container.decodeIfPresent(String.self, forKey: .reason),
            until: try container.decodeIfPresent(Date.self, forKey: .until),
            forSeconds: try container.decodeIfPresent(Double.self, forKey: .forSeconds))
        try QueueKeyName.check(self.key, decoder.codingPath + [CodingKeys.key])
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
        try PauseLength.check(
            self.forSeconds, until: self.until, decoder.codingPath + [CodingKeys.forSeconds])
    }
}

/// `POST /api/v1/queues/{name}/resume`.
public struct ResumeQueueRequest: Hashable, Sendable, Codable {
    /// Only jobs of this key; the queue's own pause goes on.
    public var key: String?
    public var reason: String?

    public init(key: String? = nil, reason: String? = nil) {
        self.key = key
        self.reason = reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            key: try container.decodeIfPresent(String.self, forKey: .key),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        try QueueKeyName.check(self.key, decoder.codingPath + [CodingKeys.key])
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }
}

enum QueueKeyName {
    static func check(_ key: String?, _ path: [any CodingKey]) throws(WireDecodingError) {
        guard let key else { return }
        try ShortText.check(key, path, charactersMax: Job.queueKeyCharactersMax)
    }
}

/// `PATCH /api/v1/queues/{name}/limits`: a value sets a limit, null lifts it, and one that is left out stays as it is
/// (RFC 7396).
public struct ChangeLimitsRequest: Hashable, Sendable, Codable {
    public typealias Change = MemberChange

    /// The most that a limit may say.
    public static let concurrencyMax = 1_000_000
    public static let ageingSecondsRange = 0.001...1e9

    /// Whose limits; `nil`: those of the queue. A key has no `key_concurrency`, `key_rate` and `ageing_seconds`.
    public var key: String?
    public var reason: String?
    /// Makes the queue where there is none yet, for the jobs that are to come. Not with `key`.
    public var create: Bool
    public var concurrency: Change<Int>
    public var rate: Change<QueueRateInfo>
    public var keyConcurrency: Change<Int>
    public var keyRate: Change<QueueRateInfo>
    public var ageingSeconds: Change<Double>

    public init(
        key: String? = nil, reason: String? = nil, create: Bool = false, concurrency: Change<Int> = .keep,
        rate: Change<QueueRateInfo> = .keep,
        keyConcurrency: Change<Int> = .keep, keyRate: Change<QueueRateInfo> = .keep,
        ageingSeconds: Change<Double> = .keep
    ) {
        self.key = key
        self.reason = reason
        self.create = create
        self.concurrency = concurrency
        self.rate = rate
        self.keyConcurrency = keyConcurrency
        self.keyRate = keyRate
        self.ageingSeconds = ageingSeconds
    }

    /// Whether it would leave everything as it is.
    public var isEmpty: Bool {
        self.concurrency == .keep && self.rate == .keep && self.keyConcurrency == .keep && self.keyRate == .keep
            && self.ageingSeconds == .keep
    }

    public func apply(to limits: inout QueueLimits) {
        self.concurrency.apply(to: &limits.concurrency)
        Self.apply(self.rate, to: &limits.rate)
        self.keyConcurrency.apply(to: &limits.keyConcurrency)
        Self.apply(self.keyRate, to: &limits.keyRate)
        switch self.ageingSeconds {
        case .keep: break
        case .remove: limits.ageingSeconds = QueueLimits.ageingSecondsDefault
        case .set(let seconds): limits.ageingSeconds = seconds
        }
    }

    public func apply(to limits: inout QueueKeyLimits) {
        self.concurrency.apply(to: &limits.concurrency)
        Self.apply(self.rate, to: &limits.rate)
    }

    private static func apply(_ change: Change<QueueRateInfo>, to rate: inout QueueRate?) {
        switch change {
        case .keep: break
        case .remove: rate = nil
        case .set(let value): rate = value.rate
        }
    }
}

extension ChangeLimitsRequest {
    private enum CodingKeys: String, CodingKey {
        case key, reason, create, concurrency, rate, keyConcurrency, keyRate, ageingSeconds
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            key: try container.decodeIfPresent(String.self, forKey: .key),
            reason: try container.decodeIfPresent(String.self, forKey: .reason),
            create: try container.decodeIfPresent(Bool.self, forKey: .create) ?? false,
            concurrency: try container.change(of: .concurrency), rate: try container.change(of: .rate),
            keyConcurrency: try container.change(of: .keyConcurrency), keyRate: try container.change(of: .keyRate),
            ageingSeconds: try container.change(of: .ageingSeconds))
        let path = decoder.codingPath
        try QueueKeyName.check(self.key, path + [CodingKeys.key])
        try ControlReason.check(self.reason, path + [CodingKeys.reason])
        for (change, name) in [(self.concurrency, CodingKeys.concurrency), (self.keyConcurrency, .keyConcurrency)] {
            if case .set(let limit) = change, !(0...Self.concurrencyMax).contains(limit) {
                throw WireDecodingError(path + [name], "expected a number from 0 to \(Self.concurrencyMax)")
            }
        }
        if case .set(let seconds) = self.ageingSeconds, !Self.ageingSecondsRange.contains(seconds) {
            throw WireDecodingError(path + [CodingKeys.ageingSeconds], "expected a number above 0")
        }
        guard self.key != nil else { return }
        if self.create {
            throw WireDecodingError(path + [CodingKeys.create], "is for whole queues; leave it out, or leave out key")
        }
        for (isKept, name) in [
            (self.keyConcurrency == .keep, CodingKeys.keyConcurrency), (self.keyRate == .keep, .keyRate),
            (self.ageingSeconds == .keep, .ageingSeconds),
        ] where !isKept {
            throw WireDecodingError(path + [name], "is for whole queues; leave it out, or leave out key")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(self.key, forKey: .key)
        try container.encodeIfPresent(self.reason, forKey: .reason)
        if self.create { try container.encode(true, forKey: .create) }
        try container.encode(change: self.concurrency, forKey: .concurrency)
        try container.encode(change: self.rate, forKey: .rate)
        try container.encode(change: self.keyConcurrency, forKey: .keyConcurrency)
        try container.encode(change: self.keyRate, forKey: .keyRate)
        try container.encode(change: self.ageingSeconds, forKey: .ageingSeconds)
    }
}

/// What became of a queue's limits, or of a key's.
public struct ChangeLimitsResponse: Hashable, Sendable, Codable {
    public let queue: QueueInfo
    public let key: QueueKeyInfo?

    public init(queue: QueueInfo, key: QueueKeyInfo?) {
        self.queue = queue
        self.key = key
    }
}

/// `POST /api/v1/jobs/{id}/priority`.
public struct ChangePriorityRequest: Hashable, Sendable, Codable {
    public var priority: Priority
    public var reason: String?

    public init(priority: Priority, reason: String? = nil) {
        self.priority = priority
        self.reason = reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            priority: try container.decode(Priority.self, forKey: .priority),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }
}
