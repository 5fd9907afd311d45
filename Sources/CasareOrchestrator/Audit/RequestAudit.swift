import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import HTTPTypes
import Logging
import Synchronization

/// The entry that one request leaves in the audit log: what is known of it before it is answered, what its handler
/// adds, and whether it is written.
///
/// The first transaction of the request that changes something takes the entry along (`APIRequest.inTenant`). Where
/// none did, the entry is written before the answer leaves; where the request failed or was refused, with that outcome.
final class RequestAudit: Sendable {
    private struct State {
        var caller: Principal?
        var subject: String?
        var reason: String?
        var detail: Object = [:]
        var isWritten = false
    }

    private let rule: AuditRule
    /// The method and the path as the table has it.
    private let route: String
    /// Nobody is refused on such a route because of who they are, unless it is audited.
    private let isOpen: Bool
    /// The address of the other end of the connection.
    let source: String?
    private let requestID: String
    private let traceID: TraceID
    private let state: Mutex<State>

    /// - Parameters:
    ///   - parameters: of the path.
    ///   - source: the address that the request came from.
    init(
        of route: Route, _ parameters: [String: String], source: String?, requestID: String, traceID: TraceID
    ) {
        self.rule = route.audit
        self.route = "\(route.method.rawValue) \(route.path)"
        self.isOpen = route.access == .everyone
        self.source = source
        self.requestID = requestID
        self.traceID = traceID
        let names = route.segments.compactMap { (segment) -> String? in
            switch segment {
            case .literal: nil
            case .parameter(let name): parameters[name]
            }
        }
        self.state = Mutex(State(subject: names.isEmpty ? nil : names.joined(separator: "/")))
    }

    // MARK: What is said of it

    func isBy(_ caller: Principal) { self.state.withLock { $0.caller = caller } }

    /// Says more of what is done, before the transaction that changes it ends. Never a secret.
    func note(subject: String? = nil, reason: String? = nil, detail: Object = [:]) {
        self.state.withLock { state in
            if let subject { state.subject = subject }
            if let reason { state.reason = reason }
            for (name, value) in detail { state.detail[name] = value }
        }
    }

    /// Takes the members `name` or `id` and `reason` of a body, whatever type that is: what it is called only where the
    /// path does not say it.
    func note(body: Any) {
        guard self.action != nil else { return }
        var name: String?
        var reason: String?
        for child in Mirror(reflecting: body).children {
            switch child.label ?? "" {
            case "name", "id":
                name = (child.value as? String) ?? (child.value as? any CustomStringConvertible)?.description
            case "reason": reason = child.value as? String
            default: continue
            }
        }
        self.state.withLock { state in
            if state.subject == nil { state.subject = name }
            if let reason { state.reason = reason }
        }
    }

    // MARK: Writing

    /// What the request's entry is called; `nil`: it leaves none.
    private var action: String? {
        switch self.rule {
        case .audited(let action), .accessed(let action): action
        case .auditedOfPeople(let action): self.state.withLock { $0.caller?.isRobot == true } ? nil : action
        case .auditedByStore, .unaudited: nil
        }
    }

    /// What the entry is called of a request that was refused or failed; `nil`: it leaves one only where it was
    /// refused.
    private var failedAction: String? {
        switch self.rule {
        case .auditedByStore(let action): action
        case .audited, .accessed, .auditedOfPeople, .unaudited: self.action
        }
    }

    /// To be written into the transaction that changes something; `nil`: nothing is.
    var pending: NewAuditEntry? {
        guard let action = self.action, !self.state.withLock({ $0.isWritten }) else { return nil }
        return self.entry(action, .granted)
    }

    /// The transaction that took the entry along has committed.
    func wasWritten() { self.state.withLock { $0.isWritten = true } }

    private func entry(_ action: String, _ outcome: AuditEntry.Outcome, _ more: Object = [:]) -> NewAuditEntry {
        let state = self.state.withLock { $0 }
        var detail = state.detail
        for (name, value) in more { detail[name] = value }
        return NewAuditEntry(
            actor: state.caller?.name ?? "", actorKind: state.caller?.kind.rawValue ?? NewAuditEntry.nobody,
            action: action, subject: state.subject, outcome: outcome, reason: state.reason, source: self.source,
            requestID: self.requestID, traceID: self.traceID, detail: detail)
    }

