package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// How long deliveries are kept. Call within `Database.asSystem`.
extension TriggerDeliveries {
    /// Older ones go.
    package static let daysKept = 30
    /// Of one trigger; beyond that the oldest go.
    package static let countKept = 10_000
    /// A step removes no more at a time, and looks at no more triggers.
    package static let removedMax = 1000
    private static let triggersMax = 100

    /// What a round of `keep` did.
    package struct Kept: Hashable, Sendable {
        /// Deliveries and keys that went.
        package internal(set) var gone = 0
        /// Where the next round goes on; `nil`: from the beginning, all were looked at.
        package internal(set) var next: Trigger.ID?
        /// There is more to do at once.
        package internal(set) var isPartial = false

        package init() {}
    }

    /// Removes deliveries that are old or too many, and keys that count no more.
    ///
    /// - Parameters:
    ///   - after: `next` of the round before.
    ///   - countKept: of one trigger.
    package static func keep(
        after: Trigger.ID? = nil, countKept: Int = TriggerDeliveries.countKept, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Kept {
        var kept = Kept()
        let keys = try connection.execute(
            DeliveryQueries.forgetKeys, ["limit": .int(self.removedMax), "now": .timestamp(now)]
        ).count
        kept.gone += keys
        kept.isPartial = keys == self.removedMax
        let first = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
        let triggers = try connection.execute(
            DeliveryQueries.triggers,
            ["after": .uuid(after?.rawValue ?? first), "limit": .int(self.triggersMax)])
        for row in triggers {
            let id = Trigger.ID(rawValue: try row.uuid("trigger_id"))
            let removed = try connection.execute(
                DeliveryQueries.removeDeliveries,
                [
                    "tenant": .int4(try row.decode("tenant_id", as: Int32.self)), "trigger": .uuid(id.rawValue),
                    "days": .int(self.daysKept), "kept": .int(countKept), "limit": .int(self.removedMax),
                    "now": .timestamp(now),
                ]
            ).count
            kept.gone += removed
            // The same one once more: there may be others.
            guard removed < self.removedMax else {
                kept.isPartial = true
                return kept
            }
            kept.next = id
        }
        if triggers.count < self.triggersMax { kept.next = nil } else { kept.isPartial = true }
        return kept
    }
}
