public import FoundationEssentials

/// Something that cannot be taken back, and waits for a second person.
public struct Approval: Identifiable, Hashable, Sendable {
    public struct ID: UUIDIdentifier {
        public let rawValue: UUID

        public init(rawValue: UUID) { self.rawValue = rawValue }
    }

    /// What is to be done. The raw values are those of the audit trail.
    public enum Action: String, Hashable, Sendable, Codable, CaseIterable {
        /// An operation that purges: it goes on by itself once it is approved.
        case operationPurge = "operation.purge"
        /// Whoever asked does it again, and it is done.
        case secretDestroy = "secret.destroy"
        case tenantDelete = "tenant.delete"
        /// A tenant that needs two persons no more.
        case approvalsOff = "tenant.approvals_off"

        /// For sentences.
        public var phrase: String {
            switch self {
            case .operationPurge: "purge dead letters with operation"
            case .secretDestroy: "destroy secret"
            case .tenantDelete: "delete tenant"
            case .approvalsOff: "let one person decide in tenant"
            }
        }

        /// Whether it is done with the approval, and not when the one who asked comes again.
        public var goesOnByItself: Bool {
            switch self {
            case .operationPurge: true
            case .secretDestroy, .tenantDelete, .approvalsOff: false
            }
        }
    }

    public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
        case awaiting = "awaiting_approval"
        /// Whoever asked may do it now, once.
        case approved
        /// It was done.
        case used
        case denied
        /// Nobody decided in time, or it was not done in time.
        case expired
    }

    /// How long it waits for a second person, and then for the one who asked: a day.
    public static let secondsMax = 86_400.0
    /// A tenant has no more under way.
    public static let openMax = 1_000

    public let id: ID
    public let action: Action
    /// The operation's ID, the secret's or the tenant's name.
    public let subject: String
    /// What exactly, such as `versions=1,2`; empty where the subject says it all.
    public let detail: String
    public let status: Status
    public let reason: String?
    public let askedAt: Date
    public let askedBy: String
    public let expiresAt: Date
    public let decidedAt: Date?
    public let decidedBy: String?
    public let decisionReason: String?

    public init(
        id: ID, action: Action, subject: String, detail: String = "", status: Status, reason: String?, askedAt: Date,
        askedBy: String, expiresAt: Date, decidedAt: Date?, decidedBy: String?, decisionReason: String?
    ) {
        self.id = id
        self.action = action
        self.subject = subject
        self.detail = detail
        self.status = status
        self.reason = reason
        self.askedAt = askedAt
        self.askedBy = askedBy
        self.expiresAt = expiresAt
        self.decidedAt = decidedAt
        self.decidedBy = decidedBy
        self.decisionReason = decisionReason
    }

    /// What the one who asked is told.
    public var waiting: String {
        "to \(self.action.phrase) \(self.subject) a second person must agree: casarectl op approve \(self.id), until "
            + "\(self.expiresAt.formatted(.iso8601))"
            + (self.action.goesOnByItself ? "" : "; then do it again; --break-glass --reason is for what cannot wait")
    }
}

extension Approval {
    /// Why somebody cannot decide.
    ///
    /// - Parameter person: the name of who decides.
    /// - Returns: `nil` where they may.
    public func refusal(of person: String, at now: Date) -> String? {
        switch self.status {
        case .approved: return "was approved already, by \(self.decidedBy ?? "somebody")"
        case .used: return "was approved and done already"
        case .denied: return "was denied already, by \(self.decidedBy ?? "somebody")"
        case .expired: return "has expired; ask for it again"
        case .awaiting: break
        }
        if now >= self.expiresAt { return "expired at \(self.expiresAt.formatted(.iso8601)); ask for it again" }
        if person == self.askedBy { return "was asked for by \(person): another person must decide" }
        return nil
    }
}
