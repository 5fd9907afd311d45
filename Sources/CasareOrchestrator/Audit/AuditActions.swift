import CasareStore
import HTTPTypes

/// What the audit log says of a route's requests.
enum AuditRule: Sendable, Hashable {
    /// One entry for each request, in the transaction of what it changes.
    case audited(String)
    /// The same for what hands out something secret: an entry is there before the answer leaves.
    case accessed(String)
    /// None where a robot sends it: what robots do all the time stands with the jobs and work items themselves.
    case auditedOfPeople(String)
    /// The store writes the entries itself, with what it finds; the request has one where it does not get so far.
    case auditedByStore(String)
    /// None, unless somebody is refused.
    case unaudited
}

/// The table of routes and actions: the noun and the verb. Every route that is no GET stands in it, which a test holds
/// against all routes; those that change nothing are `.unaudited`, and so is the protocol of the robots.
enum AuditActions {
    /// Of what is no action of the table: somebody was refused who wanted to read, or spoke as a robot.
    static let otherRequest = "api.request"

    static func rule(of method: HTTPRequest.Method, _ path: String) -> AuditRule {
        if let rule = Self.table["\(method.rawValue) \(path)"] { return rule }
        // A route that nobody has entered is audited rather than not.
        return method == .get ? .unaudited : .audited(Self.otherRequest)
    }

    static let table: [String: AuditRule] = [
        Self.identity, Self.definitions, Self.jobs, Self.operations, Self.secrets, Self.workItems, Self.robots,
        Self.unchanging,
    ].reduce(into: [:]) { table, part in
        table.merge(part) { _, _ in preconditionFailure("A route stands twice in the table of actions") }
    }

    private static let identity: [String: AuditRule] = [
        "POST /api/v1/tokens": .audited("token.create"),
        "POST /api/v1/tokens/{name}/rotate": .audited("token.rotate"),
        "DELETE /api/v1/tokens/{name}": .audited("token.revoke"),
        "POST /api/v1/roles": .audited("role.create"),
        "PATCH /api/v1/roles/{name}": .audited("role.update"),
        "DELETE /api/v1/roles/{name}": .audited("role.delete"),
        "PATCH /api/v1/tenant/policy": .audited("tenant.policy"),
        "PATCH /api/v1/tenant": .audited("tenant.update"),
        "POST /api/v1/tenants": .audited("tenant.create"),
        "PATCH /api/v1/tenants/{name}": .audited("tenant.update"),
        "PUT /api/v1/tenants/{name}/quotas": .audited("tenant.quota"),
        "POST /api/v1/tenants/{name}/suspend": .audited("tenant.suspend"),
        "POST /api/v1/tenants/{name}/resume": .audited("tenant.resume"),
        "DELETE /api/v1/tenants/{name}": .audited("tenant.delete"),
        "POST /api/v1/approvals/{id}/approve": .audited("operation.approve"),
        "POST /api/v1/approvals/{id}/deny": .audited("operation.deny"),
    ]

    private static let definitions: [String: AuditRule] = [
        "POST /api/v1/workflows": .audited("workflow.push"),
        "PUT /api/v1/workflows/{workflow}/robots": .audited("workflow.assign"),
        "POST /api/v1/schedules": .audited("schedule.create"),
        "PATCH /api/v1/schedules/{name}": .audited("schedule.update"),
        "DELETE /api/v1/schedules/{name}": .audited("schedule.delete"),
        "POST /api/v1/schedules/pause": .audited("schedule.pause"),
        "POST /api/v1/schedules/resume": .audited("schedule.resume"),
        "POST /api/v1/schedules/{name}/pause": .audited("schedule.pause"),
        "POST /api/v1/schedules/{name}/resume": .audited("schedule.resume"),
        "POST /api/v1/schedules/{name}/trigger": .audited("schedule.trigger"),
        "POST /api/v1/schedules/{name}/backfills": .audited("backfill.create"),
        "POST /api/v1/backfills/{id}/pause": .audited("backfill.pause"),
        "POST /api/v1/backfills/{id}/resume": .audited("backfill.resume"),
        "POST /api/v1/backfills/{id}/cancel": .audited("backfill.cancel"),
        "POST /api/v1/windows": .audited("window.open"),
        "POST /api/v1/windows/{id}/close": .audited("window.close"),
        "PUT /api/v1/calendars/{name}": .audited("calendar.save"),
        "DELETE /api/v1/calendars/{name}": .audited("calendar.delete"),
        "POST /api/v1/triggers": .audited("trigger.create"),
        "PATCH /api/v1/triggers/{name}": .audited("trigger.update"),
        "DELETE /api/v1/triggers/{name}": .audited("trigger.delete"),
        "POST /api/v1/triggers/{name}/pause": .audited("trigger.pause"),
        "POST /api/v1/triggers/{name}/resume": .audited("trigger.resume"),
        "POST /api/v1/triggers/{name}/secret": .audited("trigger.rotate"),
        "POST /api/v1/applied/{owner}": .audited("applied.record"),
    ]

