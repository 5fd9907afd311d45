package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What is not kept any more goes from the chain's beginning, and an anchor takes its place: from there on the rest is
/// proven as before. No role of ours may remove a row: a function of the database does, which looks once more whether
/// these may go.
extension AuditChainer {
    /// Entries that are removed in one transaction.
    package static let removedAtOnceMax = 5000

    /// A tenant with entries that are older than so many days.
    package struct Outlived: Hashable, Sendable {
        package let tenant: Tenant.ID
        package let days: Int
    }

    /// Tenants with entries whose time is over.
    ///
    /// - Parameter days: how long they are kept where nothing else is said of a tenant; 0: for ever.
    package static func outlived(
        days: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Outlived] {
        try connection.execute(
            AuditChainQueries.outlived,
            ["days": .int(days), "now": .timestamp(now), "limit": .int(Self.tenantsAtOnceMax)]
        ).map { Outlived(tenant: Tenant.ID(rawValue: try $0.decode("tenant_id")), days: try $0.int("days")) }
    }

    /// Removes the oldest entries of a tenant, in a transaction of its own; the last one of the chain stays.
    ///
    /// - Returns: how many, and the anchor from which the rest is proven; `nil`: none was old enough.
    package static func removeOutlived(
        days: Int, of tenant: Tenant.ID, key: AuditSigningKey?, limit: Int = Self.removedAtOnceMax,
        on connection: isolated PostgresConnection
    ) throws -> (removed: Int, anchor: AuditAnchor)? {
        try connection.transaction { connection in
            let head = try Self.holdHead(of: tenant, anchorSeconds: 0, on: connection)
            let links = try connection.execute(
                AuditChainQueries.oldest,
                [
                    "tenant": .int4(tenant.rawValue), "after": .int8(head.base.number),
                    "before": .int8(head.place.number), "days": .int(days), "limit": .int(limit),
                ])
            // No later one goes before one that stays, and what is not whole stays to be found.
            var base = head.base
            for row in links {
                guard try row.bool("is_old") else { break }
                let place = try AuditPlace(row: row)
                guard place.number == base.number + 1 else { break }
                base = place
            }
            guard base.number > head.base.number else { return nil }
            let anchor = try Self.anchor(base, of: tenant, .retention, key, on: connection)
            // It covers old entries alone, and so does not put the next regular one off.
            if base.number > head.anchoredNumber {
                try connection.execute(
                    AuditChainQueries.covered,
                    ["tenant": .int4(tenant.rawValue), "number": .int8(base.number)])
            }
            let removed = try connection.execute(
                AuditChainQueries.remove,
                ["tenant": .int4(tenant.rawValue), "number": .int8(base.number), "days": .int(days)]
            ).only().int("removed")
            return (removed, anchor)
        }
    }
}
