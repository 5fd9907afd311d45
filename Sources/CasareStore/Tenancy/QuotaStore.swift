package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// What tenants may have. It is checked in the transaction that adds to it, under a lock of the tenant's own: two at
/// once cannot both be the last. A tenant without quotas has no row of limits, and pays one look for it at most.
package enum QuotaStore {
    /// How old a measure of what a tenant stores may become.
    package static let measuredFor = Duration.seconds(900)

    /// Call after something new was inserted, in the same transaction, within `Database.asTenant`.
    ///
    /// - Parameter quota: one of those that are counted by their rows: `workflows`, `robots`, `schedules`, `secrets`.
    /// - Throws: `StoreError.quotaExceeded` where there are too many now; the transaction must not be committed then.
    package static func check(
        _ quota: Quota, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        guard let row = try connection.execute(QuotaQueries.lock, ["now": .timestamp(now)]).first,
            let limit = try Quotas(row: row)[quota], let count = quota.countQuery
        else { return }
        let used = try connection.execute(count).only().int64("used")
        guard used <= limit else {
            throw StoreError.quotaExceeded(QuotaExceeded(quota, limit: limit, used: used - 1, asked: 1))
        }
    }

    /// Call before jobs are stored, in the same transaction, within `Database.asTenant`.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - bytes: of what is stored of them.
    /// - Throws: `StoreError.quotaExceeded`, and `.tenantSuspended`.
    package static func checkJobs(
        _ count: Int, bytes: Int = 0, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        guard count > 0, let row = try connection.execute(QuotaQueries.lock, ["now": .timestamp(now)]).first else {
            return
        }
        if try row.bool("is_suspended") { throw StoreError.tenantSuspended }
        let quotas = try Quotas(row: row)
        let asked = Int64(count)
        let thisHour = try row.int64("jobs_this_hour")
        if let limit = quotas[.executionsPerHour], thisHour + asked > limit {
            let left = Int(try row.double("seconds_left").rounded(.up))
            throw StoreError.quotaExceeded(
                QuotaExceeded(
                    .executionsPerHour, limit: limit, used: thisHour, asked: asked, retryAfterSeconds: max(1, left)))
        }
        try self.checkBytes(bytes, quotas, row)
        var openMost = try row.optionalInt64("open_jobs_most")
        if let limit = quotas[.queuedJobs] {
            openMost = try self.openMost(openMost, adding: asked, limit: limit, on: connection)
        }
        try connection.execute(
            QuotaQueries.add,
            [
                "open_most": .int8(openMost), "hour_jobs": .int8(thisHour + asked), "bytes": .int8(Int64(bytes)),
                "now": .timestamp(now),
            ])
    }

    /// Call before something large is stored that is no job, in the same transaction, within `Database.asTenant`.
    ///
    /// - Throws: `StoreError.quotaExceeded`.
    package static func checkBytes(
        _ bytes: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        guard let row = try connection.execute(QuotaQueries.lock, ["now": .timestamp(now)]).first else { return }
        let quotas = try Quotas(row: row)
        guard quotas[.storageBytes] != nil else { return }
        try self.checkBytes(bytes, quotas, row)
        try connection.execute(QuotaQueries.addBytes, ["bytes": .int8(Int64(bytes))])
    }

    private static func checkBytes(_ bytes: Int, _ quotas: Quotas, _ row: Row) throws {
        // What was never measured is measured soon.
        guard let limit = quotas[.storageBytes], let stored = try row.optionalInt64("stored_bytes") else { return }
        guard stored + Int64(bytes) <= limit else {
            throw StoreError.quotaExceeded(
                QuotaExceeded(.storageBytes, limit: limit, used: stored, asked: Int64(bytes)))
        }
    }

    /// How many jobs are open at most, with these.
    ///
    /// Jobs are counted only when those that were made since the last count could be too many: what ends meanwhile
    /// makes them fewer, and whatever comes back to the queue was among them.
    private static func openMost(
        _ known: Int64?, adding asked: Int64, limit: Int64, on connection: isolated PostgresConnection
    ) throws -> Int64 {
        if let known, known + asked <= limit { return known + asked }
        let row = try connection.execute(QuotaQueries.openJobs, ["limit": .int8(limit + 1)]).only()
        let waiting = try row.int64("waiting")
        guard waiting + asked <= limit else {
            throw StoreError.quotaExceeded(
                QuotaExceeded(
                    .queuedJobs, limit: limit, used: waiting, asked: asked,
                    retryAfterSeconds: asked <= limit ? self.queueRetrySeconds : nil))
        }
        return try waiting + row.int64("running") + row.int64("blocked") + asked
    }

    /// Robots take jobs all the time.
    private static let queueRetrySeconds = 5

    // MARK: - Of what there is

    /// What a tenant has, beside what it may have.
    package struct Usage: Hashable, Sendable {
        package let quotas: Quotas
        /// What is not known has none: what is stored of a tenant without a bound, unless it was measured for this.
        package let used: [Quota: Int64]
        /// When what is stored was measured; what came since is added.
        package let storageMeasuredAt: Date?
        package let isSuspended: Bool
    }

    /// Counts of jobs stop here.
    package static let countMax: Int64 = 10_000_000

    /// Call within `Database.asTenant`.
    ///
    /// - Parameter measuresStorage: read all that the tenant stores, which may take long.
    package static func usage(
        measuresStorage: Bool = false, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Usage {
        let limits = try connection.execute(QuotaQueries.mine).first
        let open = try connection.execute(QuotaQueries.openJobs, ["limit": .int8(self.countMax)]).only()
        var used: [Quota: Int64] = [
            .queuedJobs: try open.int64("waiting"), .concurrency: try open.int64("running"),
            .executionsPerHour: try self.jobsThisHour(now: now, on: connection),
        ]
        for quota in Quota.allCases {
            if let query = quota.countQuery { used[quota] = try connection.execute(query).only().int64("used") }
        }
        used[.storageBytes] =
            measuresStorage ? try self.storedBytes(on: connection) : try limits?.optionalInt64("stored_bytes")
        return Usage(
            quotas: try limits.map(Quotas.init(row:)) ?? Quotas(), used: used,
            storageMeasuredAt: measuresStorage ? now ?? Date() : try limits?.optionalDate("measured_at"),
            isSuspended: try limits?.bool("is_suspended") ?? false)
    }

    /// The transaction's own tenant's. Call within `Database.asTenant`.
    package static func mine(on connection: isolated PostgresConnection) throws -> Quotas {
        try connection.execute(QuotaQueries.mine).first.map(Quotas.init(row:)) ?? Quotas()
    }

    /// How many jobs were made within this hour of the clock. Call within `Database.asTenant`.
    package static func jobsThisHour(
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Int64 {
        try connection.execute(QuotaQueries.jobsThisHour, ["now": .timestamp(now)]).only().int64("used")
    }

    /// Call within `Database.asTenant`.
    package static func storedBytes(on connection: isolated PostgresConnection) throws -> Int64 {
        try connection.execute(QuotaQueries.storedBytes).only().int64("bytes")
    }

    /// Tenants whose measure is too old, the oldest first. Call within `Database.asSystem`.
    package static func unmeasured(
        limit: Int, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [Tenant.ID] {
        try connection.execute(
            QuotaQueries.unmeasured,
            ["seconds": .double(self.measuredFor.seconds), "limit": .int(limit), "now": .timestamp(now)]
        ).map { Tenant.ID(rawValue: try $0.decode("tenant_id")) }
    }

    /// Keeps a measure. Call within `Database.asSystem`.
    package static func measured(
        _ bytes: Int64, of tenant: Tenant.ID, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            QuotaQueries.measured,
            ["tenant": .int4(tenant.rawValue), "bytes": .int8(bytes), "now": .timestamp(now)])
    }
}

extension Quota {
    /// Counts what there is of it; `nil`: it is not counted by rows.
    fileprivate var countQuery: Query? {
        switch self {
        case .workflows: QuotaQueries.workflows
        case .robots: QuotaQueries.robots
        case .schedules: QuotaQueries.schedules
        case .secrets: QuotaQueries.secrets
        case .queuedJobs, .executionsPerHour, .concurrency, .storageBytes: nil
        }
    }
}

extension Quotas {
    /// - Parameter row: has a column for each quota.
    init(row: Row) throws {
        self.init()
        for quota in Quota.allCases {
            self[quota] = try row.optionalInt64(quota.rawValue)
        }
    }
}
