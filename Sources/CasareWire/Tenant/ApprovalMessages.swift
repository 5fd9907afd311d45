public import CasareDomain
public import FoundationEssentials

/// Something that waits for a second person, or did.
public struct ApprovalInfo: Hashable, Sendable, Codable {
    public let id: Approval.ID
    public let action: Approval.Action
    public let subject: String
    /// What exactly, such as `versions=1,2`: who agrees, agrees to that and nothing else.
    public let detail: String
    public let status: Approval.Status
    public let reason: String?
    public let askedAt: Date
    public let askedBy: String
    public let expiresAt: Date
    public let decidedAt: Date?
    public let decidedBy: String?
    public let decisionReason: String?

    public init(_ approval: Approval) {
        self.id = approval.id
        self.action = approval.action
        self.subject = approval.subject
        self.detail = approval.detail
        self.status = approval.status
        self.reason = approval.reason
        self.askedAt = approval.askedAt
        self.askedBy = approval.askedBy
        self.expiresAt = approval.expiresAt
        self.decidedAt = approval.decidedAt
        self.decidedBy = approval.decidedBy
        self.decisionReason = approval.decisionReason
    }
}

public struct ApprovalPage: Hashable, Sendable, Codable {
    public let approvals: [ApprovalInfo]
    public let nextCursor: String?

    public init(approvals: [ApprovalInfo], nextCursor: String?) {
        self.approvals = approvals
        self.nextCursor = nextCursor
    }
}

/// `POST /api/v1/approvals/{id}/approve` and `deny`.
public struct DecideRequest: Hashable, Sendable, Codable {
    public var reason: String?

    public init(reason: String? = nil) { self.reason = reason }
}
