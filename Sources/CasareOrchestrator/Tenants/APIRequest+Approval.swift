import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import Logging

extension APIRequest {
    /// A transaction that sees all tenants, for callers who may rule them; it takes the audit entry along, in the
    /// caller's own tenant.
    func inInstallation<R: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> R
    ) async throws -> R {
        let audit = self.audit
        let services = self.services
        let (result, written) = try await services.database.inSystem(
            for: self.principal.tenant, deadline: .now + Self.connectionWaitMax
        ) { connection -> (R, NewAuditEntry?) in
            let result = try body(connection)
            guard let entry = audit?.pending else { return (result, nil) }
            return (result, try services.takeAlong(entry, on: connection))
        }
        if let written {
            audit?.wasWritten()
            services.audited(written)
        }
        return result
    }

    /// The same for a look before the change, which takes no entry along.
    func inInstallationUnaudited<R: Sendable>(
        _ body: @Sendable (isolated PostgresConnection) throws -> R
    ) async throws -> R {
        try await self.services.database.inSystem(
            for: self.principal.tenant, deadline: .now + Self.connectionWaitMax, body)
    }

    private enum Outcome<R: Sendable>: Sendable {
        case done(R)
        case waiting(Approval)
    }

    /// Does what cannot be taken back: in this transaction where one person is enough, a second one has agreed, or the
    /// glass is broken; else it asks a second person and does nothing.
    ///
    /// - Parameters:
    ///   - wanted: what is to be done; see `wants(_:of:)`.
    ///   - always: whatever the tenant says of it.
    ///   - isOfInstallation: the body sees all tenants.
    /// - Throws: `APIProblem` with `.approvalRequired` where a second person is asked; that is committed.
    func approved<R: Sendable>(
        _ wanted: ApprovalStore.Request, always: Bool = false, isOfInstallation: Bool = false,
        _ body: @escaping @Sendable (isolated PostgresConnection) throws -> R
    ) async throws -> R {
        let audit = self.audit
        let work: @Sendable (isolated PostgresConnection) throws -> Outcome<R> = { connection in
            switch try ApprovalStore.verdict(for: wanted, always: always, on: connection) {
            case .free: break
            case .approved(let approval):
                audit?.note(detail: [
                    "approval": .string(approval.id.description),
                    "approved_by": approval.decidedBy.map(Value.string) ?? .null,
                ])
            case .glassBroken:
                audit?.note(reason: wanted.reason, detail: ["break_glass": true, "severity": "alert"])
            case .waiting(let approval):
                audit?.note(detail: ["awaiting_approval": .string(approval.id.description), "done": false])
                return .waiting(approval)
            }
            return .done(try body(connection))
        }
        switch try await isOfInstallation ? self.inInstallation(work) : self.inTenant(work) {
        case .done(let result):
            if wanted.breaksGlass { self.glassBroken(wanted) }
            return result
        case .waiting(let approval):
            throw APIProblem(
                .approvalRequired, approval.waiting, details: ["approval_id": .string(approval.id.description)])
        }
    }

    /// Says loudly that somebody did not wait for a second person.
    func glassBroken(_ wanted: ApprovalStore.Request) {
        self.logger.critical(
            "Somebody did not wait for a second person",
            metadata: [
                "tenant.id": "\(self.principal.tenant)", "actor": "\(self.actor)",
                "action": "\(wanted.action.rawValue)",
                "subject": "\(wanted.subject)", "reason": "\(wanted.reason ?? "")", "severity": "alert",
            ])
    }

    /// What the caller wants to do.
    func wants(
        _ action: Approval.Action, of subject: String, detail: String = "", reason: String?, breaksGlass: Bool
    ) -> ApprovalStore.Request {
        ApprovalStore.Request(
            action, of: subject, detail: detail, by: self.actor, reason: reason, breaksGlass: breaksGlass)
    }
}
