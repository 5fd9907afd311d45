package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension JobStore {
    /// A blocked job that goes on just then is looked at anew this often.
    private static let forkAttemptsMax = 5

    static let forkRefused = "forked; only one that has ended or waits for a person's answer can"

    /// Submits a job anew that takes over what the first one recorded before a step: that is not done again. The first
    /// job stays as it is, and may be forked as often as somebody likes.
    ///
    /// A step in doubt is taken over, so that the new job asks about it; a wait at which it begins is waited anew. What
    /// was recorded keeps what it was given, whatever the variables of the new job.
    ///
    /// - Parameters:
    ///   - step: position in the journal, from 0.
    ///   - variables: instead of the job's.
    ///   - idempotency: the same request brings the fork that it brought before.
    ///   - trace: what the new job belongs to.
    /// - Throws: `StoreError.idempotencyConflict` for a key of another request, `.invalidTransition` for a job that
    ///   waits or runs, `.noSuchStep`, and `.uniqueKeyHeld` when another job holds its unique key, or the job itself,
    ///   being blocked.
    package static func fork(
        _ id: Job.ID, from step: Int, by person: String, variables: Object? = nil, reason: String? = nil,
        idempotency: NewJob.Idempotency? = nil, trace: TraceCarrier = .makeRoot(), now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Job.ID {
        let new = Job.ID.new(at: now ?? Date())
        if let idempotency {
            let holder = try self.holder(of: idempotency, orElse: new, now: now, on: connection)
            if holder != new { return holder }
        }
        let origin = try self.jobAtRest(id, on: connection)
        _ = try Job.ResumePoint.step(step).firstStep(
            of: id, try self.recordedSteps(of: id, on: connection), after: nil)
        if let key = origin.uniqueKey {
            try self.takeUniqueKey(
                key, for: new, insteadOf: origin.status.isTerminal ? id : nil, by: person, now: now, on: connection)
        }
        try QuotaStore.checkJobs(1, now: now, on: connection)
        let trace = trace.stored
        let forked = try connection.execute(
            ForkQueries.fork,
            [
                "job": .uuid(id.rawValue), "new": .uuid(new.rawValue), "from": .int(step),
                "by": .text(person.storable), "variables": .text(variables.map(StoredJSON.text(of:))),
                "reason": .text(reason?.storable), "trace": trace.trace, "tracestate": trace.tracestate,
                "baggage": trace.baggage, "now": .timestamp(now),
            ])
        guard !forked.isEmpty else { throw StoreError.notFound(.job, id.description) }
        try self.takeOver(id, before: step, as: new, on: connection)
        try ControlLog.record(
            "job.fork", of: id.description, by: person, reason: reason,
            detail: ["as": .string(new.description), "from_step": .int(step)], now: now, on: connection)
        return new
    }

    /// The job that the key of a request to run another one again stands for: from now on `new`, if it was not known.
    static func holder(
        of idempotency: NewJob.Idempotency, orElse new: Job.ID, now: Date?, on connection: isolated PostgresConnection
    ) throws -> Job.ID {
        // Of the job only its ID counts for that.
        let asked = NewJob(
            id: new, workflow: Workflow.ID(rawValue: new.rawValue), workflowVersion: 1, idempotency: idempotency)
        let holders = try self.takeKeys(of: [asked], window: self.idempotencyWindow, now: now, on: connection)
        return holders[idempotency.key] ?? new
    }

    /// What the job has done to the world, or may have done, that another one does again which begins at a step of it;
    /// `nil`: at the start. The count is of all of them.
    package static func effectsRepeated(
        of id: Job.ID, from step: Int?, limit: Int, on connection: isolated PostgresConnection
    ) throws -> (effects: [RepeatedEffect], count: Int) {
        let rows = try connection.execute(
            ForkQueries.repeated, ["job": .uuid(id.rawValue), "from": .int(step ?? -1), "limit": .int(limit)])
        let effects = try rows.map { row in
            RepeatedEffect(
                step: try row.int("step"), node: try row.string("node"), nodeType: try row.string("node_type"),
                isInDoubt: try row.bool("in_doubt"))
        }
        return (effects, try rows.first?.int("count") ?? 0)
    }

    /// A job whose journal grows no more: it has ended, or is blocked and stays so until the commit.
    private static func jobAtRest(_ id: Job.ID, on connection: isolated PostgresConnection) throws -> Job {
        for _ in 1...self.forkAttemptsMax {
            let held = try connection.execute(ForkQueries.holdBlocked, ["job": .uuid(id.rawValue)])
            guard let job = try self.get(id, on: connection) else { throw StoreError.notFound(.job, id.description) }
            if job.status.isTerminal { return job }
            guard job.status == .blocked else {
                throw StoreError.invalidTransition(id, from: job.status, action: self.forkRefused)
            }
            if !held.isEmpty { return job }
        }
        throw StoreError.contended("job \(id)")
    }

    /// In order, with the results of those that failed; the others' are empty.
    static func recordedSteps(
        of id: Job.ID, on connection: isolated PostgresConnection
    ) throws -> [JournalRow] {
        try connection.execute(ForkQueries.steps, ["job": .uuid(id.rawValue)]).map(JournalRow.init(row:))
    }

    /// Copies the steps before one, for a job that has just been stored.
    static func takeOver(
        _ id: Job.ID, before step: Int, as new: Job.ID, on connection: isolated PostgresConnection
    ) throws {
        try connection.execute(
            ForkQueries.takeOver,
            ["job": .uuid(id.rawValue), "new": .uuid(new.rawValue), "from": .int(step)])
    }
}
