package import CasareDomain
package import FoundationEssentials

/// As `LeaseStore`: what robots do with jobs. Every write names a job and a lease token and changes nothing once the
/// lease has passed on.
extension MemoryQueue {
    /// Leases up to `limit` ready jobs of the session's environment, the most urgent first and then in the order in
    /// which they became ready.
    ///
    /// - Throws: `StoreError.sessionEnded`
    package mutating func lease(
        _ id: Robot.SessionID, limit: Int, now: Date
    ) throws(StoreError) -> [LeasedJob] {
        let session = try self.openSession(id)
        var jobs: [LeasedJob] = []
        while jobs.count < limit, let next = self.nextReady(in: session.environment) {
            jobs.append(try self.lease(next, to: id, now))
        }
        return jobs
    }

    private func nextReady(in environment: String) -> Job.ID? {
        self.ready[environment]?.last { !$0.isEmpty }?.first?.job
    }

    private mutating func lease(
        _ id: Job.ID, to session: Robot.SessionID, _ now: Date
    ) throws(StoreError) -> LeasedJob {
        guard let record = self.records[id], case .ready(_, let begun, let crashes) = record.place else {
            preconditionFailure("Job \(id) lines up and is not ready")
        }
        let version = try self.version(record.job.workflowVersion, of: record.job.workflow)
        self.move(id, to: .lease(session, attempt: begun + 1, crashes: crashes, since: now))
        self.note(.leased, id, [:], now)
        guard case .leased(let holding) = self.records[id]?.place else { preconditionFailure("It was just leased") }
        return LeasedJob(
            lease: Lease(job: id, token: holding.token), attempt: holding.attempt, workflowName: version.name,
            workflowVersion: version.number, document: version.document, variables: record.job.variables,
            options: record.job.options, priority: record.job.priority, policy: self.policyKept.policy,
            origin: record.heritage?.seed, trace: record.job.trace,
            sinceDue: .seconds(max(0, now.timeIntervalSince(record.dueAt))))
    }

    /// - Throws: `StoreError.leaseLost`
    func holding(_ lease: Lease) throws(StoreError) -> (record: Record, holding: Record.Holding) {
        guard let record = self.records[lease.job], case .leased(let holding) = record.place,
            holding.token == lease.token
        else { throw .leaseLost(lease.job) }
        return (record, holding)
    }

    /// Everything that earlier attempts recorded, for the robot to go on from there, and how long they took.
    package func jobJournal(_ lease: Lease) throws(StoreError) -> JobJournal {
        let record = try self.holding(lease).record
        return JobJournal(rows: record.rows, secondsSpent: record.secondsSpent)
    }

    /// Records journal entries. An entry with the step of an intent completes it; a recorded result stays.
    package mutating func checkpoint(_ lease: Lease, entries: [JournalRow]) throws(StoreError) {
        _ = try self.holding(lease)
        self.write(entries, of: lease)
    }

    // MARK: - Endings

    package mutating func complete(
        _ lease: Lease, result: RunResult, entries: [JournalRow] = [], now: Date
    ) throws(StoreError) {
        let (_, holding) = try self.holding(lease)
        self.write(entries, of: lease)
        let outcome = Job.Outcome(
            kind: .completed, result: result, message: nil, robot: self.sessions[holding.session]?.robot.rawValue,
            startedAt: holding.since, finishedAt: now)
        self.move(lease.job, to: .end(outcome, attempt: holding.attempt))
        self.note(.completed, lease.job, [:], now)
    }

    /// Ends an attempt as failed: the job is scheduled for another one, or ends with a dead letter when its retries are
    /// spent or its failure is of a kind that is never retried.
    ///
    /// - Parameter randomFraction: 0 ..< 1, for the jitter of the retry; `nil`: of the queue's generator.
    @discardableResult
    package mutating func fail(
        _ lease: Lease, failure: Failure, result: RunResult?, entries: [JournalRow] = [],
        randomFraction: Double? = nil, now: Date
    ) throws(StoreError) -> FailOutcome {
        let (record, holding) = try self.holding(lease)
        self.write(entries, of: lease)
        let fraction = randomFraction ?? Double.random(in: 0..<1, using: &self.generator)
        let policy = WorkflowRetry.policy(
            of: record.job.options, stored: self.storedRetry(of: record.job))
        guard let delay = policy.delay(after: failure, attempt: record.failures + 1, randomFraction: fraction)
        else {
            self.openDeadLetter(lease, holding, failure, result, isCrash: false, now)
            return .deadLettered
        }
        self.trimJournal(of: lease.job)
        self.keep(self.attempt(holding, failure, isCrash: false, now), of: lease.job)
        let dueAt = now + delay.seconds
        self.putBack(
            lease.job, holding, to: .scheduled(attempt: holding.attempt, dueAt: dueAt), crashes: 0,
            attempt: holding.attempt, dueAt: dueAt, now)
        var detail: Object = [
            "due_at": .string(dueAt.formatted(Self.timeFormat)), "kind": .string(failure.kind.rawValue),
            "message": .string(failure.message),
        ]
        if let asked = failure.retryAfterSeconds { detail["asked_seconds"] = .double(asked) }
        self.note(.retrying, lease.job, detail, now)
        self.notePause(of: lease.job, holding, now)
        return .retrying(at: dueAt)
    }

