package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension DeadLetterStore {
    /// How many letters of replays a round looks at, in pages of `settlePageSize`.
    private static let settlePagesMax = 20
    private static let settlePageSize = 1000

    /// What a round of `settle` did.
    package struct Settled: Hashable, Sendable {
        package internal(set) var settled = 0
        /// Where the next round goes on; `nil`: from the beginning, all were looked at.
        package internal(set) var next: Job.ID?

        package init() {}
    }

    /// Notes in letters that their replays have ended, and resolves those whose replays have completed.
    ///
    /// Call within `Database.asSystem`. It may run in many processes at once.
    ///
    /// - Parameter place: where the round before ended.
    package static func settle(
        after place: Job.ID? = nil, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Settled {
        var report = Settled()
        report.next = place ?? .first
        for _ in 0..<self.settlePagesMax {
            guard let after = report.next else { break }
            let page = try connection.execute(
                DeadLetterUpkeepQueries.settle,
                [
                    "after": .uuid(after.rawValue), "limit": .int(self.settlePageSize),
                    "by": .text(DeadLetter.ownActor), "now": .timestamp(now),
                ]
            ).only()
            report.settled += try page.int("settled")
            let isFull = try page.int("looked") >= self.settlePageSize
            report.next = isFull ? try page.optionalUUID("last").map(Job.ID.init(rawValue:)) : nil
        }
        return report
    }

    /// How long letters are kept, and how many.
    package struct Keeping: Hashable, Sendable {
        /// So long after a letter was dealt with it goes; `nil`: never. Those that wait for somebody never go by age.
        package let days: Int?
        /// Of one tenant. Beyond that the oldest go, those first that were dealt with.
        package let lettersMax: Int

        package static let daysDefault = 90
        package static let lettersMaxDefault = 2_000_000

        package init(days: Int? = Keeping.daysDefault, lettersMax: Int = Keeping.lettersMaxDefault) {
            self.days = days
            self.lettersMax = lettersMax
        }
    }

    /// Letters that nobody had dealt with, and that went as there were too many.
    package struct Dropped: Hashable, Sendable {
        package let tenant: Tenant.ID
        package let count: Int
        package let firstOpenedAt: Date
        package let lastOpenedAt: Date
    }

    package struct Kept: Hashable, Sendable {
        /// Letters that went, whatever for.
        package internal(set) var gone = 0
        package internal(set) var dropped: [Dropped] = []
        /// There is more to do at once.
        package internal(set) var isPartial = false

        package init() {}
    }

    /// A step of `keep` removes no more letters at a time.
    package static let removedMax = 1000

    /// Removes letters: those whose purge is final, those that were dealt with long ago, and what is too much. Letters
    /// that nobody has dealt with go last, and an action of the tenant says how many did.
    ///
    /// Call within `Database.asSystem`, not in a transaction. It may run in many processes at once.
    ///
    /// - Parameter batch: for tests.
    package static func keep(
        _ policy: Keeping, batch: Int = DeadLetterStore.removedMax, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Kept {
        var kept = Kept()
        func remove(_ query: Query, _ parameters: KeyValuePairs<String, PostgresValue>) throws -> Int {
            let rows = try connection.execute(query, parameters).affectedRows
            kept.gone += rows
            if rows >= batch { kept.isPartial = true }
            return rows
        }
        _ = try remove(DeadLetterUpkeepQueries.deletePurged, ["limit": .int(batch), "now": .timestamp(now)])
        for row in try connection.execute(DeadLetterUpkeepQueries.tenants) {
            let tenant = Tenant.ID(rawValue: try row.decode("tenant_id"))
            if let days = policy.days {
                for query in [DeadLetterUpkeepQueries.deleteResolved, DeadLetterUpkeepQueries.deleteReplayed] {
                    _ = try remove(
                        query,
                        [
                            "tenant": .int4(tenant.rawValue), "days": .int(days), "limit": .int(batch),
                            "now": .timestamp(now),
                        ])
                }
            }
            let found = try connection.execute(
                DeadLetterUpkeepQueries.excess,
                ["tenant": .int4(tenant.rawValue), "kept": .int(policy.lettersMax), "limit": .int(batch)]
            ).only().int("letters")
            var excess = found
            for query in [DeadLetterUpkeepQueries.deleteResolved, DeadLetterUpkeepQueries.deleteReplayed]
            where excess > 0 {
                excess -= try remove(
                    query,
                    [
                        "tenant": .int4(tenant.rawValue), "days": .null, "limit": .int(excess), "now": .timestamp(now),
                    ])
            }
            if excess > 0 {
                excess -= try remove(
                    DeadLetterUpkeepQueries.deleteAcknowledged,
                    ["tenant": .int4(tenant.rawValue), "limit": .int(excess)])
            }
            if excess > 0, let dropped = try self.dropOpen(excess, of: tenant, now: now, on: connection) {
                excess -= dropped.count
                kept.gone += dropped.count
                kept.dropped.append(dropped)
            }
            // Letters of replays that go on stay, however many; to come again at once for them would never end.
            if found >= batch, excess < found { kept.isPartial = true }
        }
        return kept
    }

    private static func dropOpen(
        _ count: Int, of tenant: Tenant.ID, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Dropped? {
        try connection.transaction { connection in
            try connection.execute(SettingQueries.tenant, ["tenant": .text(tenant.description)])
            let row = try connection.execute(
                DeadLetterUpkeepQueries.deleteOpen, ["tenant": .int4(tenant.rawValue), "limit": .int(count)]
            ).only()
            guard let first = try row.optionalDate("first_opened_at"), let last = try row.optionalDate("last_opened_at")
            else { return nil }
            let dropped = Dropped(
                tenant: tenant, count: try row.int("letters"), firstOpenedAt: first, lastOpenedAt: last)
            try ControlLog.record(
                "dead_letter.dropped", of: "dead letters", by: DeadLetter.ownActor,
                reason: "there were more than CASARE_DEAD_LETTERS_MAX of them",
                detail: [
                    "count": .int(dropped.count), "first_opened_at": .string(first.formatted(.iso8601)),
                    "last_opened_at": .string(last.formatted(.iso8601)),
                ], now: now, on: connection)
            return dropped
        }
    }
}
