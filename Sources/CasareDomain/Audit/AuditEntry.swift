/// One thing that somebody did, or was not let do: a row of the audit log, as it was written. Nothing changes it later.
public struct AuditEntry: Identifiable, Hashable, Sendable {
    /// What became of what was asked for.
    public enum Outcome: String, Hashable, Sendable, Codable, CaseIterable {
        case granted
        /// Whoever asked may not, or could not show who they are.
        case denied
        /// They may, and it did not come about.
        case failed
    }

    public let tenant: Tenant.ID
    /// Ascends in the order in which entries were begun; numbers are left out where something was taken back.
    public let id: Int64
    /// UTC, always with six digits after the full stop: `2026-01-02T03:04:05.000006Z`. Text, so that nothing is
    /// rounded.
    public let at: String
    /// As a principal's name: a token's, `oidc:` and the subject, `robot:` and the robot's ID; empty: nobody knows.
    public let actor: String
    /// How they showed who they are: `token`, `oidc`, `certificate`, `internal`; `none`: they did not.
    public let actorKind: String
    /// The noun and the verb: `schedule.pause`.
    public let action: String
    /// The name or ID of what it was done to.
    public let subject: String?
    public let outcome: Outcome
    /// As whoever did it gave it.
    public let reason: String?
    /// The address that the request came from.
    public let source: String?
    public let requestID: String?
    /// 32 hexadecimal digits.
    public let traceID: String?
    /// A JSON object as it was written, byte for byte.
    public let detail: String?

    public init(
        tenant: Tenant.ID, id: Int64, at: String, actor: String, actorKind: String, action: String, subject: String?,
        outcome: Outcome, reason: String?, source: String?, requestID: String?, traceID: String?, detail: String?
    ) {
        self.tenant = tenant
        self.id = id
        self.at = at
        self.actor = actor
        self.actorKind = actorKind
        self.action = action
        self.subject = subject
        self.outcome = outcome
        self.reason = reason
        self.source = source
        self.requestID = requestID
        self.traceID = traceID
        self.detail = detail
    }
}