    private func storedRetry(of job: NewJob) -> String? {
        // A job's version is always there.
        (try? self.version(job.workflowVersion, of: job.workflow)).flatMap { WorkflowRetry.text(in: $0.document) }
    }

    static let timeFormat = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// Stops at a step of which a person must say whether it happened.
    package mutating func block(
        _ lease: Lease, question: Job.Question, entries: [JournalRow] = [], now: Date
    ) throws(StoreError) {
        let (_, holding) = try self.holding(lease)
        self.write(entries, of: lease)
        self.move(
            lease.job,
            to: .blocked(
                Record.Blockage(
                    question: question, attempt: holding.attempt, robot: self.sessions[holding.session]?.robot,
                    since: now)))
        self.note(
            .blocked, lease.job,
            [
                "step": .int(question.step), "node": .string(question.node), "question": .string(question.text),
            ], now)
    }

    /// Hands a job back without consuming an attempt, to the end of its line. Its journal stays.
    package mutating func release(_ lease: Lease, reason: String, now: Date) throws(StoreError) {
        let (_, holding) = try self.holding(lease)
        let attempt = holding.attempt - 1
        self.putBack(
            lease.job, holding, to: .ready(attempt: attempt, crashes: holding.crashes), crashes: holding.crashes,
            attempt: attempt, now)
        if holding.pause == nil { self.note(.released, lease.job, ["reason": .string(reason)], now) }
        self.notePause(of: lease.job, holding, now)
    }

    /// Ends an attempt of which nobody will say any more how it went: the job goes back into the queue, or to the
    /// dead letters when that keeps happening without the job getting any further.
    ///
    /// - Returns: whether it goes back.
    mutating func crash(_ lease: Lease, _ message: String, _ now: Date) -> Bool {
        guard let (record, holding) = try? self.holding(lease) else {
            preconditionFailure("The lease on job \(lease.job) was just looked at")
        }
        let hasJournaled = record.journal.values.contains { $0.token == lease.token && $0.row.result != nil }
        let crashes = hasJournaled ? 0 : holding.crashes + 1
        guard crashes < LeaseStore.crashesMax else {
            let failure = LeaseStore.crashLoop(crashes, last: message)
            self.openDeadLetter(lease, holding, failure, nil, isCrash: true, now)
            return false
        }
        let failure = Failure(kind: .crashLoop, message: message, type: "RobotLost")
        self.keep(self.attempt(holding, failure, isCrash: true, now), of: lease.job)
        self.putBack(
            lease.job, holding, to: .ready(attempt: holding.attempt, crashes: crashes), crashes: crashes,
            attempt: holding.attempt, now)
        self.note(.leaseExpired, lease.job, ["crashes": .int(crashes)], now)
        self.notePause(of: lease.job, holding, now)
        return true
    }

    private mutating func openDeadLetter(
        _ lease: Lease, _ holding: Record.Holding, _ failure: Failure, _ result: RunResult?, isCrash: Bool, _ now: Date
    ) {
        self.keep(self.attempt(holding, failure, isCrash: isCrash, now), of: lease.job)
        let outcome = Job.Outcome(
            kind: .failed(failure.kind), result: result, message: failure.message,
            robot: self.sessions[holding.session]?.robot.rawValue, startedAt: holding.since, finishedAt: now,
            failure: failure)
        self.openLetter(failure, of: lease.job, now)
        self.move(lease.job, to: .end(outcome, attempt: holding.attempt))
        // Of a crash no robot tells.
        if isCrash { self.endedUnreported(lease.job) }
        let detail: Object = ["kind": .string(failure.kind.rawValue), "message": .string(failure.message)]
        self.note(.failed, lease.job, detail, now)
        self.note(.deadLettered, lease.job, detail, now)
    }

    private func attempt(
        _ holding: Record.Holding, _ failure: Failure, isCrash: Bool, _ now: Date
    ) -> Record.Attempt {
        Record.Attempt(
            number: holding.attempt, robot: self.sessions[holding.session]?.robot, startedAt: holding.since,
            finishedAt: now, isCrash: isCrash, failure: failure)
    }
}
