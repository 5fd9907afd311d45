package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Checks tenants' chains again and again, part by part, and keeps what that comes to.
///
/// Where a pass has got to is in the database: whoever comes after a process that was killed goes on there, and of
/// several that do the same part one moves on. A pass ends with the chain, or with the first thing that is wrong. Each
/// anchor that is signed must be signed with the key that it names: which key is the right one somebody else has to say
/// (`casarectl audit verify --public-key`).
package struct ChainCheck: Sendable {
    /// From the end of one pass over a chain until the next one begins.
    package static let pause = Duration.seconds(86_400)
    /// Tenants whose chains one round looks at.
    package static let tenantsAtOnceMax = 20

    /// What one part came to.
    package enum Step: Hashable, Sendable {
        /// Somebody else has done it.
        case nothing
        /// There is more.
        case goesOn
        /// The chain is whole.
        case whole
        case broken(AuditFault)
    }

    private let database: Database
    private let limit: Int

    /// - Parameter limit: links that are checked in one part.
    package init(_ database: Database, limit: Int = AuditChain.checkedAtOnceMax) {
        self.database = database
        self.limit = limit
    }

    /// Tenants whose chains are to be looked at: those first that have waited longest. One that is being taken away is
    /// left alone.
    package func due(now: Date? = nil) async throws -> [Tenant.ID] {
        try await self.database.asSystem { connection in
            try connection.execute(
                ChainCheckQueries.due, ["limit": .int(Self.tenantsAtOnceMax), "now": .timestamp(now)]
            ).map { Tenant.ID(rawValue: try $0.decode("tenant_id")) }
        }
    }

    /// Checks the next part of a tenant's chain.
    ///
    /// - Throws: `StoreError`, `PostgresError`: nothing is kept then, and the part comes again.
    package func step(of tenant: Tenant.ID, now: Date? = nil) async throws -> Step {
        let start = try await self.database.asSystem { connection -> AuditPlace? in
            try connection.execute(
                ChainCheckQueries.begin, ["tenant": .int4(tenant.rawValue), "now": .timestamp(now)])
            let row = try connection.execute(ChainCheckQueries.place, ["tenant": .int4(tenant.rawValue)]).only()
            guard try row.optionalInt64("number") != nil else { return nil }
            return try AuditPlace(row: row)
        }
        let limit = self.limit
        let check = try await self.database.asTenant(tenant, mode: .snapshot) { connection in
            try AuditChain.check(after: start, limit: limit, of: tenant, on: connection)
        }
        let isOver = check.isEnd || check.fault != nil
        let next: AuditPlace? = isOver ? nil : check.place
        let hasMoved = try await self.database.asSystem { connection in
            try connection.execute(
                ChainCheckQueries.move,
                [
                    "tenant": .int4(tenant.rawValue), "number_before": .int8(start?.number),
                    "number": .int8(next?.number), "entry": .int8(next?.entry), "hash": .bytes(next?.hash.bytes),
                    "is_over": .bool(isOver), "fault": .text(check.fault?.kind.rawValue),
                    "fault_number": .int8(check.fault?.number), "pause_seconds": .double(Self.pause.seconds),
                    "now": .timestamp(now),
                ]
            ).first != nil
        }
        guard hasMoved else { return .nothing }
        if let fault = check.fault { return .broken(fault) }
        return isOver ? .whole : .goesOn
    }

    // MARK: - Metrics

    /// How the audit logs of all tenants stand. Times are Unix times by the database's clock.
    package struct Standing: Hashable, Sendable {
        /// When a whole chain was last checked, of the tenant for which that is longest ago, or since when it waits for
        /// that; `nil`: there is no chain.
        package let verifiedSeconds: Double?
        /// Tenants in whose chain something is wrong.
        package let broken: Int
        /// `nil`: there is no anchor.
        package let anchoredSeconds: Double?
        /// The age of the oldest entry that is in no chain; 0: there is none.
        package let unlinkedSeconds: Double
        /// The same of the oldest that no anchor covers.
        package let unanchoredSeconds: Double
    }

    /// Call within `Database.asSystem`.
    package static func standing(
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Standing {
        let row = try connection.execute(ChainCheckQueries.standing, ["now": .timestamp(now)]).only()
        return Standing(
            verifiedSeconds: try row.optionalDouble("verified_seconds"), broken: try row.int("broken"),
            anchoredSeconds: try row.optionalDouble("anchored_seconds"),
            unlinkedSeconds: try row.double("unlinked_seconds"),
            unanchoredSeconds: try row.double("unanchored_seconds"))
    }
}
