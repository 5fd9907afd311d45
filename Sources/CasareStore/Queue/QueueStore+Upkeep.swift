package import CasarePostgres
package import FoundationEssentials

extension QueueStore {
    private static let lanesRetiredMax = 1000
    private static let keysPerPage = 1000
    private static let rowsPurgedMax = 10_000

    /// Looks after the queues: notes how far `ready` has got, removes lanes that have become empty, and counts what
    /// runs in queues that have got a limit. Run it every second. A queue whose rules somebody has locked does not keep
    /// the rest from being done.
    ///
    /// Call within `Database.asSystem`. It may run in many processes at once.
    ///
    /// - Returns: whether there is more to do at once.
    package static func upkeep(now: Date? = nil, on connection: isolated PostgresConnection) throws -> Bool {
        try connection.execute(UpkeepQueries.clock, ["now": .timestamp(now)])
        let count = try LeaseStore.itemResult { try connection.execute(QueueQueries.count) }
        let gone = try connection.execute(UpkeepQueries.retireLanes, ["limit": .int(self.lanesRetiredMax)])
        _ = try count.get()
        return try gone.only().int("gone") >= self.lanesRetiredMax
    }

    /// Forgets keys that nothing needs any more, makes queues plain that have no rule any more, and sees to it that
    /// every lease under a limit counts. Run it every minute.
    ///
    /// Call within `Database.asSystem`. It may run in many processes at once.
    ///
    /// - Returns: how many queues are plain again.
    @discardableResult
    package static func settle(on connection: isolated PostgresConnection) throws -> Int {
        try connection.execute(UpkeepQueries.recountQueues)
        try connection.execute(UpkeepQueries.recountKeys)
        var last: Int? = 0
        while let after = last {
            let page = try connection.execute(
                UpkeepQueries.keysPage, ["after": .int(after), "limit": .int(self.keysPerPage)]
            ).only()
            last = try page.int("keys") < self.keysPerPage ? nil : try page.optionalInt("last")
        }
        return try connection.execute(UpkeepQueries.settle).only().int("settled")
    }

    /// What `purge` removed.
    package struct Purged: Hashable, Sendable {
        package var partitions: [String] = []
        package var rows = 0
        /// There is more to remove.
        package var isPartial = false
    }

    /// Removes what is kept of jobs so long after their week has ended: their partitions, one week at a time, and what
    /// lies beside them, in bounded batches. A week stays for as long as a job of it waits, runs or is asked about; for
    /// how long dead letters stay, `DeadLetterStore.keep` decides. Operations go so long after their end. Unique and
    /// idempotency keys and sessions that have run out go in any case.
    /// Run it every hour, and again at once for as long as it is partial.
    ///
    /// Call within `Database.asSystem`. It may run in many processes at once.
    ///
    /// - Parameter days: `nil` keeps everything that there is of jobs.
    package static func purge(
        days: Int?, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Purged {
        var purged = Purged()
        func purge(_ query: Query, _ parameters: KeyValuePairs<String, PostgresValue>) throws {
            let rows = try connection.execute(query, parameters).affectedRows
            purged.rows += rows
            if rows >= self.rowsPurgedMax { purged.isPartial = true }
        }
        try purge(UpkeepQueries.purgeClock, ["limit": .int(self.rowsPurgedMax), "now": .timestamp(now)])
        for query in [UpkeepQueries.purgeKeys, UpkeepQueries.purgeSessions] {
            try purge(query, ["limit": .int(self.rowsPurgedMax), "now": .timestamp(now)])
        }
        let tenants = try connection.execute(UpkeepQueries.tenants).map { try $0.int("tenant_id") }
        for tenant in tenants { purged.rows += try self.purgeUniqueKeys(of: tenant, now: now, on: connection) }
        guard let days else { return purged }
        purged.partitions = try connection.execute(
            UpkeepQueries.dropPartitions, ["days": .int(days), "now": .timestamp(now)]
        ).only().strings("dropped")
        if !purged.partitions.isEmpty { purged.isPartial = true }
        for tenant in tenants {
            for query in [UpkeepQueries.purgeAttempts] + OperationQueries.purging {
                try purge(
                    query,
                    [
                        "tenant": .int(tenant), "days": .int(days), "limit": .int(self.rowsPurgedMax),
                        "now": .timestamp(now),
                    ])
            }
        }
        return purged
    }

    private static func purgeUniqueKeys(
        of tenant: Int, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Int {
        var gone = 0
        var last: String? = ""
        while let after = last {
            let page = try connection.execute(
                UpkeepQueries.purgeUniqueKeys,
                [
                    "tenant": .int(tenant), "after": .text(after), "limit": .int(self.keysPerPage),
                    "now": .timestamp(now),
                ]
            ).only()
            gone += try page.int("gone")
            last = try page.int("keys") < self.keysPerPage ? nil : try page.optionalString("last")
        }
        return gone
    }

    /// Lanes whose jobs nobody would ever find. There must be none.
    static func strandedLanes(on connection: isolated PostgresConnection) throws -> Int {
        try connection.execute(UpkeepQueries.stranded).count
    }
}
