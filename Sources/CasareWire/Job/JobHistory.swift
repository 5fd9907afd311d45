public import CasareDomain
public import FoundationEssentials

/// What happened to a job, and how often robots tried it: `GET /jobs/{id}/history`.
public struct JobHistory: Hashable, Sendable, Codable {
    /// Something that happened, by the database's clock.
    public struct Event: Hashable, Sendable, Codable {
        public let at: Date
        /// `submitted`, `leased`, `retrying`, `completed` and others. A newer server may know more of them.
        public let kind: String
        /// What there is to say beside the kind.
        public let detail: Object?

        public init(at: Date, kind: String, detail: Object?) {
            self.at = at
            self.kind = kind
            self.detail = detail
        }
    }

    /// A robot's try at the job, from the moment at which it had the job.
    public struct Attempt: Hashable, Sendable, Codable {
        /// From 1. One that was handed back or paused goes on under its number, and is one here, from where it went on.
        public let attempt: Int
        public let robot: String?
        public let startedAt: Date
        /// `null` while it is under way.
        public let finishedAt: Date?
        /// The robot died: such an attempt is not one of those that the retry policy counts.
        public let isCrash: Bool
        /// `null` for one that ended well, stopped at a question or is under way.
        public let failure: FailureInfo?
        /// At which it stopped, where it did. A server before it told of answers has none.
        public let question: Question?

        public init(
            attempt: Int, robot: String?, startedAt: Date, finishedAt: Date?, isCrash: Bool, failure: FailureInfo?,
            question: Question? = nil
        ) {
            self.attempt = attempt
            self.robot = robot
            self.startedAt = startedAt
            self.finishedAt = finishedAt
            self.isCrash = isCrash
            self.failure = failure
            self.question = question
        }

        private enum CodingKeys: String, CodingKey {
            case attempt, robot, startedAt, finishedAt, failure, question
            case isCrash = "crashed"
        }
    }

    /// What an attempt asked a person about a step in doubt.
    public struct Question: Hashable, Sendable, Codable {
        public let step: Int
        public let node: String
        public let text: String
        /// `null` while it waits for one, and of a job that was cancelled instead.
        public let answer: Answer?

        public init(step: Int, node: String, text: String, answer: Answer?) {
            self.step = step
            self.node = node
            self.text = text
            self.answer = answer
        }
    }

    /// What a person said became of the step.
    public struct Answer: Hashable, Sendable, Codable {
        public let at: Date
        /// One of `Job.Resolution.Answer`.
        public let answer: String
        public let by: String
        public let reason: String

        public init(at: Date, answer: String, by: String, reason: String) {
            self.at = at
            self.answer = answer
            self.by = by
            self.reason = reason
        }
    }

    /// Oldest first.
    public let events: [Event]
    /// Oldest first.
    public let attempts: [Attempt]

    public init(events: [Event], attempts: [Attempt]) {
        self.events = events
        self.attempts = attempts
    }
}
