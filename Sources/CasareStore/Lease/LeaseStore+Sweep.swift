package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// A job and whose it is, for what works across tenants.
package struct TenantJob: Hashable, Sendable {
    package let tenant: Tenant.ID
    package let job: Job.ID

    package init(tenant: Tenant.ID, job: Job.ID) {
        self.tenant = tenant
        self.job = job
    }
}

/// What a run of a background loop did. One job that cannot be dealt with does not keep it from the others.
package struct SweepReport: Sendable {
    /// Sessions whose connection was found gone: they end when they are not taken up again within
    /// `LeaseStore.lostSessionGrace`, if another sweep is there to see it.
    package internal(set) var sessionsLost = 0
    package internal(set) var sessionsEnded = 0
    /// Jobs that are ready again: ring the bell of their tenants.
    package internal(set) var requeued: [TenantJob] = []
    package internal(set) var deadLettered: [TenantJob] = []
    /// Leases that were taken back, by the queue that they were of.
    package internal(set) var leasesEnded: [String: Int] = [:]
    package internal(set) var failures: [(job: TenantJob, error: any Error)] = []

    package init() {}
}

extension LeaseStore {
    private static let pageSize = 1000

    /// Ends dead sessions and deals with the jobs that they held: back into the queue, or to the dead letters when
    /// their robots keep dying. Each job is a transaction of its own.
    ///
    /// Call within `Database.asRescuer`, not in a transaction. It may run in many processes at once.
    ///
    /// - Parameter startGrace: counts only by the server's own clock, without `now`.
    package static func sweep(
        now: Date? = nil, startGrace: Duration = LeaseStore.serverStartGrace, on connection: isolated PostgresConnection
    ) throws -> SweepReport {
        var report = SweepReport()
        let changed = try connection.execute(
            SweepQueries.noteLostSessions, ["class": .int4(self.sessionLockClass), "now": .timestamp(now)])
        report.sessionsLost = try changed.filter { try $0.optionalDate("lost_at") != nil }.count
        report.sessionsEnded =
            try connection.execute(
                SweepQueries.endDeadSessions,
                [
                    "grace_seconds": .double(self.lostSessionGrace.seconds),
                    "start_grace_seconds": .double(startGrace.seconds), "now": .timestamp(now),
                ]
            ).count
        var last = Job.ID.first
        while true {
            let page = try connection.execute(
                SweepQueries.orphanedLeases, ["after": .uuid(last.rawValue), "limit": .int(self.pageSize)])
            for row in page {
                let orphan = try TenantJob(row: row)
                let lease = Lease(job: orphan.job, token: .init(rawValue: try row.int64("token")))
                last = orphan.job
                let ending = try self.itemResult {
                    try self.endOrphan(lease, of: orphan.tenant, now: now, on: connection)
                }
                switch ending {
                case .success(.requeued): report.requeued.append(orphan)
                case .success(.deadLettered): report.deadLettered.append(orphan)
                case .success(.gone): continue
                case .failure(let error):
                    report.failures.append((orphan, error))
                    continue
                }
                report.leasesEnded[try row.optionalString("queue") ?? "", default: 0] += 1
            }
            guard page.count == self.pageSize else { return report }
        }
    }

    private enum OrphanEnding {
        case requeued, deadLettered
        /// Somebody else was faster.
        case gone
    }

    private static func endOrphan(
        _ lease: Lease, of tenant: Tenant.ID, now: Date?, on connection: isolated PostgresConnection
    ) throws -> OrphanEnding {
        try connection.transaction { connection in
            try connection.execute(SettingQueries.tenant, ["tenant": .text(tenant.description)])
            return try self.crash(lease, self.lostMessage, now: now, on: connection)
        }
    }

    static let lostMessage = "The robot was lost while it ran the job."
    static let unclaimedMessage = "The robot did not report how the job ended."

    static func crashLoop(_ crashes: Int, last message: String) -> Failure {
        Failure(
            kind: .crashLoop,
            message: "Its attempts broke off \(crashes) times in a row before the job got any further. The last: "
                + message,
            type: "CrashLoop")
    }

