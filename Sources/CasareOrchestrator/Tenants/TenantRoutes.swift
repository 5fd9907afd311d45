import CasareDomain
import CasareStore
import CasareWire
import Logging

/// The caller's own tenant.
enum TenantRoutes {
    static let all: [Route] = [
        .get("/api/v1/tenant", .needs(.tenantRead), "The caller's tenant.", Self.get),
        .patch(
            "/api/v1/tenant", .needs(.tenantSettings),
            "Change what the caller's tenant says of itself. That two persons decide is taken back by two persons.",
            Self.change),
        .get(
            "/api/v1/tenant/usage", .needs(.tenantRead), "What the caller's tenant has, beside what it may have.",
            query: [.measure], Self.usage),
        .get(
            "/api/v1/tenant/policy", .needs(.tenantRead), "What the caller's tenant says about the safety rules.",
            Self.policy
        ),
        .patch(
            "/api/v1/tenant/policy", .needs(.tenantSettings),
            "Set safety rules of the caller's tenant, or with null leave them to the robots again. It holds for jobs "
                + "that are leased from then on.",
            Self.changePolicy),
    ]

    private static func get(_ request: APIRequest) async throws -> TenantInfo {
        try await request.inTenant { connection in
            TenantInfo(try TenantStore.mine(on: connection), quotas: try QuotaStore.mine(on: connection))
        }
    }

    private static func change(_ request: APIRequest, _ body: ChangeTenantRequest) async throws -> TenantInfo {
        let name = try await request.inTenant { try TenantStore.mine(on: $0) }.name
        return try await InstallationRoutes.change(name, request, body)
    }

    private static func usage(_ request: APIRequest) async throws -> UsageInfo {
        let measures = try request.flag("measure") ?? false
        return try await request.inTenant { connection in
            UsageInfo(try QuotaStore.usage(measuresStorage: measures, on: connection))
        }
    }

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

extension UsageInfo {
    init(_ usage: QuotaStore.Usage) {
        self.init(
            lines: Quota.allCases.map { quota in
                Line(quota: quota, used: usage.used[quota], limit: usage.quotas[quota])
            }, storageMeasuredAt: usage.storageMeasuredAt)
    }
}

extension Route.QueryParameter {
    static let measure = Self(
        name: "measure", schema: ["type": "boolean", "default": false],
        summary: "Read all that is stored to measure it, which may take long.")
}
