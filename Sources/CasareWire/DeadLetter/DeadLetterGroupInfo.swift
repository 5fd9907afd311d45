public import CasareDomain
public import FoundationEssentials

/// Dead letters of one workflow and one fingerprint: probably one cause.
public struct DeadLetterGroupInfo: Hashable, Sendable, Codable {
    public struct Share: Hashable, Sendable, Codable {
        /// A version's number, a robot's or an environment's name, an hour's beginning as ISO 8601 in UTC.
        public let value: String
        public let failures: Int
        /// Of the completed jobs that were looked at.
        public let successes: Int

        public init(_ share: DeadLetterGroup.Share) {
            self.value = share.value
            self.failures = share.failures
            self.successes = share.successes
        }
    }

    /// What separates a group's letters from the jobs that completed around that time.
    public struct Explanation: Hashable, Sendable, Codable {
        public let factor: DeadLetterGroup.Factor
        public let value: String
        /// A sentence for people.
        public let text: String

        public init(_ explanation: DeadLetterGroup.Explanation) {
            self.factor = explanation.factor
            self.value = explanation.value
            self.text = explanation.text
        }
    }

    public let fingerprint: String
    /// The workflow's name.
    public let workflow: String
    public let count: Int
    public let openCount: Int
    public let firstOpenedAt: Date
    public let lastOpenedAt: Date
    /// Of the newest letter.
    public let failure: FailureInfo
    /// The newest letter's job.
    public let sample: Job.ID
    /// How many completed jobs of the workflow were looked at, of those that ended in that time or up to an hour before.
    public let successCount: Int
    /// The most frequent ones first, as in the lists that follow; no more than `DeadLetterGroup.sharesMax`.
    public let versions: [Share]
    public let robots: [Share]
    public let environments: [Share]
    public let hours: [Share]
    public let explanation: Explanation?

    public init(_ group: DeadLetterGroup) {
        self.fingerprint = group.fingerprint
        self.workflow = group.workflowName
        self.count = group.count
        self.openCount = group.openCount
        self.firstOpenedAt = group.firstOpenedAt
        self.lastOpenedAt = group.lastOpenedAt
        self.failure = FailureInfo(group.failure)
        self.sample = group.sample
        self.successCount = group.successCount
        self.versions = group.versions.map(Share.init)
        self.robots = group.robots.map(Share.init)
        self.environments = group.environments.map(Share.init)
        self.hours = group.hours.map(Share.init)
        self.explanation = group.explanation.map(Explanation.init)
    }
}

/// `GET /api/v1/dlq/groups`.
public struct DeadLetterGroupPage: Hashable, Sendable, Codable {
    /// The largest first. There may be smaller ones beyond the limit.
    public let groups: [DeadLetterGroupInfo]

    public init(groups: [DeadLetterGroupInfo]) { self.groups = groups }
}
