package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

/// Which jobs a list shows.
package struct JobFilter: Hashable, Sendable {
    package var status: Job.Status?
    package var workflow: Workflow.ID?
    /// Submitted at this time or later.
    package var since: Date?
    /// Submitted before this time.
    package var until: Date?

    package init(status: Job.Status? = nil, workflow: Workflow.ID? = nil, since: Date? = nil, until: Date? = nil) {
        self.status = status
        self.workflow = workflow
        self.since = since
        self.until = until
    }
}

/// How many jobs are where, apart from those that have ended.
package struct JobCounts: Hashable, Sendable {
    package let ready: Int
    package let scheduled: Int
    package let running: Int
    package let blocked: Int
    package let paused: Int
    package let deadLettersOpen: Int
    /// Those of the numbers that stop at a bound, of which there are more.
    package internal(set) var inexact: Set<Kind> = []

    package enum Kind: Hashable, Sendable { case ready, scheduled, running, blocked, paused, deadLettersOpen }
}

extension JobStore {
    /// A job with its result.
    package static func get(_ id: Job.ID, on connection: isolated PostgresConnection) throws -> Job? {
        guard let row = try connection.execute(JobQueries.get, ["job": .uuid(id.rawValue)]).first else { return nil }
        return try Job(row: row, result: try row.optionalString("result"))
    }

    /// Newest first, those submitted before the cursor's job; without their results, which may be large.
    package static func list(
        _ filter: JobFilter = .init(), before cursor: Job.ID? = nil, limit: Int,
        on connection: isolated PostgresConnection
    ) throws -> [Job] {
        let from = filter.since.map(Job.ID.lowerBound(at:)) ?? .first
        let before = min(cursor ?? .last, filter.until.map(Job.ID.lowerBound(at:)) ?? .last)
        let rows =
            switch filter.status {
            case nil where filter.workflow == nil, .completed where filter.workflow == nil:
                try connection.execute(
                    filter.status == nil ? JobQueries.page : JobQueries.pageOfCompleted,
                    ["from": .uuid(from.rawValue), "before": .uuid(before.rawValue), "limit": .int(limit)])
            case .failed, .cancelled:
                try connection.execute(
                    JobQueries.pageOfUnsuccessful,
                    [
                        "from": .uuid(from.rawValue), "before": .uuid(before.rawValue), "limit": .int(limit),
                        "workflow": .uuid(filter.workflow?.rawValue), "kind": .text(filter.status?.rawValue),
                    ])
            case nil, .pending, .running, .blocked, .paused, .completed:
                try connection.execute(
                    self.pageQuery(of: filter.status),
                    [
                        "from": .uuid(from.rawValue), "before": .uuid(before.rawValue), "limit": .int(limit),
                        "workflow": .uuid(filter.workflow?.rawValue),
                    ])
            }
        return try rows.map { try Job(row: $0, result: nil) }
    }

    /// Those that take a workflow, beside the span and the limit.
    private static func pageQuery(of status: Job.Status?) -> Query {
        switch status {
        case nil: JobQueries.pageOfWorkflow
        case .pending: JobQueries.pageOfPending
        case .running: JobQueries.pageOfRunning
        case .blocked: JobQueries.pageOfBlocked
        case .paused: JobQueries.pageOfPaused
        case .completed: JobQueries.pageOfCompletedOfWorkflow
        case .failed, .cancelled: JobQueries.pageOfUnsuccessful
        }
    }

    /// Nobody reads beyond `QueueStore.countMax`.
    package static func counts(on connection: isolated PostgresConnection) throws -> JobCounts {
        let max = QueueStore.countMax
        let row = try connection.execute(JobQueries.counts, ["count_max": .int(max)]).only()
        var inexact: Set<JobCounts.Kind> = []
        func count(_ kind: JobCounts.Kind, _ column: String) throws -> Int {
            let count = BoundedCount(try row.int(column), max: max)
            if !count.isExact { inexact.insert(kind) }
            return count.value
        }
        var counts = JobCounts(
            ready: try count(.ready, "ready"), scheduled: try count(.scheduled, "scheduled"),
            running: try count(.running, "running"), blocked: try count(.blocked, "blocked"),
            paused: try count(.paused, "paused"),
            deadLettersOpen: try count(.deadLettersOpen, "dead_letters_open"))
        counts.inexact = inexact
        return counts
    }

    /// The job's whole journal, in order, with all results.
    package static func steps(_ id: Job.ID, on connection: isolated PostgresConnection) throws -> [JournalRow] {
        let rows = try connection.execute(JournalQueries.rows, ["job": .uuid(id.rawValue)])
        if rows.isEmpty, try self.status(id, on: connection) == nil {
            throw StoreError.notFound(.job, id.description)
        }
        return try rows.map(JournalRow.init(row:))
    }

    /// The same for people: a part of it, in order.
    package static func stepsPage(
        _ id: Job.ID, _ filter: StepsFilter, on connection: isolated PostgresConnection
    ) throws -> StepsPage {
        let limit = min(filter.limit ?? .max, StepsPage.stepsMax)
        let rows = try connection.execute(
            JournalQueries.page,
            [
                "job": .uuid(id.rawValue), "after": .int(filter.after ?? -1), "limit": .int(limit + 1),
                "with_results": .bool(filter.withResults), "bytes": .int(StepsPage.bytesMax),
                "step_bytes": .int(StepsPage.bytesPerStep),
            ])
        if rows.isEmpty, try self.status(id, on: connection) == nil {
            throw StoreError.notFound(.job, id.description)
        }
        return StepsPage(
            steps: try rows.map(JournaledStep.init(row:)), hasMore: try rows.first?.bool("has_more") ?? false)
    }

    static func status(_ id: Job.ID, on connection: isolated PostgresConnection) throws -> Job.Status? {
        try connection.execute(JobQueries.status, ["job": .uuid(id.rawValue)]).first.map { row in
            let text = try row.string("status")
            guard let status = Job.Status(rawValue: text) else {
                throw StoreError.unreadable("job \(id) has the unknown status \"\(text)\"")
            }
            return status
        }
    }
}
