extension RetryPolicy {
    /// Names of the ways to wait, as in `backoff`.
    public enum BackoffName: String, Hashable, Sendable, Codable, CaseIterable {
        case fixed, list, exponential, linear
    }

    /// A policy as it is written: what is missing has a default.
    ///
    /// `{"backoff": "list", "delays_seconds": […], "max_attempts": 6, "jitter": 0.2}`,
    /// `{"backoff": "fixed", "delay_seconds": …}`,
    /// `{"backoff": "exponential", "initial_seconds": …, "factor": …, "max_seconds": …}` or
    /// `{"backoff": "linear", "initial_seconds": …, "step_seconds": …, "max_seconds": …}`, and beside that
    /// `"by_kind": {"timeout": …}`.
    struct Members {
        var backoff: BackoffName?
        var delaysSeconds: [Double]?
        var delaySeconds: Double?
        var initialSeconds: Double?
        var factor: Double?
        var stepSeconds: Double?
        var maxSeconds: Double?
        var maxAttempts: Int?
        var jitter: Double?

        /// What is written for one kind takes over what it does not say itself. Another way to wait takes over no waits.
        func completed(from whole: Members) -> Members {
            var members = self
            if self.backoff == nil, self.delaysSeconds != nil { members.backoff = .list }
            members.jitter = self.jitter ?? whole.jitter
            // A list of its own has as many attempts as it has waits.
            members.maxAttempts = self.maxAttempts ?? (self.delaysSeconds == nil ? whole.maxAttempts : nil)
            guard members.backoff == nil || members.backoff == whole.backoff ?? .list else { return members }
            members.backoff = whole.backoff
            members.delaysSeconds = self.delaysSeconds ?? whole.delaysSeconds
            members.delaySeconds = self.delaySeconds ?? whole.delaySeconds
            members.initialSeconds = self.initialSeconds ?? whole.initialSeconds
            members.factor = self.factor ?? whole.factor
            members.stepSeconds = self.stepSeconds ?? whole.stepSeconds
            members.maxSeconds = self.maxSeconds ?? whole.maxSeconds
            return members
        }

        func policy(byKind: [Failure.Kind: RetryPolicy] = [:]) throws(Invalid) -> RetryPolicy {
            let initial = self.initialSeconds ?? RetryPolicy.secondsDefault
            let longest = self.maxSeconds ?? RetryPolicy.exponentialSecondsMaxDefault
            let backoff: Backoff =
                switch self.backoff ?? .list {
                case .fixed: .fixed(self.delaySeconds ?? RetryPolicy.secondsDefault)
                case .list: self.delaysSeconds.map(Backoff.list) ?? RetryPolicy.standard.backoff
                case .exponential:
                    .exponential(
                        initial: initial, factor: self.factor ?? RetryPolicy.exponentialFactorDefault, max: longest)
                case .linear: .linear(initial: initial, step: self.stepSeconds ?? initial, max: longest)
                }
            return try RetryPolicy(
                backoff, attemptsMax: self.maxAttempts, jitter: self.jitter ?? RetryPolicy.jitterDefault,
                byKind: byKind)
        }
    }

    /// What stands in the place of a policy after which there is one attempt only.
    static let neverName = "never"

    init(_ whole: Members, byKind rules: [Failure.Kind: Members?]) throws(Invalid) {
        var byKind: [Failure.Kind: RetryPolicy] = [:]
        for (kind, rule) in rules {
            try Self.check(kind)
            do throws(Invalid) {
                byKind[kind] = try rule?.completed(from: whole).policy() ?? .never
            } catch {
                throw Invalid(description: "by_kind.\(kind.rawValue): \(error.description)")
            }
        }
        self = try whole.policy(byKind: byKind)
    }

    static func kind(named name: String) throws(Invalid) -> Failure.Kind {
        guard let kind = Failure.Kind(rawValue: name) else {
            let known = Failure.Kind.allCases.filter(\.isRetryable).map(\.rawValue)
            throw Invalid(
                description: "by_kind.\(name): there is no such kind of failure; the kinds that are retried are "
                    + known.joined(separator: " and "))
        }
        return kind
    }
}
