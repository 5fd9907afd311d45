import CasareDomain
package import CasarePostgres
import Crypto
package import FoundationEssentials

/// Jobs as people see them: submitted, looked at, cancelled, tried anew. Call within `Database.asTenant`.
package enum JobStore {
    package static let jobsPerSubmitMax = 10_000
    /// How long an idempotency key stands for its first job.
    package static let idempotencyWindow: Duration = .seconds(86_400)

    /// Stores all of the jobs or none, and makes those that are due ready. One statement, and others before it for
    /// idempotency keys, unique keys and requirements. Ring the ready bell after the commit.
    ///
    /// - Returns: one entry for each job, in the same order.
    /// - Throws: `StoreError.uniqueKeyHeld` when a key is held and the submit is to be refused then.
    package static func submit(
        _ jobs: [NewJob], by submitter: String, idempotencyWindow: Duration = JobStore.idempotencyWindow,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> [SubmittedJob] {
        guard jobs.count <= self.jobsPerSubmitMax else {
            throw StoreError.tooManyJobs(jobs.count, max: self.jobsPerSubmitMax)
        }
        let holders = try self.takeKeys(of: jobs, window: idempotencyWindow, now: now, on: connection)
        var submitted: [SubmittedJob] = []
        var fresh: [(job: NewJob, position: Int)] = []
        for (position, job) in jobs.enumerated() {
            let holder = job.idempotency.flatMap { holders[$0.key] } ?? job.id
            if holder == job.id { fresh.append((job, position)) }
            submitted.append(SubmittedJob(id: holder, found: holder == job.id ? nil : .idempotencyKey))
        }
        let isPlain = !fresh.contains { $0.job.asksForMore }
        guard !isPlain else {
            try self.store(fresh.map(\.job), by: submitter, now: now, on: connection)
            return submitted
        }
        let decided = try self.takeUniqueKeys(of: fresh.map(\.job), by: submitter, now: now, on: connection)
        for (entry, decision) in zip(fresh, decided) { submitted[entry.position] = decision.submitted }
        // A job with the idempotency key of one that became another by its unique key is that one too.
        let brought = Dictionary(
            uniqueKeysWithValues: zip(fresh, decided).filter { $0.0.job.id != $0.1.submitted.id }
                .map { ($0.0.job.id, $0.1.submitted.id) })
        for position in submitted.indices {
            guard submitted[position].found == .idempotencyKey, let other = brought[submitted[position].id] else {
                continue
            }
            submitted[position] = SubmittedJob(id: other, found: .idempotencyKey)
        }
        try self.storeAsking(
            decided.filter { $0.submitted.found == nil }.map(\.job), by: submitter, now: now, on: connection)
        return submitted
    }

    /// The job that each key stands for from now on.
    static func takeKeys(
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
            let holder = Job.ID(rawValue: try row.uuid("job_id"))
            guard try row.string("request_hash") == asked[key]?.hash else {
                throw StoreError.idempotencyConflict(key: key, job: holder)
            }
            holders[key] = holder
        }
        return holders
    }

    /// Jobs that ask for nothing but a place in their queue.
    private static func store(
        _ jobs: [NewJob], by submitter: String, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        guard !jobs.isEmpty else { return }
        let options = try self.optionsTexts(of: jobs)
        let traces = TraceCarrier.stored(jobs.map(\.trace))
        let row = try connection.execute(
            SubmitQueries.submit,
            [
                "jobs": .uuidArray(jobs.map(\.id.rawValue)), "workflows": .uuidArray(jobs.map(\.workflow.rawValue)),
                "versions": .int4Array(jobs.map { Int32(clamping: $0.workflowVersion) }),
                "environments": .textArray(jobs.map(\.environment.storable)),
                "priorities": .int2Array(jobs.map { Int16($0.priority.rawValue) }),
                "variables": .textArray(jobs.map { StoredJSON.text(of: $0.variables) }),
                "options": .textArray(options),
                "keys": .textArray(jobs.map(\.idempotency?.key)), "delays": .doubleArray(jobs.map(\.due.delaySeconds)),
                "run_at": .timestampArray(jobs.map(\.due.date)), "traces": traces.traces,
                "tracestates": traces.tracestates, "baggages": traces.baggages, "by": .text(submitter.storable),
                "now": .timestamp(now),
            ]
        ).only()
        let stored = try row.int("stored")
        if stored == 0 {
            // Workflows are assigned to robots, the tenant has quotas, or there is no such version, which is told then.
            return try self.storeAsking(jobs, by: submitter, now: now, on: connection)
        }
        try self.check(stored, jobs, on: connection)
        if let queues = try row.decode("ruled_queues", as: [Int32]?.self) {
            let priorities = Set(jobs.map { Int16($0.priority.rawValue) })
            try connection.execute(
                SubmitQueries.wake,
                [
                    "queues": .int4Array(queues), "priorities": .int2Array(priorities.sorted()),
                    "now": .timestamp(now),
                ])
        }
    }

    private static func storeAsking(
        _ jobs: [NewJob], by submitter: String, now: Date?, on connection: isolated PostgresConnection
    ) throws {
        guard !jobs.isEmpty else { return }
        // This clock is near enough for a slip; the database's decides what has expired.
        for job in jobs { try job.checkDeadline(at: now ?? Date()) }
        let options = try self.optionsTexts(of: jobs)
        let requirements = try self.requirementNumbers(of: jobs, on: connection)
        let traces = TraceCarrier.stored(jobs.map(\.trace))
        let arguments: KeyValuePairs<String, PostgresValue> = [
            "jobs": .uuidArray(jobs.map(\.id.rawValue)), "workflows": .uuidArray(jobs.map(\.workflow.rawValue)),
            "versions": .int4Array(jobs.map { Int32(clamping: $0.workflowVersion) }),
            "environments": .textArray(jobs.map(\.environment.storable)),
            "priorities": .int2Array(jobs.map { Int16($0.priority.rawValue) }),
            "variables": .textArray(jobs.map { StoredJSON.text(of: $0.variables) }),
            "options": .textArray(options), "keys": .textArray(jobs.map(\.idempotency?.key)),
            "delays": .doubleArray(jobs.map(\.due.delaySeconds)), "run_at": .timestampArray(jobs.map(\.due.date)),
            "queue_keys": .textArray(jobs.map { $0.queueKey?.storable }), "requirements": .int4Array(requirements),
            "expires_in": .doubleArray(jobs.map { $0.deadline?.seconds }),
            "expires_at": .timestampArray(jobs.map { $0.deadline?.date }),
            "unique_keys": .textArray(jobs.map { $0.uniqueness?.key.key.storable }),
            "unique_scopes": .textArray(jobs.map { $0.uniqueness?.key.scopeName.rawValue }),
            "unique_seconds": .doubleArray(jobs.map { $0.uniqueness?.key.windowSeconds }),
            "traces": traces.traces, "tracestates": traces.tracestates, "baggages": traces.baggages,
            "by": .text(submitter.storable), "now": .timestamp(now),
        ]
        var stored = try connection.execute(SubmitQueries.submitAsking, arguments).only().int("stored")
        if stored == 0 {
            // The tenant has quotas, or there is no such version.
            let bytes = jobs.reduce(0) { $0 + StoredJSON.text(of: $1.variables).utf8.count }
            try QuotaStore.checkJobs(jobs.count, bytes: bytes, now: now, on: connection)
            stored = try connection.execute(SubmitQueries.submitCounted, arguments).only().int("stored")
        }
        try self.check(stored, jobs, on: connection)
    }

    /// Jobs of one call mostly share their options.
    private static func optionsTexts(of jobs: [NewJob]) throws -> [String?] {
        var texts: [Job.Options: String] = [:]
        for job in jobs where texts[job.options] == nil {
            texts[job.options] = try StoredJSON.text(of: job.options)
        }
        return jobs.map { texts[$0.options] }
    }

    private static func check(
        _ stored: Int, _ jobs: [NewJob], on connection: isolated PostgresConnection
    ) throws {
        guard stored != jobs.count else { return }
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

extension NewJob {
    fileprivate func checkDeadline(at now: Date) throws(StoreError) {
        let deadline: Date
        switch self.deadline {
        case .after(let time): deadline = now.addingTimeInterval(time.seconds)
        case .at(let date): deadline = date
        case nil: return
        }
        let start: Date =
            switch self.due {
            case .now: now
            case .after(let delay): now.addingTimeInterval(delay.seconds)
            case .at(let date): max(now, date)
            }
        guard deadline > start else { throw .deadlineTooEarly(deadline, start: start) }
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

extension NewJob.Deadline {
    fileprivate var seconds: Double? {
        if case .after(let time) = self { time.seconds } else { nil }
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
