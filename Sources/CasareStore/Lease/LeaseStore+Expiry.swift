import CasareDomain
package import CasarePostgres
package import FoundationEssentials

package struct ExpiryReport: Sendable {
    /// How many deadlines were looked at.
    package internal(set) var due = 0
    package internal(set) var expired: [TenantJob] = []
    package internal(set) var failures: [(job: TenantJob, error: any Error)] = []

    package init() {}
}

extension LeaseStore {
    /// Ends jobs that nobody has begun by their deadlines; all in one statement, or one by one when that fails.
    ///
    /// Call within `Database.asSystem`, not in a transaction. It may run in many processes at once.
    package static func expireDue(
        limit: Int = 1000, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> ExpiryReport {
        var report = ExpiryReport()
        let due = try connection.execute(ExpiryQueries.due, ["limit": .int(limit), "now": .timestamp(now)])
            .map(TenantJob.init(row:))
        report.due = due.count
        guard !due.isEmpty else { return report }
        switch try self.itemResult({ try self.expire(due, now: now, on: connection) }) {
        case .success(let expired):
            report.expired = expired
        case .failure:
            for job in due {
                switch try self.itemResult({ try self.expire([job], now: now, on: connection) }) {
                case .success(let expired): report.expired += expired
                case .failure(let error): report.failures.append((job, error))
                }
            }
        }
        return report
    }

    private static func expire(
        _ jobs: [TenantJob], now: Date?, on connection: isolated PostgresConnection
    ) throws -> [TenantJob] {
        let failure = Failure.expired
        return try connection.execute(
            ExpiryQueries.expire,
            [
                "tenants": .int4Array(jobs.map(\.tenant.rawValue)), "jobs": .uuidArray(jobs.map(\.job.rawValue)),
                "type": .text(failure.type), "message": .text(failure.message),
                "fingerprint": .text(failure.fingerprint), "now": .timestamp(now),
            ]
        ).map(TenantJob.init(row:))
    }

    /// Ends a job that was leased after its deadline, unless it has been begun before. Call within
    /// `Database.asTenant`.
    ///
    /// - Returns: whether it ended by this.
    static func expire(_ lease: Lease, now: Date?, on connection: isolated PostgresConnection) throws -> Bool {
        let failure = Failure.expired
        let ended = try connection.execute(
            ExpiryQueries.expireLeased,
            [
                "job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue), "type": .text(failure.type),
                "message": .text(failure.message), "fingerprint": .text(failure.fingerprint), "now": .timestamp(now),
            ])
        return !ended.isEmpty
    }
}
