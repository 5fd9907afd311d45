import CasareDomain
import CasareStore
import CasareWire
import Logging

enum TenantRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/tenant/policy", .needs(.read), "What the caller's tenant says about the safety rules.", Self.policy
        ),
        .patch(
            "/api/v1/tenant/policy", .needs(.administer),
            "Set safety rules of the caller's tenant, or with null leave them to the robots again. It holds for jobs "
                + "that are leased from then on.",
            Self.changePolicy),
    ]

    private static func policy(_ request: APIRequest) async throws -> PolicyInfo {
        try await request.inTenant { connection in PolicyInfo(try PolicyStore.get(on: connection)) }
    }

    private static func changePolicy(_ request: APIRequest, _ body: ChangePolicyRequest) async throws -> PolicyInfo {
        let policy = try await request.inTenant { connection in
            PolicyInfo(try PolicyStore.change(by: request.actor, on: connection) { body.apply(to: &$0) })
        }
        request.logger.notice(
            "Changed the tenant's policy",
            metadata: ["tenant.id": "\(request.principal.tenant)", "actor": "\(request.actor)"])
        return policy
    }
}

extension PolicyInfo {
    init(_ stored: StoredPolicy) {
        self.init(policy: stored.policy, changedAt: stored.changedAt, changedBy: stored.changedBy)
    }
}