    // MARK: - At the end

    /// Writes what no transaction has taken along, before the answer leaves.
    ///
    /// - Throws: the answer must not leave then.
    func succeeded(_ services: Services?) async throws {
        guard let services, let tenant = self.state.withLock({ $0.caller?.tenant }), let action = self.action,
            !self.state.withLock({ $0.isWritten })
        else { return }
        var more: Object = [:]
        switch self.rule {
        // Such as a dry run, or what was so already.
        case .audited, .auditedOfPeople: more["changed"] = .bool(false)
        case .accessed, .auditedByStore, .unaudited: break
        }
        do {
            try await services.write(self.entry(action, .granted, more), of: tenant)
        } catch {
            services.metrics.audit.couldNotWrite(error)
            throw error
        }
        self.wasWritten()
    }

    /// Writes that the request was refused, or failed. Where that cannot be written, the log of the service says so:
    /// nothing was changed that would have to be taken back.
    func failed(_ error: any Error, _ services: Services?, logger: Logger) async {
        let problem = APIProblem(error)
        guard let services, let outcome = self.outcome(of: problem) else { return }
        let caller = self.state.withLock { $0.caller }
        let action = self.failedAction ?? AuditActions.otherRequest
        let key = RefusalBudget.Key(who: self.whoIsCounted(caller), action: action, code: problem.code.rawValue)
        var more: Object = ["error": .string(problem.code.rawValue)]
        if self.failedAction == nil { more["route"] = .string(self.route) }
        switch services.refusals.spend(key) {
        case .leaveOut: return services.metrics.audit.leftOut()
        case .write(let count): if count > 0 { more["left_out"] = .int(count) }
        }
        do {
            // Nobody's tenant is known of who did not show who they are: it is the installation's matter.
            try await services.write(self.entry(action, outcome, more), of: caller?.tenant ?? .default)
        } catch {
            services.metrics.audit.lost()
            logger.warning(
                "An entry of the audit log could not be written",
                metadata: [
                    "audit.action": .string(action), "audit.outcome": .string(outcome.rawValue),
                    "error": "\(error)",
                ])
        }
    }

    /// Callers of the same name in two tenants are two.
    private func whoIsCounted(_ caller: Principal?) -> String {
        guard let caller else {
            return self.source.flatMap { NetworkAddress($0) }.map(Lockouts.place) ?? "unknown"
        }
        return "\(caller.tenant) \(caller.name)"
    }

    private func outcome(of problem: APIProblem) -> AuditEntry.Outcome? {
        switch problem.code.status {
        // Whoever may ask is refused for what they show.
        case 401, 403, 429: self.isOpen && self.action == nil ? nil : .denied
        default: self.failedAction == nil ? nil : .failed
        }
    }
}

extension Principal {
    /// It does what robots do, and nothing else.
    fileprivate var isRobot: Bool { self.robot != nil || self.role == Role.robot.rawValue }
}

extension Services {
    fileprivate func write(_ entry: NewAuditEntry, of tenant: Tenant.ID) async throws {
        try await self.database.asTenant(tenant, deadline: .now + APIRequest.connectionWaitMax) { connection in
            try AuditLog.append(entry, on: connection)
        }
        self.audited(entry)
    }

    /// Writes an entry into a transaction that has changed something.
    ///
    /// - Returns: the entry; `nil`: the transaction has changed nothing.
    func takeAlong(
        _ entry: NewAuditEntry, on connection: isolated PostgresConnection
    ) throws -> NewAuditEntry? {
        do {
            return try AuditLog.appendIfChanged(entry, on: connection) ? entry : nil
        } catch {
            self.metrics.audit.couldNotWrite(error)
            throw error
        }
    }

    /// An entry is committed: it is to be linked soon, and counts.
    func audited(_ entry: NewAuditEntry) {
        self.metrics.audit.wrote(entry)
        self.auditAlarm.ring(in: .milliseconds(50))
    }
}
