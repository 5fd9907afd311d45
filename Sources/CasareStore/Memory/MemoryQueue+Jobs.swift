package import CasareDomain
import Crypto
package import FoundationEssentials

/// As `JobStore`: jobs as people see them.
extension MemoryQueue {
    /// Stores all of the jobs or none, and makes those that are due ready.
    ///
    /// - Returns: one entry for each job, in the same order.
    package mutating func submit(
        _ jobs: [NewJob], by submitter: String, idempotencyWindow: Duration = JobStore.idempotencyWindow, now: Date
    ) throws(StoreError) -> [SubmittedJob] {
        try self.check(jobs, now: now)
        for job in jobs { _ = try self.version(job.workflowVersion, of: job.workflow) }
        var submitted: [SubmittedJob] = []
        for job in jobs {
            let holder = self.takeKey(of: job, window: idempotencyWindow, now)
            if holder == job.id { try self.store(job, by: submitter, now) }
            submitted.append(SubmittedJob(id: holder, isDuplicate: holder != job.id))
        }
        return submitted
    }

    /// Checks all of them but their versions.
    ///
    /// - Throws: `StoreError.notInMemory` for what only a database's queue knows, `.idempotencyConflict` for a key that
    ///   stands for another request, `.tooManyJobs`.
    package func check(_ jobs: [NewJob], now: Date) throws(StoreError) {
        guard jobs.count <= JobStore.jobsPerSubmitMax else {
            throw .tooManyJobs(jobs.count, max: JobStore.jobsPerSubmitMax)
        }
        guard !jobs.contains(where: \.asksForMore) else { throw .notInMemory }
        var asked: [String: String] = [:]
        for job in jobs {
            guard let idempotency = job.idempotency else { continue }
            let hash = Self.hash(idempotency.request)
            let holder = self.holder(of: idempotency.key, now)
            let known = holder?.requestHash ?? asked[idempotency.key] ?? hash
            guard known == hash else { throw .idempotencyConflict(key: idempotency.key, job: holder?.job) }
            asked[idempotency.key] = hash
        }
    }

    /// The job that the job's key stands for from now on: itself, when it has no key.
    mutating func takeKey(of job: NewJob, window: Duration, _ now: Date) -> Job.ID {
        guard let idempotency = job.idempotency else { return job.id }
        if let holder = self.holder(of: idempotency.key, now) { return holder.job }
        self.keys[idempotency.key] = KeyHolder(
            job: job.id, requestHash: Self.hash(idempotency.request), expiresAt: now + window.seconds)
        return job.id
    }

    /// The job that the key of a request stands for already.
    ///
    /// - Throws: `StoreError.idempotencyConflict` when that was another request.
    func holder(of idempotency: NewJob.Idempotency, _ now: Date) throws(StoreError) -> Job.ID? {
        guard let known = self.holder(of: idempotency.key, now) else { return nil }
        guard known.requestHash == Self.hash(idempotency.request) else {
            throw .idempotencyConflict(key: idempotency.key, job: known.job)
        }
        return known.job
    }

    private func holder(of key: String, _ now: Date) -> KeyHolder? {
        self.keys[key].flatMap { $0.expiresAt > now ? $0 : nil }
    }

    private static func hash(_ text: String) -> String { SHA256.hash(data: Array(text.utf8)).hex }

    /// - Parameter inherited: the record of another job, and the first of its steps that is not taken over.
    mutating func store(
        _ job: NewJob, by submitter: String, retryOf: Job.ID? = nil, inherited: (from: Record, step: Int)? = nil,
        _ now: Date
    ) throws(StoreError) {
        let dueAt =
            switch job.due {
            case .now: now
            case .after(let delay): now + delay.seconds
            case .at(let date): date
            }
        var record = Record(
            job: job, workflowName: try self.version(job.workflowVersion, of: job.workflow).name, retryOf: retryOf,
            createdAt: now, createdBy: submitter, dueAt: max(dueAt, now))
        var detail: Object = retryOf.map { ["retry_of": .string($0.description)] } ?? [:]
        if let inherited {
            record.inherit(from: inherited.from, before: inherited.step)
            if retryOf == nil { detail["forked_from"] = .string(inherited.from.job.id.description) }
            detail["from_step"] = .int(inherited.step)
        }
        if dueAt > now { detail["due_at"] = .string(dueAt.formatted(Self.timeFormat)) }
        self.add(record, to: dueAt > now ? .scheduled(attempt: 0, dueAt: dueAt) : .ready(attempt: 0, crashes: 0))
        self.note(.submitted, job.id, detail, now)
    }

