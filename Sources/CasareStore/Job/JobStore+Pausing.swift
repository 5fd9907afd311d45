package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

extension JobStore {
    /// A job that changes its place just then is looked for anew this often.
    private static let pauseAttemptsMax = 5

    /// A job that was paused or resumed.
    package struct PauseChange: Hashable, Sendable {
        package let job: Job
        /// The session that runs it, whose robot knows nothing of this yet.
        package let session: Robot.SessionID?
    }

    /// Keeps a job from going on until somebody resumes it: at once when it waits, and else when its robot hands it
    /// back, which is after the step that it is in. Ring the bell of the session then, after the commit. One that is
    /// paused, or is to be, stays as it is.
    ///
    /// - Parameter operation: of which this is a part. It is audited as a whole, so nothing is noted of this but the
    ///   job's event.
    /// - Throws: `StoreError.invalidTransition` for a job that has ended or asks a person.
    package static func pause(
        _ id: Job.ID, by person: String, reason: String?, within operation: Operation.ID? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> PauseChange {
        for _ in 1...self.pauseAttemptsMax {
            guard let job = try self.get(id, on: connection) else { throw StoreError.notFound(.job, id.description) }
            if try !job.mayBePaused { return PauseChange(job: job, session: nil) }
            let changed = try connection.execute(
                PauseQueries.pause,
                [
                    "job": .uuid(id.rawValue), "by": .text(person.storable), "reason": .text(reason?.storable),
                    "operation": .uuid(operation?.rawValue), "now": .timestamp(now),
                ])
            // Without a row somebody has moved it just now.
            guard let row = changed.first else { continue }
            if operation == nil {
                try ControlLog.record(
                    "job.pause", of: id.description, by: person, reason: reason, now: now, on: connection)
            }
            return try self.change(of: id, row, on: connection)
        }
        throw StoreError.contended("job \(id)")
    }

    /// Lets a paused job go on: it has a place behind those that wait already, or waits for its time, and its attempts
    /// are as before. Ring the ready bell after the commit.
    ///
    /// - Parameter operation: of which this is a part. It is audited as a whole, so nothing is noted of this but the
    ///   job's event.
    /// - Throws: `StoreError.invalidTransition` for a job that nobody paused.
    package static func resume(
        _ id: Job.ID, by person: String, reason: String? = nil, within operation: Operation.ID? = nil,
        now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> PauseChange {
        for _ in 1...self.pauseAttemptsMax {
            guard let job = try self.get(id, on: connection) else { throw StoreError.notFound(.job, id.description) }
            guard job.pause != nil else { throw job.notPaused }
            let changed = try connection.execute(
                PauseQueries.resume,
                [
                    "job": .uuid(id.rawValue), "by": .text(person.storable), "reason": .text(reason?.storable),
                    "operation": .uuid(operation?.rawValue), "now": .timestamp(now),
                ])
            guard let row = changed.first else { continue }
            if operation == nil {
                try ControlLog.record(
                    "job.resume", of: id.description, by: person, reason: reason, now: now, on: connection)
            }
            return try self.change(of: id, row, on: connection)
        }
        throw StoreError.contended("job \(id)")
    }

    private static func change(
        of id: Job.ID, _ row: Row, on connection: isolated PostgresConnection
    ) throws -> PauseChange {
        guard let job = try self.get(id, on: connection) else { throw StoreError.notFound(.job, id.description) }
        return PauseChange(
            job: job, session: try row.optionalInt64("session_id").map(Robot.SessionID.init(rawValue:)))
    }
}

extension Job {
    /// Of one that is paused, or is to be.
    var pause: Pause? {
        switch self.state {
        case .paused(let pause, _): pause
        case .running(let running): running.pause
        case .pending, .blocked, .finished: nil
        }
    }

    /// False for one that is paused already, or is to be.
    var mayBePaused: Bool {
        get throws(StoreError) {
            switch self.state {
            case .pending: return true
            case .running(let running): return running.pause == nil
            case .paused: return false
            case .blocked:
                throw .invalidTransition(
                    self.id, from: self.status, action: "paused; it goes on only when its question is answered")
            case .finished: throw .invalidTransition(self.id, from: self.status, action: "paused")
            }
        }
    }

    var notPaused: StoreError {
        .invalidTransition(self.id, from: self.status, action: "resumed; only a job that was paused can")
    }
}
