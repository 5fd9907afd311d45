import CasareDomain
import CasareStore
import Logging

extension BackgroundLoop {
    /// Tenants that are measured in one round.
    private static let measuredAtOnceMax = 10
    private static let expiredApprovalsMax = 100

    /// Takes the data of deleted tenants away, batch by batch, and measures what others store that have a bound of it.
    static func tenants(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(
            name: "tenants", interval: .seconds(30), board: services.loops, logger: logger,
            alarm: services.tenantAlarm
        ) {
            if let removal = try await services.database.inSystem({ try TenantStore.removeNext(on: $0) }) {
                services.tenantGate.forget()
                if removal.isOver {
                    logger.notice("Took a tenant's data away", metadata: ["tenant.id": "\(removal.tenant)"])
                }
                return true
            }
            let unmeasured = try await services.database.asSystem { connection in
                try QuotaStore.unmeasured(limit: Self.measuredAtOnceMax, on: connection)
            }
            var failures: [any Error] = []
            for tenant in unmeasured {
                do {
                    let bytes = try await services.database.asTenant(tenant) { try QuotaStore.storedBytes(on: $0) }
                    try await services.database.asSystem { try QuotaStore.measured(bytes, of: tenant, on: $0) }
                } catch {
                    if Task.isCancelled { throw error }
                    failures.append(error)
                }
            }
            try PartialFailure.check(failures)
            return unmeasured.count >= Self.measuredAtOnceMax
        }
    }

    /// Ends what nobody has agreed to in time.
    static func approvals(_ services: Services, logger: Logger) -> BackgroundLoop {
        BackgroundLoop(name: "approvals", interval: .seconds(30), board: services.loops, logger: logger) {
            let expired = try await services.database.inSystem { connection in
                try ApprovalStore.expire(limit: Self.expiredApprovalsMax, on: connection)
            }
            var failures: [any Error] = []
            for approval in expired {
                do {
                    try await services.database.asTenant(approval.tenant) { connection in
                        try ApprovalStore.cancel(approval, on: connection)
                    }
                } catch {
                    if Task.isCancelled { throw error }
                    failures.append(error)
                }
            }
            try PartialFailure.check(failures)
            return expired.count >= Self.expiredApprovalsMax
        }
    }
}