    private static let jobs: [String: AuditRule] = [
        "POST /api/v1/jobs": .audited("job.submit"),
        "POST /api/v1/jobs/batch": .audited("job.submit"),
        "POST /api/v1/jobs/{id}/cancel": .audited("job.cancel"),
        "POST /api/v1/jobs/{id}/retry": .audited("job.retry"),
        "POST /api/v1/jobs/{id}/fork": .audited("job.fork"),
        "POST /api/v1/jobs/{id}/pause": .audited("job.pause"),
        "POST /api/v1/jobs/{id}/resume": .audited("job.resume"),
        "POST /api/v1/jobs/{id}/resolve": .audited("job.resolve"),
        "POST /api/v1/jobs/{id}/priority": .audited("job.priority"),
        "POST /api/v1/dlq/{id}/acknowledge": .audited("dead_letter.acknowledge"),
        "POST /api/v1/dlq/{id}/retry": .audited("dead_letter.replay"),
        "POST /api/v1/queues/{name}/pause": .audited("queue.pause"),
        "POST /api/v1/queues/{name}/resume": .audited("queue.resume"),
        "PATCH /api/v1/queues/{name}/limits": .audited("queue.limit"),
    ]

    private static let operations: [String: AuditRule] = [
        "POST /api/v1/operations": .audited("operation.create"),
        "POST /api/v1/operations/{id}/pause": .audited("operation.pause"),
        "POST /api/v1/operations/{id}/resume": .audited("operation.resume"),
        "POST /api/v1/operations/{id}/cancel": .audited("operation.cancel"),
        "POST /api/v1/operations/{id}/undo": .audited("operation.undo"),
        "PUT /api/v1/selections/{name}": .audited("selection.save"),
        "DELETE /api/v1/selections/{name}": .audited("selection.delete"),
    ]

    /// What is done with secrets is found by their names under `secret.`: see `AuditLog.Filter`.
    private static let secrets: [String: AuditRule] = [
        "POST /api/v1/secrets": .audited("secret.create"),
        "PATCH /api/v1/secrets/{name}": .audited("secret.update"),
        "DELETE /api/v1/secrets/{name}": .audited("secret.delete"),
        "POST /api/v1/secrets/{name}/versions": .audited("secret.put"),
        "POST /api/v1/secrets/{name}/versions/{version}/promote": .audited("secret.promote"),
        "POST /api/v1/secrets/{name}/versions/{version}/discard": .audited("secret.discard"),
        "POST /api/v1/secrets/{name}/rollback": .audited("secret.rollback"),
        "POST /api/v1/secrets/{name}/undelete": .audited("secret.undelete"),
        "POST /api/v1/secrets/{name}/destroy": .audited("secret.destroy"),
        "POST /api/v1/secrets/{name}/expire": .audited("secret.expire"),
        "POST /api/v1/secrets/{name}/reveal": .accessed("secret.reveal"),
        "POST /api/v1/secrets/{name}/rotate": .audited("secret.rotate"),
        "POST /api/v1/secrets/{name}/rotate/end": .audited("secret.rotate"),
        "POST /api/v1/vault/rekey": .audited("vault.rekey"),
    ]