    // MARK: - Looking

    /// A job with its result.
    package func job(_ id: Job.ID) -> Job? { self.job(id, withResult: true) }

    private func job(_ id: Job.ID, withResult: Bool) -> Job? {
        guard let record = self.records[id] else { return nil }
        return record.job(withResult: withResult, heldBy: self.holder(of: record))
    }

    /// The robot that holds the lease, of a job that runs.
    func holder(of record: Record) -> Robot.ID? {
        guard case .leased(let holding) = record.place else { return nil }
        return self.sessions[holding.session]?.robot
    }

    /// Newest first, those submitted before the cursor's job; without their results.
    package func jobs(_ filter: JobFilter = .init(), before cursor: Job.ID? = nil, limit: Int) -> [Job] {
        let from = filter.since.map(Job.ID.lowerBound(at:)) ?? .first
        let before = min(cursor ?? .last, filter.until.map(Job.ID.lowerBound(at:)) ?? .last)
        return self.page(self.jobsInOrder.below(before), limit) { record in
            guard record.job.id >= from, filter.workflow.map({ $0 == record.job.workflow }) ?? true,
                let job = self.job(record.job.id, withResult: false), filter.status.map({ $0 == job.status }) ?? true
            else { return nil }
            return job
        }
    }

    private func page<Item>(_ jobs: ArraySlice<Job.ID>, _ limit: Int, item: (Record) -> Item?) -> [Item] {
        var items: [Item] = []
        for id in jobs.reversed() where items.count < limit {
            if let found = self.records[id].flatMap(item) { items.append(found) }
        }
        return items
    }

    /// Where jobs stand; those that there are not are missing.
    package func statuses(of jobs: [Job.ID]) -> [Job.ID: Job.Status] {
        var statuses: [Job.ID: Job.Status] = [:]
        for id in jobs { statuses[id] = self.job(id, withResult: false)?.status }
        return statuses
    }

    /// How those of some jobs went that have ended with a result.
    package func results(of jobs: [Job.ID]) -> [Job.ID: RunResult] {
        var results: [Job.ID: RunResult] = [:]
        for id in jobs {
            if case .finished(let outcome) = self.job(id, withResult: true)?.state { results[id] = outcome.result }
        }
        return results
    }

    /// What happened to a job, in order: the names of its events.
    package func events(_ id: Job.ID) -> [String] { self.records[id]?.events.map(\.kind.rawValue) ?? [] }

    /// Why its attempts so far did not complete, in order.
    package func failures(_ id: Job.ID) -> [Failure] { self.records[id]?.attempts.map(\.failure) ?? [] }

    // MARK: - Changing

    /// Ends a job that has not ended, as cancelled. A running one is taken away from its robot.
    ///
    /// - Returns: where the job stood.
    /// - Throws: `StoreError.invalidTransition` for a job that has ended.
    @discardableResult
    package mutating func cancel(
        _ id: Job.ID, by person: String, reason: String?, now: Date
    ) throws(StoreError) -> Job.Status {
        guard let record = self.records[id] else { throw .notFound(.job, id.description) }
        let job = record.job(heldBy: self.holder(of: record))
        var (robot, since): (String?, Date?) = (nil, nil)
        switch job.state {
        case .pending, .paused: break
        case .running(let running):
            (robot, since) = (running.robot, running.since)
            if case .leased(let holding) = record.place { self.tell(holding.session) }
        case .blocked: if case .blocked(let blockage) = record.place { robot = blockage.robot?.rawValue }
        case .finished: throw .invalidTransition(id, from: job.status, action: "cancelled")
        }
        let outcome = Job.Outcome(
            kind: .cancelled, result: nil, message: reason, robot: robot, startedAt: since, finishedAt: now)
        self.move(id, to: .end(outcome, attempt: job.attempt))
        self.endedUnreported(id)
        self.note(
            .cancelled, id, ["by": .string(person), "reason": reason.map { .string($0) } ?? .null], now)
        return job.status
    }
}
