import CasareDomain
import CasarePostgres
import FoundationEssentials

extension Job {
    /// Reads a row of the view `job_details`.
    init(row: Row, result: String?) throws {
        let id = ID(rawValue: try row.uuid("job_id"))
        guard let priority = Priority(rawValue: try row.int("priority")) else {
            throw StoreError.unreadable("job \(id) has an impossible priority")
        }
        self.init(
            id: id, workflow: Workflow.ID(rawValue: try row.uuid("workflow_id")),
            workflowName: try row.string("workflow_name"), workflowVersion: try row.int("workflow_version"),
            priority: priority, environment: try row.string("environment"),
            variables: try StoredJSON.object(try row.string("variables"), in: "job \(id)"),
            options: try StoredJSON.options(try row.string("options"), in: "job \(id)"),
            attempt: try row.int("attempt"), state: try State(row: row, job: id, result: result),
            idempotencyKey: try row.optionalString("idempotency_key"),
            retryOf: try row.optionalUUID("retry_of").map(ID.init(rawValue:)),
            createdAt: try row.date("created_at"), createdBy: try row.string("created_by"),
            queueKey: try row.optionalString("queue_key"), requirements: try Requirements(row: row, job: id),
            expiresAt: try row.optionalDate("expires_at"), uniqueKey: try UniqueKey(row: row, job: id),
            forkedFrom: try Origin(row: row), traceID: try TraceID(row: row))
    }
}

extension Job.Origin {
    fileprivate init?(row: Row) throws {
        guard let job = try row.optionalUUID("forked_from") else { return nil }
        self.init(job: Job.ID(rawValue: job), step: try row.int("forked_step"))
    }
}

extension Job.Requirements {
    fileprivate init(row: Row, job: Job.ID) throws {
        let robot = try row.optionalString("required_robot")
        self.init(
            tags: try row.decode("required_tags", as: [String]?.self) ?? [],
            capabilities: try row.decode("required_capabilities", as: [String]?.self) ?? [],
            robot: try robot.map { text in
                guard let robot = Robot.ID(rawValue: text) else {
                    throw StoreError.unreadable("job \(job) asks for \"\(text)\", which is no robot's ID")
                }
                return robot
            })
    }
}

extension Job.UniqueKey {
    fileprivate init?(row: Row, job: Job.ID) throws {
        guard let key = try row.optionalString("unique_key") else { return nil }
        guard let scope = ScopeName(rawValue: try row.optionalString("unique_scope") ?? ""),
            let held = Self(key: key, scope: scope, windowSeconds: try row.optionalDouble("unique_seconds"))
        else { throw StoreError.unreadable("the unique key of job \(job) has an unknown scope") }
        self = held
    }
}

extension Job.State {
    fileprivate init(row: Row, job: Job.ID, result: String?) throws {
        let text = try row.string("status")
        switch Job.Status(rawValue: text) {
        case .pending: self = .pending(dueAt: try row.optionalDate("due_at"))
        case .running:
            self = .running(
                Job.Running(
                    robot: try row.optionalString("robot_id") ?? "", since: try row.date("started_at"),
                    pause: try Job.Pause(row: row)))
        case .blocked:
            self = .blocked(
                Job.Question(
                    step: try row.int("blocked_step"), node: try row.string("blocked_node"),
                    nodeType: try row.string("blocked_node_type"), text: try row.string("question")),
                since: try row.date("blocked_since"))
        case .paused:
            guard let pause = try Job.Pause(row: row) else {
                throw StoreError.unreadable("job \(job) is paused by nobody")
            }
            self = .paused(pause, dueAt: try row.optionalDate("due_at"))
        case .completed: self = .finished(try Job.Outcome(row: row, kind: .completed, job: job, result: result))
        case .cancelled: self = .finished(try Job.Outcome(row: row, kind: .cancelled, job: job, result: result))
        case .failed:
            let kind = try Failure(row: row, node: "failed_node").kind
            self = .finished(try Job.Outcome(row: row, kind: .failed(kind), job: job, result: result))
        case nil: throw StoreError.unreadable("job \(job) has the unknown status \"\(text)\"")
        }
    }
}

extension Job.Pause {
    fileprivate init?(row: Row) throws {
        guard let person = try row.optionalString("paused_by") else { return nil }
        self.init(by: person, reason: try row.optionalString("pause_reason"), since: try row.date("paused_since"))
    }
}

extension Job.Outcome {
    fileprivate init(row: Row, kind: Kind, job: Job.ID, result: String?) throws {
        let failure: Failure? = if case .failed = kind { try Failure(row: row, node: "failed_node") } else { nil }
        self.init(
            kind: kind, result: try result.map { try RunResult(stored: $0, job: job) },
            message: try row.optionalString("message"), robot: try row.optionalString("robot_id"),
            startedAt: try row.optionalDate("started_at"), finishedAt: try row.date("finished_at"), failure: failure)
    }
}

extension RunResult {
    init(stored text: String, job: Job.ID) throws(StoreError) {
        guard let result = RunResult(json: .object(try StoredJSON.object(text, in: "the result of job \(job)"))) else {
            throw .unreadable("the result of job \(job) does not say whether it succeeded")
        }
        self = result
    }
}

extension Failure {
    /// Reads the columns that outcomes, attempts and dead letters share; only the node's has another name in places.
    init(row: Row, node: String = "node") throws {
        let text = try row.string("failure_kind")
        guard let kind = Kind(rawValue: text) else {
            throw StoreError.unreadable("the kind of failure \"\(text)\" is unknown")
        }
        self.init(
            kind: kind, message: try row.string("message"), type: try row.string("failure_type"),
            node: try row.optionalString(node))
    }
}

extension JournalRow {
    init(row: Row) throws(PostgresError) {
        self.init(
            step: try row.int("step"), node: try row.string("node"), nodeType: try row.string("node_type"),
            effect: try row.string("effect"), result: try row.optionalString("result"),
            startedAt: try row.date("started_at"), finishedAt: try row.optionalDate("finished_at"))
    }
}
