public import FoundationEssentials

/// Dead letters of one workflow and one fingerprint: probably one cause.
public struct DeadLetterGroup: Hashable, Sendable {
    /// What the letters of a group may have in common, and successes not.
    public enum Factor: String, Hashable, Sendable, Codable, CaseIterable {
        case version, robot, environment, hour
    }

    /// How often a factor had a value.
    public struct Share: Hashable, Sendable {
        /// A version's number, a robot's or an environment's name, an hour's beginning as ISO 8601 in UTC.
        public let value: String
        public let failures: Int
        /// Of the completed jobs that were looked at.
        public let successes: Int

        public init(value: String, failures: Int, successes: Int) {
            self.value = value
            self.failures = failures
            self.successes = successes
        }
    }

    /// What separates a group's letters from the jobs that completed around that time.
    public struct Explanation: Hashable, Sendable {
        public let factor: Factor
        public let value: String
        /// A sentence for people.
        public let text: String

        public init(factor: Factor, value: String, text: String) {
            self.factor = factor
            self.value = value
            self.text = text
        }
    }

    /// A list of shares is no longer: the most frequent ones.
    public static let sharesMax = 20

    public let fingerprint: String
    public let workflow: Workflow.ID
    public let workflowName: String
    public let count: Int
    public let openCount: Int
    public let firstOpenedAt: Date
    public let lastOpenedAt: Date
    /// Of the newest letter.
    public let failure: Failure
    /// The newest letter's job.
    public let sample: Job.ID
    /// How many completed jobs of the workflow were looked at, of those that ended in that time or up to an hour before.
    public let successCount: Int
    public let versions: [Share]
    public let robots: [Share]
    public let environments: [Share]
    public let hours: [Share]
    public let explanation: Explanation?

    public init(
        fingerprint: String, workflow: Workflow.ID, workflowName: String, count: Int, openCount: Int,
        firstOpenedAt: Date, lastOpenedAt: Date, failure: Failure, sample: Job.ID, successCount: Int,
        shares: [Factor: [Share]]
    ) {
        self.fingerprint = fingerprint
        self.workflow = workflow
        self.workflowName = workflowName
        self.count = count
        self.openCount = openCount
        self.firstOpenedAt = firstOpenedAt
        self.lastOpenedAt = lastOpenedAt
        self.failure = failure
        self.sample = sample
        self.successCount = successCount
        self.versions = Self.shown(shares[.version])
        self.robots = Self.shown(shares[.robot])
        self.environments = Self.shown(shares[.environment])
        self.hours = Self.shown(shares[.hour])
        self.explanation = Explanation(shares, failures: count, successes: successCount)
    }

    private static func shown(_ shares: [Share]?) -> [Share] {
        Array(
            (shares ?? []).sorted { ($1.failures, $1.successes, $0.value) < ($0.failures, $0.successes, $1.value) }
                .prefix(self.sharesMax))
    }
}

extension DeadLetterGroup.Explanation {
    /// With fewer failures or successes than this anything separates them by chance.
    static let samplesMin = 5
    /// The value is said when so much of the failures, in percent, have it …
    static let failurePercentMin = 80
    /// … and no more of the successes.
    static let successPercentMax = 20

    /// The value that separates best: the one with the greatest difference between its share of the failures and that of
    /// the successes; of equal ones, the factor that stands first in `Factor`.
    init?(
        _ shares: [DeadLetterGroup.Factor: [DeadLetterGroup.Share]], failures: Int, successes: Int
    ) {
        guard failures >= Self.samplesMin, successes >= Self.samplesMin else { return nil }
        var best: (factor: DeadLetterGroup.Factor, share: DeadLetterGroup.Share, distance: Double)?
        for factor in DeadLetterGroup.Factor.allCases {
            for share in shares[factor] ?? []
            where share.failures * 100 >= failures * Self.failurePercentMin
                && share.successes * 100 <= successes * Self.successPercentMax
            {
                let distance = Double(share.failures) / Double(failures) - Double(share.successes) / Double(successes)
                if distance > best?.distance ?? 0 { best = (factor, share, distance) }
            }
        }
        guard let (factor, share, _) = best else { return nil }
        self.init(
            factor: factor, value: share.value,
            text: Self.text(factor, share, among: shares[factor] ?? [], failures: failures, successes: successes))
    }

    /// `all 2000 ran version 4; 12 of 12 successes ran version 3`
    private static func text(
        _ factor: DeadLetterGroup.Factor, _ share: DeadLetterGroup.Share, among shares: [DeadLetterGroup.Share],
        failures: Int, successes: Int
    ) -> String {
        let failed = share.failures == failures ? "all \(failures)" : "\(share.failures) of \(failures)"
        let usual = shares.filter { $0.value != share.value && $0.successes > 0 }
            .max { ($0.successes, $1.value) < ($1.successes, $0.value) }
        let succeeded =
            if let usual {
                "\(usual.successes) of \(successes) successes \(factor.phrase(usual.value))"
            } else {
                "\(share.successes) of \(successes) successes did"
            }
        return "\(failed) \(factor.phrase(share.value)); \(succeeded)"
    }
}

extension DeadLetterGroup.Factor {
    fileprivate func phrase(_ value: String) -> String {
        switch self {
        case .version: "ran version \(value)"
        case .robot: "ran on \(value)"
        case .environment: "ran in \(value)"
        case .hour: "ended in the hour from \(value)"
        }
    }
}
