package import CasareDomain

/// An entry that is about to be written. Who writes one in the transaction of what it tells of makes both of them
/// happen or neither.
package struct NewAuditEntry: Hashable, Sendable {
    /// A longer subject is cut: it may be whatever somebody wrote into a path.
    package static let subjectCharactersMax = 500
    /// So is a longer reason.
    package static let reasonCharactersMax = 1000
    /// The actor of what the service does by itself.
    package static let ownActor = "casare"
    /// The kind of actor of those who did not show who they are.
    package static let nobody = "none"

    package var actor: String
    /// As `Principal.Kind` has it, or `nobody`.
    package var actorKind: String
    package var action: String
    package var subject: String?
    package var outcome: AuditEntry.Outcome
    package var reason: String?
    package var source: String?
    package var requestID: String?
    package var traceID: TraceID?
    /// What the action does not say. Never a secret.
    package var detail: Object

    package init(
        actor: String, actorKind: String, action: String, subject: String? = nil,
        outcome: AuditEntry.Outcome = .granted, reason: String? = nil, source: String? = nil,
        requestID: String? = nil, traceID: TraceID? = nil, detail: Object = [:]
    ) {
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

    /// By a principal.
    package init(
        by principal: Principal, action: String, subject: String? = nil, outcome: AuditEntry.Outcome = .granted,
        reason: String? = nil, source: String? = nil, requestID: String? = nil, traceID: TraceID? = nil,
        detail: Object = [:]
    ) {
        self.init(
            actor: principal.name, actorKind: principal.kind.rawValue, action: action, subject: subject,
            outcome: outcome, reason: reason, source: source, requestID: requestID, traceID: traceID, detail: detail)
    }
}
