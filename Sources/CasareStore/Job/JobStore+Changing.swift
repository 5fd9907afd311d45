package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension JobStore {
    /// A job that moves from one place to another just then is looked for anew this often.
    private static let cancelAttemptsMax = 5

    /// Where a job stood that was cancelled.
    package struct Cancellation: Hashable, Sendable {
        package let from: Job.Status
        /// The session that ran it, whose robot knows nothing of this yet.
        package let session: Robot.SessionID?
    }

    /// Ends a job that has not ended, as cancelled. A running one is taken away from its robot, whose writes are
    /// refused from the commit on; ring the bell of its session then.
    ///
    /// - Returns: where the job stood.
    /// - Throws: `StoreError.invalidTransition` for a job that has ended.
    @discardableResult
    package static func cancel(
        _ id: Job.ID, by person: String, reason: String?, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Cancellation {
        for _ in 1...self.cancelAttemptsMax {
            let gone = try connection.execute(
                JobQueries.cancel,
                [
                    "job": .uuid(id.rawValue), "by": .text(person.storable), "reason": .text(reason?.storable),
                    "now": .timestamp(now),
                ])
            if let row = gone.first {
                let status = try row.string("status")
                guard let status = Job.Status(rawValue: status) else {
                    throw StoreError.unreadable("job \(id) has the unknown status \"\(status)\"")
                }
                return Cancellation(
                    from: status, session: try row.optionalInt64("session_id").map(Robot.SessionID.init(rawValue:)))
            }
            guard let status = try self.status(id, on: connection) else {
                throw StoreError.notFound(.job, id.description)
            }
            if status.isTerminal {
                throw StoreError.invalidTransition(id, from: status, action: "cancelled")
            }
        }
        throw StoreError.contended("job \(id)")
    }

    /// Gives a job that waits another priority, and with it another place: behind those of its new priority that are
    /// there already. Later attempts of it keep the priority.
    ///
    /// - Throws: `StoreError.invalidTransition` for a job that runs, is asked about, or has ended.
    package static func changePriority(
        _ id: Job.ID, to priority: Priority, by person: String, reason: String?, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Job {
        for _ in 1...self.cancelAttemptsMax {
            guard let job = try self.get(id, on: connection) else { throw StoreError.notFound(.job, id.description) }
            guard job.status == .pending else {
                throw StoreError.invalidTransition(
                    id, from: job.status, action: "given another priority; only one that waits can")
            }
            guard job.priority != priority else { return job }
            let changed = try connection.execute(
                JobQueries.changePriority,
                ["job": .uuid(id.rawValue), "priority": .int(priority.rawValue), "now": .timestamp(now)])
            // Without a row somebody has leased it just now, or moved it to the queue.
            guard !changed.isEmpty else { continue }
            try ControlLog.record(
                "job.priority", of: id.description, by: person, reason: reason,
                detail: ["from": .int(job.priority.rawValue), "to": .int(priority.rawValue)], now: now, on: connection)
            guard let after = try self.get(id, on: connection) else {
                throw StoreError.notFound(.job, id.description)
            }
            return after
        }
        throw StoreError.contended("job \(id)")
    }

    /// Submits a failed job anew, with its own variables or others, and marks its dead letter as replayed. The failed
    /// job stays as it is. Of two people who retry it at once, one is refused.
    ///
    /// - Parameters:
    ///   - point: what was recorded before is taken over, as by `fork`.
    ///   - idempotency: the same request brings the job that it brought before.
    /// - Throws: `StoreError.idempotencyConflict` for a key of another request, `.uniqueKeyHeld` when another job holds
    ///   the failed one's unique key by now, `.noSuchStep`, `.failsAgain`, and `.stepsGone`.
    package static func retry(
        _ id: Job.ID, from point: Job.ResumePoint = .start, by person: String, variables: Object? = nil,
        reason: String? = nil, idempotency: NewJob.Idempotency? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Job.ID {
        let new = Job.ID.new(at: now ?? Date())
        if let idempotency {
            let holder = try self.holder(of: idempotency, orElse: new, now: now, on: connection)
            if holder != new { return holder }
        }
        let step = try self.firstStep(ofRetry: id, from: point, on: connection)
        try self.takeUniqueKey(ofRetry: new, of: id, by: person, now: now, on: connection)
        let retried = try connection.execute(
            RetryQueries.retry,
            [
                "job": .uuid(id.rawValue), "new": .uuid(new.rawValue), "by": .text(person.storable),
                "variables": .text(variables.map(StoredJSON.text(of:))), "from": .int(step),
                "reason": .text(reason?.storable), "now": .timestamp(now),
            ])
        guard retried.isEmpty else {
            if let step { try self.takeOver(id, before: step, as: new, on: connection) }
            var detail: Object = ["as": .string(new.description)]
            if let step { detail["from_step"] = .int(step) }
            try ControlLog.record(
                "job.retry", of: id.description, by: person, reason: reason, detail: detail, now: now, on: connection)
            return new
        }
        if let replay = try DeadLetterStore.get(id, on: connection)?.replayedAs {
            throw StoreError.alreadyReplayed(id, as: replay)
        }
        guard let status = try self.status(id, on: connection) else {
            throw StoreError.notFound(.job, id.description)
        }
        throw StoreError.invalidTransition(id, from: status, action: "retried; only a failed job can")
    }
}
