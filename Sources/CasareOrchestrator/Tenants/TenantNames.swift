import CasareDomain
import CasareStore
import Synchronization

/// What tenants are called, for the log. A name stays as long as its tenant, so each is asked for once.
final class TenantNames: Sendable {
    static let logKey = "tenant"

    /// There are rarely more tenants; the names of others are asked for each time.
    private static let keptMax = 10_000
    private static let connectionWaitMax = Duration.seconds(2)

    private let kept = Mutex([Tenant.ID.default: Tenant.defaultName])

    /// - Returns: `nil` where nobody can say: a request goes on without a name in the log.
    func name(of tenant: Tenant.ID, in database: Database) async -> String? {
        if let name = self.kept.withLock({ $0[tenant] }) { return name }
        let found = try? await database.asSystem(deadline: .now + Self.connectionWaitMax) { connection in
            try TenantStore.name(of: tenant, on: connection)
        }
        // Either nobody could be asked, or there is no such tenant.
        guard let name = found else { return nil }
        self.kept.withLock { kept in
            if kept.count < Self.keptMax { kept[tenant] = name }
        }
        return name
    }
}
