public import CasareDomain
public import FoundationEssentials

/// `GET /api/v1/jobs/{id}/explain`, `/queues/{name}/explain` and `/robots/{id}/explain`.
public struct ExplanationInfo: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case job, queue, robot
    }

    public struct Reason: Hashable, Sendable, Codable {
        public let code: Explanation.Code
        /// A sentence with the names in it.
        public let message: String
        /// The facts behind it; their names depend on the code.
        public let detail: Object
        /// The command that removes the reason, as it is pasted into a shell; `nil` where none of casarectl's does.
        public let clears: String?

        public init(_ reason: Explanation.Reason) {
            self.code = reason.code
            self.message = reason.message
            self.detail = reason.detail
            self.clears = reason.clears
        }
    }

    public let kind: Kind
    /// The ID of a job or robot, or the name of a queue.
    public let subject: String
    public let explainedAt: Date
    /// What decides first comes first.
    public let reasons: [Reason]

    public init(_ explanation: Explanation, explainedAt: Date) {
        switch explanation.subject {
        case .job(let id): (self.kind, self.subject) = (.job, id.description)
        case .queue(let name): (self.kind, self.subject) = (.queue, name)
        case .robot(let id): (self.kind, self.subject) = (.robot, id.description)
        }
        self.explainedAt = explainedAt
        self.reasons = explanation.reasons.map(Reason.init)
    }
}
