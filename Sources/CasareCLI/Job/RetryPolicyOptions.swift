import ArgumentParser
import CasareDomain

/// When a job that failed is tried again. Where any of it is said it is instead of all that the workflow says, and the
/// rest is standard.
struct RetryPolicyOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Attempts that may fail, 1 to 100 (default: 6). One whose robot was lost does not count; five of those in a "
                + "row that got no further end the job as crash_loop.", valueName: "n"),
        transform: Text.number(in: RetryPolicy.attemptsRange))
    var maxAttempts: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How long to wait before each retry: a time (30s), several, the last of which repeats (10s,1m,5m), "
                + "linear:10s+5s or exponential:10s*2, each with an optional longest wait (exponential:10s*2..1h), or never.",
            valueName: "waits"),
        transform: RetryWaits.parse)
    var retry: RetryWaits?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The same for timeouts alone.", valueName: "waits"),
        transform: RetryWaits.parse)
    var retryTimeouts: RetryWaits?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The share by which waits are longer or shorter at random (default: 20%).", valueName: "share"),
        transform: ShareArgument.parse)
    var retryJitter: ShareArgument?

    func validate() throws {
        if self.retry == .never, self.maxAttempts != nil || self.retryJitter != nil {
            throw ValidationError("--retry never makes one attempt: leave out --max-attempts and --retry-jitter.")
        }
    }

    /// `nil`: nothing was given.
    ///
    /// - Throws: `.usage` for a policy that cannot be.
    func policy() throws(CommandFailure) -> RetryPolicy? {
        guard self.maxAttempts != nil || self.retry != nil || self.retryTimeouts != nil || self.retryJitter != nil
        else { return nil }
        do throws(RetryPolicy.Invalid) {
            let jitter = self.retryJitter?.share ?? RetryPolicy.jitterDefault
            var byKind: [Failure.Kind: RetryPolicy] = [:]
            if let retryTimeouts {
                byKind[.timeout] = try retryTimeouts.policy(attemptsMax: nil, jitter: jitter)
            }
            return try (self.retry ?? .waits(RetryPolicy.standard.backoff))
                .policy(attemptsMax: self.maxAttempts, jitter: jitter, byKind: byKind)
        } catch {
            throw CommandFailure(.usage, "the retry policy cannot be: \(error.description)")
        }
    }
}

/// How long to wait before each retry, as a person writes it.
enum RetryWaits: ArgumentForm, Hashable {
    static let form =
        "a time such as 30s, times with commas between such as 10s,1m,5m, linear:10s+5s, exponential:10s*2, the last two "
        + "perhaps with a longest wait behind two dots (exponential:10s*2..1h), or never"

    case never
    case waits(RetryPolicy.Backoff)

    init?(argument: String) {
        let text = argument.lowercased()
        if text == "never" {
            self = .never
        } else if let rest = text.dropping("linear:") {
            guard let parts = Self.growing(rest, "+"), let step = Self.seconds(parts.growth) else { return nil }
            self = .waits(.linear(initial: parts.initial, step: step, max: parts.max))
        } else if let rest = text.dropping("exponential:") {
            guard let parts = Self.growing(rest, "*"), let factor = Double(parts.growth), factor.isFinite else {
                return nil
            }
            self = .waits(.exponential(initial: parts.initial, factor: factor, max: parts.max))
        } else {
            let words = text.split(separator: ",", omittingEmptySubsequences: false)
            let waits = words.compactMap { Self.seconds($0) }
            guard waits.count == words.count else { return nil }
            self = .waits(waits.count == 1 ? .fixed(waits[0]) : .list(waits))
        }
    }

    func policy(
        attemptsMax: Int?, jitter: Double, byKind: [Failure.Kind: RetryPolicy] = [:]
    ) throws(RetryPolicy.Invalid) -> RetryPolicy {
        switch self {
        case .never:
            // With a rule of its own a kind is tried again all the same.
            try byKind.isEmpty ? .never : RetryPolicy(.list([0]), attemptsMax: 1, jitter: 0, byKind: byKind)
        case .waits(let backoff): try RetryPolicy(backoff, attemptsMax: attemptsMax, jitter: jitter, byKind: byKind)
        }
    }

    private static func growing(
        _ text: Substring, _ sign: Character
    ) -> (initial: Double, growth: Substring, max: Double)? {
        var longest: Double?
        var text = text
        if let dots = text.firstRange(of: "..") {
            guard let seconds = Self.seconds(text[dots.upperBound...]) else { return nil }
            longest = seconds
            text = text[..<dots.lowerBound]
        }
        let parts = text.split(separator: sign, omittingEmptySubsequences: false)
        guard parts.count == 2, let initial = Self.seconds(parts[0]) else { return nil }
        return (initial, parts[1], longest ?? max(initial, RetryPolicy.exponentialSecondsMaxDefault))
    }

    private static func seconds(_ text: Substring) -> Double? { TimeSpan(String(text))?.seconds }
}

extension String {
    /// What is behind a beginning; `nil` where it begins otherwise.
    fileprivate func dropping(_ beginning: String) -> Substring? {
        self.hasPrefix(beginning) ? self.dropFirst(beginning.count) : nil
    }
}
