package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What is not kept any more goes from the chain's beginning, and an anchor takes its place: from there on the rest is
/// proven as before.
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
        days: Int, of tenant: Tenant.ID, key: AuditSigningKey?, limit: Int = Self.removedAtOnceMax, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> (removed: Int, anchor: AuditAnchor)? {
        try connection.transaction { connection in
            let head = try Self.holdHead(of: tenant, anchorSeconds: 0, on: connection)
            let links = try connection.execute(
                AuditChainQueries.oldest,
                [
                    "tenant": .int4(tenant.rawValue), "after": .int8(head.base.number),
                    "before": .int8(head.place.number), "days": .int(days), "now": .timestamp(now),
                    "limit": .int(limit),
                ])
            // No later one goes before one that stays, and what is not whole stays to be found.
            var base = head.base
            var entries: [Int64] = []
            for row in links {
                guard try row.bool("is_old") else { break }
                let place = try AuditPlace(row: row)
                guard place.number == base.number + 1 else { break }
                entries.append(place.entry)
                base = place
            }
            guard !entries.isEmpty else { return nil }
            let anchored = head.anchoredNumber
            let anchor = try Self.anchor(base, of: tenant, .retention, key, on: connection)
            if anchored > base.number {
                // The last one that was regular counts on.
                try connection.execute(
                    AuditChainQueries.anchored, ["tenant": .int4(tenant.rawValue), "number": .int8(anchored)])
            }
            try connection.execute(
                AuditChainQueries.removeEntries,
                ["tenant": .int4(tenant.rawValue), "entries": .int8Array(entries)])
            try connection.execute(
                AuditChainQueries.removeLinks, ["tenant": .int4(tenant.rawValue), "number": .int8(base.number)])
            try connection.execute(
                AuditChainQueries.moveBase,
                [
                    "tenant": .int4(tenant.rawValue), "number": .int8(base.number), "entry": .int8(base.entry),
                    "hash": .bytes(base.hash.bytes),
                ])
            return (entries.count, anchor)
        }
    }
}
