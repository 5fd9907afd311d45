import CasareDomain
package import CasarePostgres
import Crypto
package import FoundationEssentials

/// Jobs as people see them: submitted, looked at, cancelled, tried anew. Call within `Database.asTenant`.
package enum JobStore {
    package static let jobsPerSubmitMax = 10_000
    /// How long an idempotency key stands for its first job.
    package static let idempotencyWindow: Duration = .seconds(86_400)

    /// Stores all of the jobs or none, and makes those that are due ready. One statement, and another one before it
    /// when jobs have idempotency keys. Ring the ready bell after the commit.
    ///
    /// - Returns: one entry for each job, in the same order.
    package static func submit(
        _ jobs: [NewJob], by submitter: String, idempotencyWindow: Duration = JobStore.idempotencyWindow,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [SubmittedJob] {
        guard jobs.count <= self.jobsPerSubmitMax else {
            throw StoreError.tooManyJobs(jobs.count, max: self.jobsPerSubmitMax)
        }
        let holders = try self.takeKeys(of: jobs, window: idempotencyWindow, now: now, on: connection)
        var submitted: [SubmittedJob] = []
        var fresh: [NewJob] = []
        for job in jobs {
            let holder = job.idempotency.flatMap { holders[$0.key] } ?? job.id
            if holder == job.id { fresh.append(job) }
            submitted.append(SubmittedJob(id: holder, isDuplicate: holder != job.id))
        }
        try self.store(fresh, by: submitter, now: now, on: connection)
        return submitted
    }

    /// The job that each key stands for from now on.
    private static func takeKeys(
        of jobs: [NewJob], window: Duration, now: Date?, on connection: isolated PostgresConnection
    ) throws -> [String: Job.ID] {
        var asked: [String: (job: Job.ID, hash: String)] = [:]
        for job in jobs {
            guard let idempotency = job.idempotency else { continue }
            let hash = SHA256.hash(data: Array(idempotency.request.utf8)).hex
            if let earlier = asked[idempotency.key] {
                guard earlier.hash == hash else { throw StoreError.idempotencyConflict(key: idempotency.key) }
            } else {
                asked[idempotency.key] = (job.id, hash)
            }
        }
        guard !asked.isEmpty else { return [:] }
        let entries = Array(asked)
        let rows = try connection.execute(
            SubmitQueries.takeKeys,
            [
                "keys": .textArray(entries.map(\.key)), "jobs": .uuidArray(entries.map(\.value.job.rawValue)),
                "hashes": .textArray(entries.map(\.value.hash)), "window_seconds": .double(window.seconds),
                "now": .timestamp(now),
            ])
        var holders: [String: Job.ID] = [:]
        for row in rows {
            let key = try row.string("key")
            guard try row.string("request_hash") == asked[key]?.hash else {
                throw StoreError.idempotencyConflict(key: key)
            }
            holders[key] = Job.ID(rawValue: try row.uuid("job_id"))
        }
        return holders
    }

    private static func store(
        _ jobs: [NewJob], by submitter: String, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        guard !jobs.isEmpty else { return }
        // Jobs of one call mostly share their options.
        var optionsTexts: [Job.Options: String] = [:]
        for job in jobs where optionsTexts[job.options] == nil {
            optionsTexts[job.options] = try StoredJSON.text(of: job.options)
        }
        let stored = try connection.execute(
            SubmitQueries.submit,
            [
                "jobs": .uuidArray(jobs.map(\.id.rawValue)), "workflows": .uuidArray(jobs.map(\.workflow.rawValue)),
                "versions": .int4Array(jobs.map { Int32(clamping: $0.workflowVersion) }),
                "environments": .textArray(jobs.map(\.environment.storable)),
                "priorities": .int2Array(jobs.map { Int16($0.priority.rawValue) }),
                "variables": .textArray(jobs.map { StoredJSON.text(of: $0.variables) }),
                "options": .textArray(jobs.map { optionsTexts[$0.options] }),
                "keys": .textArray(jobs.map(\.idempotency?.key)), "delays": .doubleArray(jobs.map(\.due.delaySeconds)),
                "run_at": .timestampArray(jobs.map(\.due.date)), "by": .text(submitter.storable),
                "now": .timestamp(now),
            ]
        ).only().int("stored")
        guard stored == jobs.count else {
            let missing = try connection.execute(
                SubmitQueries.missingVersion,
                [
                    "workflows": .uuidArray(jobs.map(\.workflow.rawValue)),
                    "versions": .int4Array(jobs.map { Int32(clamping: $0.workflowVersion) }),
                ])
            guard let row = missing.first else { throw StoreError.unreadable("a submit stored too few jobs") }
            throw StoreError.notFound(
                .workflowVersion, "\(try row.int("version")) of \(Workflow.ID(rawValue: try row.uuid("workflow_id")))")
        }
    }
}

extension NewJob.Due {
    fileprivate var delaySeconds: Double? {
        if case .after(let delay) = self { delay.seconds } else { nil }
    }

    fileprivate var date: Date? {
        if case .at(let date) = self { date } else { nil }
    }
}

extension Duration {
    var seconds: Double {
        let (seconds, attoseconds) = self.components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
