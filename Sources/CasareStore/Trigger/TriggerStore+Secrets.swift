package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// The secrets of hooks and of feeds: sealed with a key that is not in the database, and two at once while one takes the other's
/// place.
extension TriggerStore {
    /// How long the one before may count beside a new one.
    package static let overlapMax = Duration.seconds(604_800)
    package static let overlapDefault = Duration.seconds(86_400)

    /// Where a secret is sealed for: it opens for no other trigger and no other tenant.
    package static func place(of trigger: Trigger.ID, in tenant: Tenant.ID) -> String {
        "casare trigger secret \(tenant) \(trigger)"
    }

    /// A new secret; the one before it counts beside it for a time.
    ///
    /// - Parameter overlap: zero: no longer, from now on; up to `overlapMax`.
    /// - Throws: `StoreError.notFound`; `.refused` for a trigger that asks for no secret.
    package static func rotate(
        _ nameOrID: String, to secret: SealingKey.Sealed, overlap: Duration, by person: String, reason: String?,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Trigger {
        let trigger = try self.taken(nameOrID, now: now, on: connection)
        guard trigger.kind == .webhook || trigger.spec.needsSecret else {
            throw StoreError.refused("trigger \(trigger.name)", why: "has no use for a secret: nothing asks for one")
        }
        let last = try connection.execute(
            TriggerQueries.lastSecret, ["trigger": .uuid(trigger.id.rawValue)]
        ).only().int("number")
        if last > 0 {
            try connection.execute(
                TriggerQueries.endSecrets,
                [
                    "trigger": .uuid(trigger.id.rawValue), "last": .int(last),
                    "overlap_seconds": .double(overlap.seconds), "now": .timestamp(now),
                ])
        }
        try self.add(secret, number: last + 1, to: trigger.id, now: now, on: connection)
        // The robot that watches takes the watch up again, with the new one.
        try connection.execute(WatchQueries.restart, ["trigger": .uuid(trigger.id.rawValue)])
        try ControlLog.record(
            "trigger.rotate", of: trigger.name, by: person, reason: reason,
            detail: ["number": .int(last + 1), "overlap_seconds": .double(overlap.seconds)], now: now, on: connection)
        return try self.get(trigger.id, now: now, on: connection)
    }

    static func add(
        _ secret: SealingKey.Sealed, number: Int, to trigger: Trigger.ID, now: Date?,
        on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            TriggerQueries.addSecret,
            [
                "trigger": .uuid(trigger.rawValue), "number": .int(number), "sealed": .bytes(secret.bytes),
                "key_id": .text(secret.keyID), "now": .timestamp(now),
            ])
    }

    /// Those that count, the newest first.
    package static func secrets(
        of trigger: Trigger.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [SealingKey.Sealed] {
        try connection.execute(
            TriggerQueries.secrets, ["trigger": .uuid(trigger.rawValue), "now": .timestamp(now)]
        ).map { row in
            SealingKey.Sealed(bytes: try row.bytes("sealed"), keyID: try row.string("key_id"))
        }
    }

    /// Whose hook it is; `nil` where there is none. Call within `Database.asSystem`.
    package static func tenant(
        of trigger: Trigger.ID, on connection: isolated PostgresConnection
    ) throws -> Tenant.ID? {
        try connection.execute(TriggerQueries.tenant, ["trigger": .uuid(trigger.rawValue)]).first.map { row in
            Tenant.ID(rawValue: try row.decode("tenant_id"))
        }
    }
}
