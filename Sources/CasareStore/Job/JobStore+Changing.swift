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
    /// - Parameter operation: of which this is a part.
    /// - Returns: where the job stood.
    /// - Throws: `StoreError.invalidTransition` for a job that has ended.
    @discardableResult
    package static func cancel(
        _ id: Job.ID, by person: String, reason: String?, within operation: Operation.ID? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> Cancellation {
        for _ in 1...self.cancelAttemptsMax {
            let gone = try connection.execute(
                JobQueries.cancel,
                [
                    "job": .uuid(id.rawValue), "by": .text(person.storable), "reason": .text(reason?.storable),
                    "operation": .uuid(operation?.rawValue), "now": .timestamp(now),
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
    /// - Parameter operation: of which this is a part. It is audited as a whole, so nothing is noted of this but the
    ///   job's event.
    /// - Throws: `StoreError.invalidTransition` for a job that runs, is asked about, or has ended.
    package static func changePriority(
        _ id: Job.ID, to priority: Priority, by person: String, reason: String?, within operation: Operation.ID? = nil,
        now: Date? = nil, on connection: isolated PostgresConnection
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
            try connection.execute(
                JobQueries.notePriority,
                [
                    "job": .uuid(id.rawValue), "from": .int(job.priority.rawValue), "priority": .int(priority.rawValue),
                    "by": .text(person.storable), "reason": .text(reason?.storable),
                    "operation": .uuid(operation?.rawValue), "now": .timestamp(now),
                ])
            if operation == nil {
                try ControlLog.record(
                    "job.priority", of: id.description, by: person, reason: reason,
                    detail: ["from": .int(job.priority.rawValue), "to": .int(priority.rawValue)], now: now,
                    on: connection)
            }
            guard let after = try self.get(id, on: connection) else {
                throw StoreError.notFound(.job, id.description)
            }
            return after
        }
        throw StoreError.contended("job \(id)")
    }
}
