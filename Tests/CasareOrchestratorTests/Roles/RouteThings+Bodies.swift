import CasareDomain
@testable import CasareOrchestrator
import HTTPTypes

extension RouteThings {
    /// What a request has in it that would do something: all that a route must be told, and no more.
    ///
    /// - Returns: `nil` for a route that takes no body.
    func body(of route: Route) -> Value? {
        guard route.bodyType != nil else { return nil }
        let name = "\(route.method.rawValue) \(route.path)"
        return Self.bodies[name] ?? self.bodiesOfRobots[name] ?? .object([:])
    }

    private static let bodies: [String: Value] = [
        "POST /api/v1/auth/can-i": ["permission": "execution.read"],
        "POST /api/v1/tokens": ["name": "extra", "role": "viewer"],
        "POST /api/v1/roles": ["name": "extra", "permissions": ["item.read"]],
        "PATCH /api/v1/roles/{name}": ["add": ["queue.read"]],
        "PATCH /api/v1/tenant": ["display_name": "changed"],
        "PATCH /api/v1/tenant/policy": ["scripts": false],
        "POST /api/v1/tenants": ["name": "extra"],
        "PATCH /api/v1/tenants/{name}": ["display_name": "changed"],
        "PUT /api/v1/tenants/{name}/quotas": ["quotas": ["robots": 1]],
        "POST /api/v1/workflows": ["document": Self.extra],
        "POST /api/v1/workflows/validate": ["document": Self.extra],
        "PUT /api/v1/workflows/{workflow}/robots": ["robots": ["r1"]],
        "POST /api/v1/schedules": [
            "name": "extra", "spec": ["cron": ["expression": "0 3 * * *"], "workflow": "orders"],
        ],
        "PATCH /api/v1/schedules/{name}": ["spec": ["variables": ["v": "changed"]]],
        "POST /api/v1/schedules/pause": ["selection": ["name": "*"]],
        "POST /api/v1/schedules/resume": ["selection": ["name": "*"]],
        "POST /api/v1/schedules/{name}/backfills": ["from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:10:00Z"],
        "POST /api/v1/windows": ["for_seconds": 60, "schedules": ["name": "*"]],
        "PUT /api/v1/calendars/{name}": ["spec": [:]],
        "POST /api/v1/triggers": [
            "name": "extra", "spec": ["webhook": ["auth": ["kind": "github"]], "workflow": "orders"],
        ],
        "PATCH /api/v1/triggers/{name}": ["spec": ["variables": ["v": "changed"]]],
        "POST /api/v1/applied/{owner}": ["applied": [["kind": "workflow", "name": "orders"]]],
        "POST /api/v1/jobs": ["workflow": "orders"],
        "POST /api/v1/jobs/batch": ["jobs": [["workflow": "orders"]]],
        "POST /api/v1/jobs/{id}/fork": ["from_step": 0],
        "POST /api/v1/jobs/{id}/resolve": ["step": 0, "answer": "done", "reason": "seen"],
        "POST /api/v1/jobs/{id}/priority": ["priority": 9],
        "PATCH /api/v1/queues/{name}/limits": ["concurrency": 3],
        "POST /api/v1/operations": ["verb": "cancel", "selection": ["jobs": ["workflow": "orders"]]],
        "POST /api/v1/operations/preview": ["verb": "cancel", "selection": ["jobs": ["workflow": "orders"]]],
        "PUT /api/v1/selections/{name}": ["selection": ["jobs": ["workflow": "orders"]]],
        "POST /api/v1/secrets": ["name": "extra", "kind": "api_key", "fields": ["api_key": "k"]],
        "PATCH /api/v1/secrets/{name}": ["description": "changed"],
        "POST /api/v1/secrets/{name}/versions": ["fields": ["api_key": "k2"]],
        "POST /api/v1/secrets/{name}/rollback": ["version": 1],
        "POST /api/v1/secrets/{name}/reveal": ["reason": "seen"],
        "POST /api/v1/secrets/{name}/rotate": ["fields": ["api_key": "k3"]],
        "POST /api/v1/secrets/{name}/rotate/end": ["outcome": "discard"],
        "POST /api/v1/item-queues": ["name": "extra"],
        "PATCH /api/v1/item-queues/{name}": ["max_retries": 1],
        "POST /api/v1/item-queues/{name}/items": ["items": [["data": [:]]]],
        "POST /api/v1/item-queues/{name}/items/{id}/renew": ["token": 1],
        "POST /api/v1/item-queues/{name}/items/{id}/fail": ["error_type": "application", "error": "it broke"],
        "POST /api/v1/item-queues/{name}/items/{id}/postpone": ["for_seconds": 60],
        "POST /api/v1/robots": ["id": "r9"],
        "POST /api/v1/robots/{id}/certificate": ["csr": "x"],
        "POST /api/v1/enrol": ["token": "x", "csr": "x"],
    ]

    private static let extra = OrchestratorFixture.document("extra")

    /// With the lease that a robot has.
    private var bodiesOfRobots: [String: Value] {
        let token = Value.int(Int(self.lease.token.rawValue))
        let leases: Value = [["job_id": .string(self.lease.job.description), "token": token]]
        return [
            "POST /api/v1/robots/{id}/heartbeat": ["session_id": .int(Int(self.session.rawValue))],
            "POST /api/v1/robots/{id}/logs": ["stream": "0197f3a0-0000-4000-8000-000000000009", "lines": []],
            "POST /api/v1/robots/{id}/sessions": [
                "boot_id": "0197f3a0-0000-4000-8000-000000000009", "slots": 1,
            ],
            "POST /api/v1/sessions/{session}/lease": ["slots": 1],
            "POST /api/v1/sessions/{session}/renew": ["leases": leases],
            "POST /api/v1/sessions/{session}/news": ["leases": leases],
            "POST /api/v1/sessions/{session}/watches": ["holding": [], "limit": 1],
            "POST /api/v1/sessions/{session}/watches/{id}": ["revision": 1, "version": 0, "findings": []],
            "POST /api/v1/jobs/{id}/children": [
                "token": token, "step": 0, "workflow": "orders", "variables": [:],
            ],
            "POST /api/v1/jobs/{id}/checkpoint": ["token": token, "entries": []],
            "POST /api/v1/jobs/{id}/complete": ["token": token, "result": ["success": true]],
            "POST /api/v1/jobs/{id}/fail": [
                "token": token, "failure": ["kind": "business", "message": "it broke", "type": "ValueError"],
            ],
            "POST /api/v1/jobs/{id}/block": [
                "token": token, "question": ["step": 0, "node": "s", "node_type": "StartNode", "text": "Was it done?"],
            ],
            "POST /api/v1/jobs/{id}/release": ["token": token, "reason": "stopping"],
            "POST /api/v1/jobs/{id}/logs": ["token": token, "lines": []],
            "POST /api/v1/jobs/{id}/secrets": ["token": token, "references": ["db"]],
        ]
    }
}
