import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// How far the packing of journals has got in this process. What is packed is not in the way of the next pass, so
/// nothing need be known of it after a restart; the marks spare a pass the jobs that could not be packed before.
package struct PackingCursor: Sendable {
    /// The job up to which journals were looked at, by tenant.
    var marks: [Tenant.ID: Job.ID] = [:]
    var begunAt: ContinuousClock.Instant?

    package init() {}
}

/// What a pass over the journals of ended jobs did.
package struct PackingReport: Sendable {
    /// Jobs whose journals stand together now.
    package internal(set) var packed = 0
    /// There is more to look at, at once.
    package internal(set) var isPartial = false
    package internal(set) var failures: [(job: TenantJob, error: any Error)] = []

    package init() {}
}

/// Journals of jobs that have ended.
package enum JournalStore {
    /// Rows of `journal` that a pass looks at.
    static let rowsPerPage = 1000
    /// A journal with more steps or bytes stays as it is: the row that it would become would be read and written whole.
    static let stepsMax = 5000
    static let bytesMax = 16 << 20
    /// So often everything is looked at once more, for jobs that have ended since a pass came by.
    private static let lookInterval = Duration.seconds(86_400)

    /// Packs the journals of jobs that ended so long ago: each into one row, which takes a fraction of the room and is
    /// read like the rows that it is made of. A call looks at a bounded number of rows of each tenant.
    ///
    /// Call within `Database.asSystem`, not in a transaction. It may run in many processes at once. A job whose journal
    /// cannot be packed does not keep it from the others.
    package static func pack(
        endedFor age: Duration, cursor: inout PackingCursor, at instant: ContinuousClock.Instant = .now,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> PackingReport {
        if cursor.begunAt.map({ instant - $0 >= self.lookInterval }) ?? true {
            cursor.marks = [:]
            cursor.begunAt = instant
        }
        var report = PackingReport()
        for row in try connection.execute(UpkeepQueries.tenants) {
            let tenant = Tenant.ID(rawValue: try row.decode("tenant_id"))
            let page = try connection.execute(
                PackingQueries.page,
                [
                    "tenant": .int4(tenant.rawValue), "after": .uuid((cursor.marks[tenant] ?? .first).rawValue),
                    "seconds": .double(age.seconds), "limit": .int(self.rowsPerPage), "now": .timestamp(now),
                ])
            var due: [Job.ID] = []
            for known in page {
                let job = Job.ID(rawValue: try known.uuid("job_id"))
                if try known.bool("is_due") { due.append(job) }
                cursor.marks[tenant] = job
                if try known.int("rows") >= self.rowsPerPage { report.isPartial = true }
            }
            try self.pack(due, of: tenant, into: &report, on: connection)
        }
        return report
    }

    /// All of them in one statement, or each by itself when that fails: then the errors of jobs come out one by one.
    private static func pack(
        _ jobs: [Job.ID], of tenant: Tenant.ID, into report: inout PackingReport,
        on connection: isolated PostgresConnection
    ) throws {
        guard !jobs.isEmpty else { return }
        switch try LeaseStore.itemResult({ try self.packed(jobs, of: tenant, on: connection) }) {
        case .success(let count): report.packed += count
        case .failure(let error):
            // Somebody has locked what it needs: that would take as long for each. They are looked at again a day
            // later; the other tenants' do not wait for it.
            let isHeld = (error as? PostgresError)?.sqlState == .lockNotAvailable
            for job in jobs {
                if isHeld {
                    report.failures.append((TenantJob(tenant: tenant, job: job), error))
                    continue
                }
                switch try LeaseStore.itemResult({ try self.packed([job], of: tenant, on: connection) }) {
                case .success(let count): report.packed += count
                case .failure(let error):
                    report.failures.append((TenantJob(tenant: tenant, job: job), error))
                }
            }
        }
    }

    /// - Parameter jobs: in the order of their IDs.
    /// - Returns: how many were packed.
    private static func packed(
        _ jobs: [Job.ID], of tenant: Tenant.ID, on connection: isolated PostgresConnection
    ) throws -> Int {
        guard let first = jobs.first, let last = jobs.last else { return 0 }
        return try connection.execute(
            PackingQueries.pack,
            [
                "tenant": .int4(tenant.rawValue), "jobs": .uuidArray(jobs.map(\.rawValue)),
                "first": .uuid(first.rawValue),
                "last": .uuid(last.rawValue), "steps_max": .int(self.stepsMax), "bytes_max": .int(self.bytesMax),
            ]
        ).only().int("packed")
    }
}
