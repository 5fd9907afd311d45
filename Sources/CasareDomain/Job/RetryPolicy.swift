/// When a failed job is tried again, and how often.
///
/// Attempts whose robot died do not count here: they say nothing about the job, and a limit of their own ends them.
public struct RetryPolicy: Hashable, Sendable {
    /// How the wait grows from one failed attempt to the next, in seconds.
    public enum Backoff: Hashable, Sendable {
        /// Always the same.
        case fixed(Double)
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
    /// The wait of a fixed policy, and the first of an exponential and of a linear one.
    public static let secondsDefault = 10.0
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
    /// For failures of these kinds instead of the rest. Attempts are counted in all, whatever they failed of.
    public let byKind: [Failure.Kind: RetryPolicy]

    private init(
        unchecked backoff: Backoff, attemptsMax: Int, jitter: Double, byKind: [Failure.Kind: RetryPolicy] = [:]
    ) {
        self.backoff = backoff
        self.attemptsMax = attemptsMax
        self.jitter = jitter
        self.byKind = byKind
    }

    /// - Parameters:
    ///   - attemptsMax: `nil` stands for one attempt more than a list has waits, and for 6 otherwise.
    ///   - byKind: only of kinds that are retried at all, and each for the one kind.
    public init(
        _ backoff: Backoff, attemptsMax: Int? = nil, jitter: Double = RetryPolicy.jitterDefault,
        byKind: [Failure.Kind: RetryPolicy] = [:]
    ) throws(Invalid) {
        func check(_ seconds: Double, _ name: String) throws(Invalid) {
            guard seconds >= 0, seconds <= Self.delaySecondsMax else {
                throw Invalid(
                    description: "\(name) is \(seconds); it must be from 0 to \(Self.delaySecondsMax) seconds")
            }
        }
        switch backoff {
        case .fixed(let seconds): try check(seconds, "delay_seconds")
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
            case (nil, .fixed), (nil, .exponential), (nil, .linear): Self.standard.attemptsMax
            }
        guard Self.attemptsRange.contains(attempts) else {
            throw Invalid(
                description: "max_attempts is \(attempts); it must be from \(Self.attemptsRange.lowerBound) to "
                    + "\(Self.attemptsRange.upperBound)")
        }
        guard (0...1).contains(jitter) else {
            throw Invalid(description: "jitter is \(jitter); it must be from 0 to 1")
        }
        for (kind, policy) in byKind {
            try Self.check(kind)
            guard policy.byKind.isEmpty else {
                throw Invalid(description: "by_kind.\(kind.rawValue) has a by_kind of its own; it is for one kind")
            }
        }
        self.init(unchecked: backoff, attemptsMax: attempts, jitter: jitter, byKind: byKind)
    }

    static func check(_ kind: Failure.Kind) throws(Invalid) {
        guard kind.isRetryable else {
            throw Invalid(
                description: "by_kind.\(kind.rawValue): failures of this kind are never retried; leave it out")
        }
    }

    /// How long to wait after an attempt that ended with a failure; `nil` when no other one follows.
    ///
    /// - Parameters:
    ///   - attempt: which failed attempt it was, from 1.
    ///   - randomFraction: as below.
    public func delay(
        after failure: Failure, attempt: Int, randomFraction: Double
    ) -> Duration? {
        guard failure.kind.isRetryable else { return nil }
        let policy = self.byKind[failure.kind] ?? self
        guard let delay = policy.delay(afterAttempt: attempt, randomFraction: randomFraction) else { return nil }
        // Who is asked to come back later does not come sooner, whatever the jitter.
        return max(delay, .seconds(failure.retryAfterSeconds ?? 0))
    }

    /// How long to wait after the given failed attempt, where no kind has a rule of its own; `nil` when it was the last
    /// one.
    ///
    /// - Parameters:
    ///   - attempt: which failed attempt it was, from 1.
    ///   - randomFraction: 0 ..< 1; 0 gives the shortest wait that the jitter allows.
    public func delay(afterAttempt attempt: Int, randomFraction: Double) -> Duration? {
        guard attempt < self.attemptsMax else { return nil }
        let retry = max(attempt, 1) - 1
        let seconds =
            switch self.backoff {
            case .fixed(let seconds): seconds
            case .list(let delays): delays[min(retry, delays.count - 1)]
            case .exponential(let initial, let factor, let max):
                // Cut at each step, so that it never grows out of range.
                (0..<retry).reduce(min(initial, max)) { seconds, _ in min(seconds * factor, max) }
            case .linear(let initial, let step, let max): min(initial + step * Double(retry), max)
            }
        return .seconds(min(seconds * (1 + self.jitter * (2 * randomFraction - 1)), Self.delaySecondsMax))
    }
}
