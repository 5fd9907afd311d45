package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// A tenant's policy as it is kept.
package struct StoredPolicy: Hashable, Sendable {
    package let policy: SafetyPolicy
    /// `nil`: nobody has changed it yet.
    package let changedAt: Date?
    /// The name of a token.
    package let changedBy: String?
}

/// The policy of the transaction's tenant. Call within `Database.asTenant`.
///
/// Robots are given it with every job that they lease, so a change holds from the next lease on.
package enum PolicyStore {
    package static func get(on connection: isolated PostgresConnection) throws -> StoredPolicy {
        try StoredPolicy(row: try self.tenant(try connection.execute(PolicyQueries.get)))
    }

    /// Changes made at the same time follow each other, and each sees the one before.
    ///
    /// A change that leaves everything as it was is none: it does not count as the newest.
    ///
    /// - Parameter by: the name of the token that asks for it.
    @discardableResult
    package static func change(
        by: String, now: Date? = nil, on connection: isolated PostgresConnection, _ body: (inout SafetyPolicy) -> Void
    ) throws -> StoredPolicy {
        let before = try StoredPolicy(row: try self.tenant(try connection.execute(PolicyQueries.hold)))
        var policy = before.policy
        body(&policy)
        guard policy != before.policy else { return before }
        let changed = try connection.execute(
            PolicyQueries.set,
            [
                "path_rules": .bool(policy[.pathRules]), "command_rules": .bool(policy[.commandRules]),
                "url_rules": .bool(policy[.urlRules]), "node_overrides": .bool(policy[.nodeOverrides]),
                "scripts": .bool(policy[.scripts]), "by": .text(by.storable), "now": .timestamp(now),
            ])
        return try StoredPolicy(row: try self.tenant(changed))
    }

    private static func tenant(_ rows: Rows) throws(StoreError) -> Row {
        guard let row = rows.first else { throw .unreadable("the tenant of this token does not exist any more") }
        return row
    }
}

extension SafetyPolicy {
    /// - Parameter row: has a column per switch.
    init(row: Row) throws {
        self.init()
        for name in Switch.allCases {
            self[name] = try row.optionalBool(name.rawValue)
        }
    }
}

extension StoredPolicy {
    fileprivate init(row: Row) throws {
        self.init(
            policy: try SafetyPolicy(row: row), changedAt: try row.optionalDate("policy_changed_at"),
            changedBy: try row.optionalString("policy_changed_by"))
    }
}
