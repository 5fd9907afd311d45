package import CasareDomain
package import FoundationEssentials

/// As `JobStore`: jobs that are run again.
extension MemoryQueue {
    /// As `JobStore.retry`.
    package mutating func retry(
        _ id: Job.ID, from point: Job.ResumePoint = .start, version: Job.VersionChoice = .same, by person: String,
        variables: Object? = nil, reason: String? = nil, idempotency: NewJob.Idempotency? = nil,
        trace: TraceCarrier = .makeRoot(), now: Date
    ) throws(StoreError) -> Job.ID {
        guard version == .same || point == .start else { throw .stepsOfOtherVersion(id) }
        if let idempotency, let holder = try self.holder(of: idempotency, now) { return holder }
        guard let record = self.records[id] else { throw .notFound(.job, id.description) }
        let old = record.job(withResult: false, heldBy: self.holder(of: record))
        guard case .finished(let outcome) = old.state else {
            throw .invalidTransition(id, from: old.status, action: JobStore.retryRefused)
        }
        // What nobody knows of any more has ended, too.
        if let replay = self.lastReplay(of: id), !replay.status.isTerminal || replay.status == .completed {
            throw .alreadyReplayed(id, as: replay.id)
        }
        let step = try point.firstStep(ofRerun: old, outcome, record.rows)
        var job = self.anew(record.job, variables, trace, now)
        if version == .latest { job.workflowVersion = try self.version(nil, of: job.workflow).number }
        job.idempotency = idempotency
        _ = self.takeKey(of: job, window: JobStore.idempotencyWindow, now)
        job.idempotency = nil
        if self.deadLetter(id) != nil { self.closeLetter(of: id, as: job.id) }
        var detail: Object = ["as": .string(job.id.description), "by": .string(person)]
        if let reason { detail["reason"] = .string(reason) }
        self.note(.retried, id, detail, now)
        try self.store(job, by: person, retryOf: id, inherited: step.map { (from: record, step: $0) }, now)
        return job.id
    }

    /// As `JobStore.replay`.
    package mutating func replay(
        _ id: Job.ID, from point: Job.ResumePoint = .start, version: Job.VersionChoice = .same, by person: String,
        variables: Object? = nil, reason: String? = nil, idempotency: NewJob.Idempotency? = nil,
        trace: TraceCarrier = .makeRoot(), now: Date
    ) throws(StoreError) -> Job.ID {
        // The same request brings the job that it brought before, also when that has resolved the letter.
        if let idempotency, let holder = try self.holder(of: idempotency, now) { return holder }
        guard self.deadLetter(id) != nil else { throw .notFound(.deadLetter, id.description) }
        if self.lastReplay(of: id)?.status == .completed { throw .letterResolved(id) }
        return try self.retry(
            id, from: point, version: version, by: person, variables: variables, reason: reason,
            idempotency: idempotency, trace: trace, now: now)
    }

    /// The job that the last replay of a dead letter created, while it is known.
    private func lastReplay(of id: Job.ID) -> Job? {
        guard let job = self.deadLetter(id)?.replayedAs else { return nil }
        return self.job(job)
    }
}
