package import CasareDomain
package import CasarePostgres

package struct DeadLetterFilter: Hashable, Sendable {
    package var status: DeadLetter.Status?
    package var workflow: Workflow.ID?
    package var kind: Failure.Kind?

    package init(status: DeadLetter.Status? = nil, workflow: Workflow.ID? = nil, kind: Failure.Kind? = nil) {
        self.status = status
        self.workflow = workflow
        self.kind = kind
    }
}

/// Jobs that failed for good. `JobStore.retry` submits one anew. Call within `Database.asTenant`.
package enum DeadLetterStore {
    package static func get(_ job: Job.ID, on connection: isolated PostgresConnection) throws -> DeadLetter? {
        let rows = try connection.execute(DeadLetterQueries.get, ["job": .uuid(job.rawValue)])
        return try self.letters(rows, on: connection).first
    }

    /// Newest job first, below the cursor's.
    package static func list(
        _ filter: DeadLetterFilter = .init(), before cursor: Job.ID? = nil, limit: Int,
        on connection: isolated PostgresConnection
    ) throws -> [DeadLetter] {
        let before = (cursor ?? .last).rawValue
        let rows =
            switch filter.status {
            case .open:
                try connection.execute(
                    DeadLetterQueries.listOpen,
                    [
                        "before": .uuid(before), "workflow": .uuid(filter.workflow?.rawValue),
                        "kind": .text(filter.kind?.rawValue), "limit": .int(limit),
                    ])
            case .replayed, nil:
                try connection.execute(
                    DeadLetterQueries.list,
                    [
                        "before": .uuid(before), "is_replayed": .bool(filter.status.map { $0 == .replayed }),
                        "workflow": .uuid(filter.workflow?.rawValue), "kind": .text(filter.kind?.rawValue),
                        "limit": .int(limit),
                    ])
            }
        return try self.letters(rows, on: connection)
    }

    private static func letters(_ rows: Rows, on connection: isolated PostgresConnection) throws -> [DeadLetter] {
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
            let job = Job.ID(rawValue: try row.uuid("job_id"))
            let replay = try row.optionalUUID("replayed_as").map(Job.ID.init(rawValue:))
            return DeadLetter(
                id: job, workflowName: try row.string("workflow_name"),
                workflowVersion: try row.int("workflow_version"), failure: try Failure(row: row),
                fingerprint: try row.string("fingerprint"), attempts: attempts[job] ?? [],
                variables: try StoredJSON.object(try row.string("variables"), in: "dead letter \(job)"),
                status: replay == nil ? .open : .replayed, replayedAs: replay, openedAt: try row.date("opened_at"))
        }
    }
}