    /// Ends an attempt of which nobody will say any more how it went: the job goes back into the queue, or to the
    /// dead letters when that keeps happening. Call within `Database.asTenant`, or with the tenant set.
    private static func crash(
        _ lease: Lease, _ message: String, now: Date?, on connection: isolated PostgresConnection
    ) throws -> OrphanEnding {
        guard let attempt = try self.failing(lease, on: connection) else { return .gone }
        let hasJournaled = try connection.execute(
            EndingQueries.hasJournaled, ["job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue)]
        ).only().bool("has_journaled")
        let crashes = hasJournaled ? 0 : attempt.crashes + 1
        guard crashes < self.crashesMax else {
            let failure = self.crashLoop(crashes, last: message)
            try self.openDeadLetter(lease, failure: failure, result: nil, crashed: true, now: now, on: connection)
            return .deadLettered
        }
        try connection.execute(
            EndingQueries.requeueCrashed,
            [
                "job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue),
                "crashes": .int(crashes), "kind": .text(Failure.Kind.crashLoop.rawValue), "type": "RobotLost",
                "message": .text(message), "now": .timestamp(now),
            ])
        return .requeued
    }

    /// A lease that a session has had for this long and its robot does not name is taken from it: a younger one may
    /// just be on its way.
    static let unclaimedAfter = Duration.seconds(60)

    /// With one renewal in so many the leases of a session are looked through for such as its robot does not name: that
    /// reads all leases that there are.
    package static let renewalsPerLook = 3

    /// Takes from a session the leases that its robot does not know of: the answer that told of them was lost, or how
    /// the job ended could not be stored. That counts as a crash, so that a job of which it is always so does not run
    /// for ever.
    ///
    /// Call within `Database.asTenant`, in another transaction than the renewal, which must not fail with it. One lease
    /// that cannot be taken does not keep it from the others.
    ///
    /// - Parameter held: what the robot says it holds.
    package static func takeUnclaimed(
        of session: Robot.SessionID, held: [Lease], now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> UnclaimedReport {
        // The answer to the renewal waits for this.
        try connection.script("SET LOCAL lock_timeout = '200ms'")
        let unclaimed = try connection.execute(
            OwnershipQueries.unclaimed,
            [
                "session": .int8(session.rawValue), "jobs": .uuidArray(held.map(\.job.rawValue)),
                "seconds": .double(self.unclaimedAfter.seconds), "now": .timestamp(now),
            ])
        var report = UnclaimedReport()
        for row in unclaimed {
            let lease = Lease(
                job: Job.ID(rawValue: try row.uuid("job_id")), token: .init(rawValue: try row.int64("token")))
            let ending = try self.itemResult {
                try connection.savepoint { connection in
                    try self.crash(lease, self.unclaimedMessage, now: now, on: connection)
                }
            }
            switch ending {
            case .success(.requeued), .success(.deadLettered): report.taken.insert(lease.job)
            case .success(.gone): break
            case .failure(let error): report.failures.append((lease.job, error))
            }
        }
        return report
    }

    /// Moves jobs that have become due to the queue; in one statement, or one by one when that fails.
    ///
    /// Call within `Database.asSystem`, not in a transaction. It may run in many processes at once.
    package static func promoteDue(
        limit: Int = 1000, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> PromotionReport {
        var report = PromotionReport()
        let batch = try self.itemResult {
            try connection.execute(SweepQueries.promoteDue, ["limit": .int(limit), "now": .timestamp(now)])
        }
        switch batch {
        case .success(let queues):
            for queue in queues {
                report.promoted += try queue.int("jobs")
                report.tenants.insert(Tenant.ID(rawValue: try queue.decode("tenant_id")))
                if try queue.bool("is_full") { report.isPartial = true }
            }
            return report
        case .failure(let error):
            // Somebody has locked what it needs: that would take as long for each.
            if (error as? PostgresError)?.sqlState == .lockNotAvailable { throw error }
            // The errors of its rows come out one by one.
            return try self.promoteOneByOne(now: now, on: connection)
        }
    }

    private static func promoteOneByOne(
        now: Date?, on connection: isolated PostgresConnection
    ) throws -> PromotionReport {
        var report = PromotionReport()
        var last = TenantJob(tenant: .init(rawValue: 0), job: .first)
        while true {
            let page = try connection.execute(
                SweepQueries.dueJobs,
                [
                    "after_tenant": .int4(last.tenant.rawValue), "after_job": .uuid(last.job.rawValue),
                    "limit": .int(self.pageSize), "now": .timestamp(now),
                ])
            for row in page {
                let due = try TenantJob(row: row)
                last = due
                switch try self.itemResult({ try self.promote(due, now: now, on: connection) }) {
                case .success(true):
                    report.promoted += 1
                    report.tenants.insert(due.tenant)
                case .success(false): break  // Somebody else was faster.
                case .failure(let error): report.failures.append((due, error))
                }
            }
            guard page.count == self.pageSize else { return report }
        }
    }

    /// Creates the partitions of the coming weeks.
    ///
    /// Call within `Database.asSystem`. It may run in many processes at once.
    ///
    /// - Returns: how many partitions are new.
    @discardableResult
    package static func maintainPartitions(
        weeks: Int = 4, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Int {
        try connection.execute(
            SweepQueries.createPartitions, ["weeks": .int(weeks), "now": .timestamp(now)]
        ).only().int("created")
    }

    private static func promote(
        _ due: TenantJob, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Bool {
        let promoted = try connection.execute(
            SweepQueries.promote,
            [
                "tenant": .int4(due.tenant.rawValue), "job": .uuid(due.job.rawValue), "now": .timestamp(now),
            ])
        return !promoted.isEmpty
    }

    /// Does something with one job, and turns an error that is about this job into a value. What is wrong with the
    /// connection, and a cancelled task, concern the whole loop and are thrown.
    static func itemResult<Success>(_ body: () throws -> Success) throws -> Result<Success, any Error> {
        do {
            return .success(try body())
        } catch let error as StoreError {
            return .failure(error)
        } catch let error as PostgresError {
            switch error {
            case .server, .decoding, .misuse: return .failure(error)
            case .connection, .timedOut, .cancelled, .poolExhausted, .poolClosed: throw error
            }
        }
    }
}

/// What became of the leases that a robot does not know of.
package struct UnclaimedReport: Sendable {
    /// Jobs whose leases were taken from the robot: tell who waits for them, and ring the tenant's bell.
    package internal(set) var taken: Set<Job.ID> = []
    /// Left to a later renewal.
    package internal(set) var failures: [(job: Job.ID, error: any Error)] = []

    package init() {}
}

package struct PromotionReport: Sendable {
    package internal(set) var promoted = 0
    /// Whose jobs they are: ring their bells.
    package internal(set) var tenants: Set<Tenant.ID> = []
    /// A queue may have more jobs that are due: do it again at once.
    package internal(set) var isPartial = false
    package internal(set) var failures: [(job: TenantJob, error: any Error)] = []

    package init() {}
}

extension TenantJob {
    init(row: Row) throws(PostgresError) {
        self.init(
            tenant: Tenant.ID(rawValue: try row.decode("tenant_id")), job: Job.ID(rawValue: try row.uuid("job_id")))
    }
}
