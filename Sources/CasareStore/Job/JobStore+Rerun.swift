package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension JobStore {
    static let retryRefused = "retried; only one that has ended can"

    /// How a job is run again, beside where it begins.
    private struct Rerun {
        let id: Job.ID
        let point: Job.ResumePoint
        let version: Job.VersionChoice
        let variables: Object?
        let person: String
        let reason: String?
        let operation: Operation.ID?
        let trace: TraceCarrier
        let now: Date?
    }

    /// Submits a job anew that has ended, with its own variables or others. The first job stays as it is; a dead letter
    /// of it that is not dealt with is marked as replayed. Of two people who retry a failed job at once, one is refused.
    ///
    /// - Parameters:
    ///   - point: what was recorded before is taken over, as by `fork`.
    ///   - version: with the latest a job begins at the start.
    ///   - idempotency: the same request brings the job that it brought before.
    ///   - operation: of which this is a part. It is audited as a whole, so nothing is noted of this but events.
    ///   - trace: what the new job belongs to. Not the first one's: `retryOf` leads there.
    /// - Throws: `StoreError.idempotencyConflict` for a key of another request, `.alreadyReplayed` while the retry of a
    ///   failed job goes on and once it has completed, `.letterResolved` in an operation, `.invalidTransition` for a job that has not ended, `.uniqueKeyHeld` when another job holds
    ///   the first one's unique key by now, `.noSuchStep`, `.failsAgain`, `.nothingFailed`, `.stepsGone`, and
    ///   `.stepsOfOtherVersion`.
    package static func retry(
        _ id: Job.ID, from point: Job.ResumePoint = .start, version: Job.VersionChoice = .same, by person: String,
        variables: Object? = nil, reason: String? = nil, idempotency: NewJob.Idempotency? = nil,
        within operation: Operation.ID? = nil, trace: TraceCarrier = .makeRoot(), now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Job.ID {
        let rerun = Rerun(
            id: id, point: point, version: version, variables: variables, person: person, reason: reason,
            operation: operation, trace: trace, now: now)
        let new = Job.ID.new(at: now ?? Date())
        if let known = try self.known(rerun, idempotency, orElse: new, on: connection) { return known }
        if let letter = try DeadLetterStore.get(id, on: connection) {
            if letter.status == .resolved {
                try self.checkResolved(letter, rerun, on: connection)
            } else {
                try self.replay(letter, as: new, rerun, on: connection)
                return new
            }
        }
        try self.rerun(as: new, rerun, on: connection)
        return new
    }

    /// What has been done over is not done over once more by naming the same job again: the job that did it may be named
    /// instead. One that somebody has settled otherwise runs again for who names it, and not as one of many.
    private static func checkResolved(
        _ letter: DeadLetter, _ rerun: Rerun, on connection: isolated PostgresConnection
    ) throws {
        if let replay = letter.replay?.job {
            switch try self.status(replay, on: connection) {
            case .failed, .cancelled: break
            case nil, .completed, .pending, .running, .blocked, .paused:
                throw StoreError.alreadyReplayed(rerun.id, as: replay)
            }
        }
        if rerun.operation != nil { throw StoreError.letterResolved(rerun.id) }
    }

    /// The same of a dead letter that is not resolved, whether its job is still kept or not.
    ///
    /// - Throws: beside that, `StoreError.notFound` where there is no letter, and `.letterResolved`.
    package static func replay(
        _ id: Job.ID, from point: Job.ResumePoint = .start, version: Job.VersionChoice = .same, by person: String,
        variables: Object? = nil, reason: String? = nil, idempotency: NewJob.Idempotency? = nil,
        within operation: Operation.ID? = nil, trace: TraceCarrier = .makeRoot(), now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Job.ID {
        let rerun = Rerun(
            id: id, point: point, version: version, variables: variables, person: person, reason: reason,
            operation: operation, trace: trace, now: now)
        let new = Job.ID.new(at: now ?? Date())
        if let known = try self.known(rerun, idempotency, orElse: new, on: connection) { return known }
        guard let letter = try DeadLetterStore.get(id, on: connection) else {
            throw StoreError.notFound(.deadLetter, id.description)
        }
        guard letter.status != .resolved else { throw StoreError.letterResolved(id) }
        try self.replay(letter, as: new, rerun, on: connection)
        return new
    }

    /// The job that the same request has brought before; `nil`: it is a new one.
    private static func known(
        _ rerun: Rerun, _ idempotency: NewJob.Idempotency?, orElse new: Job.ID,
        on connection: isolated PostgresConnection
    ) throws -> Job.ID? {
        guard rerun.version == .same || rerun.point == .start else { throw StoreError.stepsOfOtherVersion(rerun.id) }
        guard let idempotency else { return nil }
        let holder = try self.holder(of: idempotency, orElse: new, now: rerun.now, on: connection)
        return holder == new ? nil : holder
    }

    private static func replay(
        _ letter: DeadLetter, as new: Job.ID, _ rerun: Rerun, on connection: isolated PostgresConnection
    ) throws {
        if let replay = letter.replay, replay.endedAt == nil {
            throw StoreError.alreadyReplayed(rerun.id, as: replay.job)
        }
        var step: Int?
        if rerun.point != .start {
            guard try self.status(rerun.id, on: connection) != nil else { throw StoreError.stepsGone(rerun.id) }
            step = try rerun.point.firstStep(
                of: rerun.id, try self.recordedSteps(of: rerun.id, on: connection), after: letter.failure)
        }
        try self.takeUniqueKey(ofRetry: new, of: rerun.id, by: rerun.person, now: rerun.now, on: connection)
        guard try self.store(rerun, as: new, RetryQueries.replay, from: step, on: connection) else {
            // Somebody else has dealt with it just now.
            switch try DeadLetterStore.get(rerun.id, on: connection) {
            case let letter? where letter.status != .resolved:
                throw StoreError.alreadyReplayed(rerun.id, as: letter.replayedAs ?? rerun.id)
            case .some: throw StoreError.letterResolved(rerun.id)
            case nil: throw StoreError.notFound(.deadLetter, rerun.id.description)
            }
        }
    }

    private static func rerun(
        as new: Job.ID, _ rerun: Rerun, on connection: isolated PostgresConnection
    ) throws {
        guard let job = try self.get(rerun.id, on: connection) else {
            throw StoreError.notFound(.job, rerun.id.description)
        }
        // Nothing brings a job back that has ended, so that this is true until the commit.
        guard case .finished(let outcome) = job.state else {
            throw StoreError.invalidTransition(rerun.id, from: job.status, action: self.retryRefused)
        }
        let step = try rerun.point.firstStep(
            ofRerun: job, outcome, rerun.point == .start ? [] : try self.recordedSteps(of: rerun.id, on: connection))
        if let key = job.uniqueKey {
            try self.takeUniqueKey(
                key, for: new, insteadOf: rerun.id, by: rerun.person, now: rerun.now, on: connection)
        }
        guard try self.store(rerun, as: new, RetryQueries.rerun, from: step, on: connection) else {
            throw StoreError.notFound(.job, rerun.id.description)
        }
    }

    /// - Returns: `false` when there was nothing to run again.
    private static func store(
        _ rerun: Rerun, as new: Job.ID, _ query: Query, from step: Int?, on connection: isolated PostgresConnection
    ) throws -> Bool {
        try QuotaStore.checkJobs(1, now: rerun.now, on: connection)
        let trace = rerun.trace.stored
        let stored = try connection.execute(
            query,
            [
                "job": .uuid(rerun.id.rawValue), "new": .uuid(new.rawValue), "by": .text(rerun.person.storable),
                "variables": .text(rerun.variables.map(StoredJSON.text(of:))), "from": .int(step),
                "latest": .bool(rerun.version == .latest), "operation": .uuid(rerun.operation?.rawValue),
                "reason": .text(rerun.reason?.storable), "trace": trace.trace, "tracestate": trace.tracestate,
                "baggage": trace.baggage, "now": .timestamp(rerun.now),
            ])
        if stored.isEmpty { return false }
        if let step { try self.takeOver(rerun.id, before: step, as: new, on: connection) }
        guard rerun.operation == nil else { return true }
        var detail: Object = ["as": .string(new.description)]
        if let step { detail["from_step"] = .int(step) }
        if rerun.version == .latest { detail["version"] = .string(rerun.version.rawValue) }
        try ControlLog.record(
            "job.retry", of: rerun.id.description, by: rerun.person, reason: rerun.reason, detail: detail,
            now: rerun.now, on: connection)
        return true
    }
}

extension Job.ResumePoint {
    /// As of any retry; a job in which nothing failed has no step that did.
    func firstStep(
        ofRerun job: Job, _ outcome: Job.Outcome, _ journal: [JournalRow]
    ) throws(StoreError) -> Int? {
        switch outcome.kind {
        case .failed: break
        case .completed, .cancelled:
            if self == .failed { throw .nothingFailed(job.id, status: job.status) }
        }
        return try self.firstStep(of: job.id, journal, after: outcome.failure)
    }
}
