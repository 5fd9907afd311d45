/// When a failed job is tried again, and how often.
///
/// Attempts whose robot died do not count here: they say nothing about the job, and a limit of their own ends them.
public struct RetryPolicy: Hashable, Sendable {
    /// How the wait grows from one failed attempt to the next, in seconds.
    public enum Backoff: Hashable, Sendable {
        /// One wait per failed attempt; the last one repeats.
        case list([Double])
        /// `initial`, then each time `factor` times as long, up to `max`.
        case exponential(initial: Double, factor: Double, max: Double)
        /// `initial`, then each time `step` longer, up to `max`.
        case linear(initial: Double, step: Double, max: Double)
    }

    /// Why a policy cannot be: a sentence for whoever wrote it.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    public static let attemptsRange = 1...100
    /// No wait is longer than this.
    public static let delaySecondsMax = Job.spanSecondsMax
    public static let jitterDefault = 0.2
    public static let exponentialFactorDefault = 2.0
    public static let exponentialSecondsMaxDefault = 3600.0

    /// Five retries, after 10 s, 1 min, 5 min, 15 min and 1 h, each 20 % sooner or later.
    public static let standard = RetryPolicy(
        unchecked: .list([10, 60, 300, 900, 3600]), attemptsMax: 6, jitter: RetryPolicy.jitterDefault)

    /// One attempt and no more.
    public static let never = RetryPolicy(unchecked: .list([0]), attemptsMax: 1, jitter: 0)

    public let backoff: Backoff
    /// Attempts in all, the first one included.
    public let attemptsMax: Int
    /// The share of a wait by which it is made longer or shorter at random, 0 to 1.
    public let jitter: Double

    private init(unchecked backoff: Backoff, attemptsMax: Int, jitter: Double) {
        self.backoff = backoff
        self.attemptsMax = attemptsMax
        self.jitter = jitter
    }

    /// - Parameter attemptsMax: `nil` stands for one attempt more than a list has waits, and for 6 otherwise.
    public init(
        _ backoff: Backoff, attemptsMax: Int? = nil, jitter: Double = RetryPolicy.jitterDefault
    ) throws(Invalid) {
        func check(_ seconds: Double, _ name: String) throws(Invalid) {
            guard seconds >= 0, seconds <= Self.delaySecondsMax else {
                throw Invalid(
                    description: "\(name) is \(seconds); it must be from 0 to \(Self.delaySecondsMax) seconds")
            }
        }
        switch backoff {
        case .list(let delays):
            guard !delays.isEmpty else {
                throw Invalid(description: "the list of delays is empty; give one delay or more")
            }
            for delay in delays {
                try check(delay, "a delay")
            }
        case .exponential(let initial, let factor, let max):
            try check(initial, "initial_seconds")
            try check(max, "max_seconds")
            guard factor >= 1, factor.isFinite else {
                throw Invalid(description: "factor is \(factor); it must be 1 or more")
            }
        case .linear(let initial, let step, let max):
            try check(initial, "initial_seconds")
            try check(step, "step_seconds")
            try check(max, "max_seconds")
        }
        let attempts =
            switch (attemptsMax, backoff) {
            case (let attempts?, _): attempts
            case (nil, .list(let delays)): min(delays.count + 1, Self.attemptsRange.upperBound)
            case (nil, .exponential), (nil, .linear): Self.standard.attemptsMax
            }
        guard Self.attemptsRange.contains(attempts) else {
            throw Invalid(
                description: "max_attempts is \(attempts); it must be from \(Self.attemptsRange.lowerBound) to "
                    + "\(Self.attemptsRange.upperBound)")
        }
        guard (0...1).contains(jitter) else {
            throw Invalid(description: "jitter is \(jitter); it must be from 0 to 1")
        }
        self.init(unchecked: backoff, attemptsMax: attempts, jitter: jitter)
    }

    /// How long to wait after the given failed attempt; `nil` when it was the last one.
    ///
    /// - Parameters:
    ///   - attempt: which failed attempt it was, from 1.
    ///   - randomFraction: 0 ..< 1; 0 gives the shortest wait that the jitter allows.
    public func delay(afterAttempt attempt: Int, randomFraction: Double) -> Duration? {
        guard attempt < self.attemptsMax else { return nil }
        let retry = max(attempt, 1) - 1
        let seconds =
            switch self.backoff {
            case .list(let delays): delays[min(retry, delays.count - 1)]
            case .exponential(let initial, let factor, let max):
                // Cut at each step, so that it never grows out of range.
                (0..<retry).reduce(min(initial, max)) { seconds, _ in min(seconds * factor, max) }
            case .linear(let initial, let step, let max): min(initial + step * Double(retry), max)
            }
        return .seconds(min(seconds * (1 + self.jitter * (2 * randomFraction - 1)), Self.delaySecondsMax))
    }
}

/// `{"backoff": "list", "delays_seconds": […], "max_attempts": 6, "jitter": 0.2}`,
/// `{"backoff": "exponential", "initial_seconds": …, "factor": …, "max_seconds": …}` or
/// `{"backoff": "linear", "initial_seconds": …, "step_seconds": …, "max_seconds": …}`; every key may be missing.
extension RetryPolicy: Codable {
    private enum CodingKeys: String, CodingKey {
        case backoff, delaysSeconds, initialSeconds, factor, stepSeconds, maxSeconds, maxAttempts, jitter
    }

    private enum BackoffName: String, Codable, CaseIterable {
        case list, exponential, linear
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func seconds(_ key: CodingKeys, default fallback: Double) throws -> Double {
            try container.decodeIfPresent(Double.self, forKey: key) ?? fallback
        }
        let backoff: Backoff
        switch try container.decodeIfPresent(BackoffName.self, forKey: .backoff) ?? .list {
        case .list:
            let delays = try container.decodeIfPresent([Double].self, forKey: .delaysSeconds)
            backoff = delays.map(Backoff.list) ?? Self.standard.backoff
        case .exponential:
            backoff = .exponential(
                initial: try seconds(.initialSeconds, default: 10),
                factor: try seconds(.factor, default: Self.exponentialFactorDefault),
                max: try seconds(.maxSeconds, default: Self.exponentialSecondsMaxDefault))
        case .linear:
            let initial = try seconds(.initialSeconds, default: 10)
            backoff = .linear(
                initial: initial, step: try seconds(.stepSeconds, default: initial),
                max: try seconds(.maxSeconds, default: Self.exponentialSecondsMaxDefault))
        }
        let attemptsMax = try container.decodeIfPresent(Int.self, forKey: .maxAttempts)
        let jitter = try container.decodeIfPresent(Double.self, forKey: .jitter) ?? Self.jitterDefault
        do throws(Invalid) {
            try self.init(backoff, attemptsMax: attemptsMax, jitter: jitter)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self.backoff {
        case .list(let delays):
            try container.encode(BackoffName.list, forKey: .backoff)
            try container.encode(delays, forKey: .delaysSeconds)
        case .exponential(let initial, let factor, let max):
            try container.encode(BackoffName.exponential, forKey: .backoff)
            try container.encode(initial, forKey: .initialSeconds)
            try container.encode(factor, forKey: .factor)
            try container.encode(max, forKey: .maxSeconds)
        case .linear(let initial, let step, let max):
            try container.encode(BackoffName.linear, forKey: .backoff)
            try container.encode(initial, forKey: .initialSeconds)
            try container.encode(step, forKey: .stepSeconds)
            try container.encode(max, forKey: .maxSeconds)
        }
        try container.encode(self.attemptsMax, forKey: .maxAttempts)
        try container.encode(self.jitter, forKey: .jitter)
    }
}