    private static let workItems: [String: AuditRule] = [
        "POST /api/v1/item-queues": .audited("item_queue.create"),
        "PATCH /api/v1/item-queues/{name}": .audited("item_queue.update"),
        "DELETE /api/v1/item-queues/{name}": .audited("item_queue.delete"),
        "POST /api/v1/item-queues/{name}/items": .auditedOfPeople("item.add"),
        "POST /api/v1/item-queues/{name}/next": .auditedOfPeople("item.take"),
        "POST /api/v1/item-queues/{name}/items/{id}/renew": .auditedOfPeople("item.renew"),
        "POST /api/v1/item-queues/{name}/items/{id}/complete": .auditedOfPeople("item.complete"),
        "POST /api/v1/item-queues/{name}/items/{id}/fail": .auditedOfPeople("item.fail"),
        "POST /api/v1/item-queues/{name}/items/{id}/postpone": .auditedOfPeople("item.postpone"),
        "POST /api/v1/item-queues/{name}/items/{id}/retry": .audited("item.retry"),
        "POST /api/v1/item-queues/{name}/items/{id}/delete": .audited("item.delete"),
    ]

    private static let robots: [String: AuditRule] = [
        "POST /api/v1/robots": .auditedOfPeople("robot.register"),
        "POST /api/v1/robots/{id}/cordon": .audited("robot.cordon"),
        "POST /api/v1/robots/{id}/uncordon": .audited("robot.uncordon"),
        "POST /api/v1/robots/{id}/drain": .audited("robot.drain"),
        "POST /api/v1/robots/{id}/stop": .audited("robot.stop"),
        "DELETE /api/v1/robots/{id}": .audited("robot.remove"),
        "POST /api/v1/robots/enrolments": .audited("robot.create_enrolment"),
        "DELETE /api/v1/robots/enrolments/{id}": .audited("robot.revoke_enrolment"),
        "POST /api/v1/enrol": .audited("robot.enrol"),
        "POST /api/v1/robots/{id}/certificate": .audited("robot.renew_certificate"),
        "POST /api/v1/robots/{id}/certificates/{serial}/revoke": .audited("robot.revoke_certificate"),
        "POST /api/v1/ca/rotate": .audited("ca.rotate"),
        // The protocol.
        "POST /api/v1/robots/{id}/heartbeat": .unaudited,
        "POST /api/v1/robots/{id}/logs": .unaudited,
        "POST /api/v1/robots/{id}/sessions": .unaudited,
        "DELETE /api/v1/sessions/{session}": .unaudited,
        "POST /api/v1/sessions/{session}/lease": .unaudited,
        "POST /api/v1/sessions/{session}/renew": .unaudited,
        "POST /api/v1/sessions/{session}/news": .unaudited,
        "POST /api/v1/sessions/{session}/watches": .unaudited,
        "POST /api/v1/sessions/{session}/watches/{id}": .unaudited,
        "POST /api/v1/jobs/{id}/children": .unaudited,
        "POST /api/v1/jobs/{id}/checkpoint": .unaudited,
        "POST /api/v1/jobs/{id}/complete": .unaudited,
        "POST /api/v1/jobs/{id}/fail": .unaudited,
        "POST /api/v1/jobs/{id}/block": .unaudited,
        "POST /api/v1/jobs/{id}/release": .unaudited,
        "POST /api/v1/jobs/{id}/logs": .unaudited,
        // An entry for each secret is written by the store, with the lease.
        "POST /api/v1/jobs/{id}/secrets": .auditedByStore(SecretStore.useAction),
    ]

    /// What only reads and takes a body to say what, and deliveries to hooks, which have a list of their own.
    private static let unchanging: [String: AuditRule] = [
        "POST /api/v1/auth/can-i": .unaudited,
        "POST /api/v1/workflows/validate": .unaudited,
        "POST /api/v1/schedules/simulate": .unaudited,
        "POST /api/v1/operations/preview": .unaudited,
        "POST /api/v1/triggers/{name}/test": .unaudited,
        "POST /hooks/{id}": .unaudited,
        "PUT /hooks/{id}": .unaudited,
        "PATCH /hooks/{id}": .unaudited,
        "DELETE /hooks/{id}": .unaudited,
    ]
}
