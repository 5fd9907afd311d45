package import CasareDomain
package import CasarePostgres
import FoundationEssentials

/// Jobs that failed for good. `JobStore.retry` submits one anew. Call within `Database.asTenant`.
package enum DeadLetterStore {
    /// How many letters a page looks at for those of its filter. One that looked at so many without having found enough
    /// gives up, and says where to go on.
    package static let scannedMax = 50_000
    /// The same where each takes longer: its message is searched, or its variables are compared.
    package static let searchedMax = 10_000

    /// A place in a list.
    package struct Cursor: Hashable, Sendable, LosslessStringConvertible {
        let microseconds: Int64
        let job: Job.ID

        init(microseconds: Int64, job: Job.ID) {
            self.microseconds = microseconds
            self.job = job
        }

        init(row: Row) throws {
            self.init(
                microseconds: try row.int64("opened_microseconds"), job: Job.ID(rawValue: try row.uuid("job_id")))
        }

        /// `nil` for what is not a cursor's `description`.
        package init?(_ description: String) {
            let parts = description.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, let microseconds = Int64(parts[0]), Self.range.contains(microseconds),
                let job = Job.ID(String(parts[1]))
            else { return nil }
            self.init(microseconds: microseconds, job: job)
        }

        package var description: String { "\(self.microseconds).\(self.job)" }

        /// Moments that the server can reckon with.
        private static let range = Int64(0)...253_402_300_799_000_000

        /// Before the first letter.
        static func beginning(of order: DeadLetterOrder) -> Cursor {
            switch order {
            case .newest: Cursor(microseconds: self.range.upperBound, job: .last)
            case .oldest: Cursor(microseconds: self.range.lowerBound, job: .first)
            }
        }
    }

    package struct Page: Hashable, Sendable {
        package let letters: [DeadLetter]
        /// Where the list goes on; `nil` at its end. A page may be short, or empty, and go on all the same.
        package let next: Cursor?
    }

    /// `nil` also for one that was purged.
    package static func get(_ job: Job.ID, on connection: isolated PostgresConnection) throws -> DeadLetter? {
        let rows = try connection.execute(DeadLetterQueries.get, ["job": .uuid(job.rawValue)])
        return try self.letters(Array(rows), on: connection).first
    }

    /// The next letters that a filter names. Call within a snapshot: what a page has looked at, and where it ended, are
    /// two statements, and letters that are purged between them would move the end behind others that nobody looked at.
    ///
    /// - Parameter scanMax: for tests, instead of `scannedMax` and `searchedMax`.
    /// - Throws: `StoreError.notFound` when there is no workflow as the filter names it.
    package static func list(
        _ filter: DeadLetterFilter = DeadLetterFilter(), order: DeadLetterOrder = .newest, after cursor: Cursor? = nil,
        limit: Int, scanMax: Int? = nil, on connection: isolated PostgresConnection
    ) throws -> Page {
        let search = try Search(filter, on: connection)
        let position = cursor ?? .beginning(of: order)
        let scanMax =
            scanMax ?? (filter.error == nil && filter.variables.isEmpty ? self.scannedMax : self.searchedMax)
        let rows = Array(
            try connection.execute(
                DeadLetterQueries.list(order, at: search.place),
                [
                    "filter": search.parameter, "microseconds": .int8(position.microseconds),
                    "job": .uuid(position.job.rawValue), "scan_max": .int(scanMax), "limit": .int(limit + 1),
                ]))
        let letters = try self.letters(Array(rows.prefix(limit)), on: connection)
        if rows.count > limit { return Page(letters: letters, next: try Cursor(row: rows[limit - 1])) }
        let end = try connection.execute(
            DeadLetterQueries.listEnd(order, at: search.place),
            [
                "filter": search.parameter, "microseconds": .int8(position.microseconds),
                "job": .uuid(position.job.rawValue), "scan_max": .int(scanMax),
            ])
        return Page(letters: letters, next: try end.first.map(Cursor.init(row:)))
    }

    private static func letters(_ rows: [Row], on connection: isolated PostgresConnection) throws -> [DeadLetter] {
        guard !rows.isEmpty else { return [] }
        let history = try connection.execute(
            DeadLetterQueries.attempts, ["jobs": .uuidArray(try rows.map { try $0.uuid("job_id") })])
        var attempts: [Job.ID: [DeadLetter.Attempt]] = [:]
        for row in history {
            attempts[Job.ID(rawValue: try row.uuid("job_id")), default: []].append(
                DeadLetter.Attempt(
                    number: try row.int("attempt"), robot: try row.optionalString("robot_id"),
                    startedAt: try row.optionalDate("started_at"), finishedAt: try row.date("finished_at"),
                    failure: try Failure(row: row)))
        }
        return try rows.map { row in
            try DeadLetter(row: row, attempts: attempts[Job.ID(rawValue: try row.uuid("job_id"))] ?? [])
        }
    }
}

extension DeadLetter {
    fileprivate init(row: Row, attempts: [Attempt]) throws {
        let job = Job.ID(rawValue: try row.uuid("job_id"))
        guard let priority = Priority(rawValue: try row.int("priority")) else {
            throw StoreError.unreadable("dead letter \(job) has a priority out of range")
        }
        self.init(
            id: job, workflow: Workflow.ID(rawValue: try row.uuid("workflow_id")),
            workflowName: try row.string("workflow_name"), workflowVersion: try row.int("workflow_version"),
            environment: try row.string("environment"), priority: priority,
            queueKey: try row.optionalString("queue_key"), tags: try row.strings("tags"),
            variables: try StoredJSON.object(try row.string("variables"), in: "dead letter \(job)"),
            failure: try Failure(row: row), fingerprint: try row.string("fingerprint"),
            robot: try row.optionalString("robot_id"), step: try row.optionalInt("step"),
            attemptCount: try row.int("attempt_count"), attempts: attempts, openedAt: try row.date("opened_at"),
            acknowledgement: try Note(row: row, "acknowledged"), replay: try Replay(row: row),
            resolution: try Note(row: row, "resolved") ?? Note(replayOf: row), traceID: try TraceID(row: row))
    }
}

extension DeadLetter.Note {
    /// - Parameter what: as its columns begin.
    fileprivate init?(row: Row, _ what: String) throws {
        guard let at = try row.optionalDate("\(what)_at"), let by = try row.optionalString("\(what)_by") else {
            return nil
        }
        self.init(at: at, by: by, reason: try row.optionalString("\(what)_reason"))
    }

    /// That the replay has completed.
    fileprivate init?(replayOf row: Row) throws {
        guard try row.optionalString("replay_kind") == "completed",
            let at = try row.optionalDate("replay_finished_at")
        else { return nil }
        self.init(at: at, by: DeadLetter.ownActor, reason: nil)
    }
}

extension DeadLetter.Replay {
    fileprivate init?(row: Row) throws {
        guard let job = try row.optionalUUID("replayed_as"), let at = try row.optionalDate("replayed_at"),
            let by = try row.optionalString("replayed_by")
        else { return nil }
        let noted = try row.optionalDate("replay_ended_at")
        self.init(
            job: Job.ID(rawValue: job), at: at, by: by,
            endedAt: try noted ?? row.optionalDate("replay_finished_at"))
    }
}
