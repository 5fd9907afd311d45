package import CasareDomain
package import CasarePostgres

/// A part of a job's log, and where the job stands.
package struct JobLogPage: Hashable, Sendable {
    /// Looked at before the lines: of a job that has ended all lines are there.
    package let status: Job.Status
    /// In order.
    package let lines: [Job.LogLine]
}

/// What jobs write while they run. Call within `Database.asTenant`; each call but `page` is one statement.
package enum JobLogStore {
    /// Keeps lines, numbered from 1 under each lease, in ascending order. A line that is sent again is kept once.
    ///
    /// - Returns: how many lines the job's log has now; nothing is added to one of `Job.Log.linesMax`.
    /// - Throws: `StoreError.leaseLost`
    package static func append(
        _ lines: [Job.LogLine], under lease: Lease, on connection: isolated PostgresConnection
    ) throws -> Int {
        let kept = try connection.execute(
            JobLogQueries.append,
            [
                "job": .uuid(lease.job.rawValue), "token": .int8(lease.token.rawValue),
                "numbers": .int4Array(lines.map { Int32(clamping: $0.number) }),
                "times": .timestampArray(lines.map(\.at)), "levels": .textArray(lines.map(\.level.rawValue)),
                "nodes": .textArray(lines.map { $0.node?.storable }),
                "messages": .textArray(lines.map(\.message.storable)), "lines_max": .int(Job.Log.linesMax),
                "full": .text(Job.Log.fullMessage),
            ])
        guard let row = kept.first else { throw StoreError.leaseLost(lease.job) }
        return try row.int("lines")
    }

    /// The lines after one of them; 0: from the first on.
    ///
    /// - Throws: `StoreError.notFound`
    package static func page(
        of job: Job.ID, after line: Int, limit: Int, on connection: isolated PostgresConnection
    ) throws -> JobLogPage {
        guard let status = try JobStore.status(job, on: connection) else {
            throw StoreError.notFound(.job, job.description)
        }
        let rows = try connection.execute(
            JobLogQueries.page, ["job": .uuid(job.rawValue), "after": .int(line), "limit": .int(limit)])
        return JobLogPage(status: status, lines: try rows.map(Job.LogLine.init(row:)))
    }
}

extension Job.LogLine {
    fileprivate init(row: Row) throws {
        let text = try row.string("level")
        guard let level = Level(rawValue: text) else {
            throw StoreError.unreadable("a line of a log has the unknown level \"\(text)\"")
        }
        self.init(
            number: try row.int("line"), at: try row.date("at"), level: level, node: try row.optionalString("node"),
            message: try row.string("message"))
    }
}
