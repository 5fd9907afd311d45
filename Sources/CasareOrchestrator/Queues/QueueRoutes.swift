import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

enum QueueRoutes {
    static let all: [Route] = [
        .get("/api/v1/queues", .needs(.read), "List queues by name.", query: [.limit, .cursor], Self.list),
        .get("/api/v1/queues/{name}", .needs(.read), "One queue from nearer by.", Self.get),
        .get(
            "/api/v1/queues/{name}/explain", .needs(.read), "What holds a queue up, and what it has.",
            Self.explainQueue),
        .post(
            "/api/v1/queues/{name}/pause", .needs(.operate),
            "Lease nothing more from a queue, or of one key of it; what runs goes on.", Self.pause),
        .post("/api/v1/queues/{name}/resume", .needs(.operate), "End a pause.", Self.resume),
        .patch(
            "/api/v1/queues/{name}/limits", .needs(.operate),
            "Set limits of a queue or of one of its keys, or with null lift them. They hold from then on.", Self.limit),
        .post(
            "/api/v1/jobs/{id}/priority", .needs(.operate), "Give a job that waits another priority.", Self.priority),
        .get(
            "/api/v1/jobs/{id}/explain", .needs(.read), "Why a job does not run, or where it stands.", Self.explainJob),
        .get(
            "/api/v1/robots/{id}/explain", .needs(.read), "Why a robot does nothing, or not more.", Self.explainRobot),
    ]

    // MARK: Looking

    private static func list(_ request: APIRequest) async throws -> QueuePage {
        let limit = try request.limit()
        let after = request.query["cursor"] ?? ""
        let queues = try await request.inTenant { connection in
            try QueueStore.list(after: after, limit: limit + 1, on: connection)
        }
        let page = queues.page(of: limit, cursor: \.name)
        return QueuePage(queues: page.items.map(QueueInfo.init), nextCursor: page.nextCursor)
    }

    /// What was done last is mostly what somebody looks for.
    private static let actionsShown = 5

    private static func get(_ request: APIRequest) async throws -> QueueStatsInfo {
        let name = request.parameter("name")
        return try await request.inTenant { connection in
            let stats = try QueueStore.stats(name, on: connection)
            let actions = try ControlLog.list(of: name, limit: Self.actionsShown, on: connection)
            return QueueStatsInfo(stats, actions: actions.map(ControlActionInfo.init))
        }
    }

    private static func explainQueue(_ request: APIRequest) async throws -> ExplanationInfo {
        let name = request.parameter("name")
        return ExplanationInfo(
            try await request.inTenant { try QueueStore.explain(queue: name, on: $0) }, explainedAt: Date())
    }

    private static func explainJob(_ request: APIRequest) async throws -> ExplanationInfo {
        let id = try request.jobID()
        return ExplanationInfo(
            try await request.inTenant { try QueueStore.explain(job: id, on: $0) }, explainedAt: Date())
    }

    private static func explainRobot(_ request: APIRequest) async throws -> ExplanationInfo {
        let id = try request.robotID()
        return ExplanationInfo(
            try await request.inTenant { try QueueStore.explain(robot: id, on: $0) }, explainedAt: Date())
    }

    // MARK: Steering

    private static func pause(_ request: APIRequest, _ body: PauseQueueRequest) async throws -> Answer<QueueInfo> {
        let name = request.parameter("name")
        let until = body.until ?? body.forSeconds.map { Date().addingTimeInterval($0) }
        if let until, until <= Date() {
            throw APIProblem.invalidInput("until", "is past; a pause that is over from the start holds nothing up")
        }
        let queue = try await request.inTenant { connection in
            let queue = try QueueStore.pause(
                name, key: body.key, by: request.actor, reason: body.reason, until: until, on: connection)
            try ControlLog.record(
                "queue.pause", of: name, by: request.actor, reason: body.reason,
                detail: Self.detail(
                    ("key", body.key.map(Value.string)), ("until", until.map { .string(Timestamp.text($0)) })),
                on: connection)
            return queue
        }
        request.services.bell.ring(request.principal.tenant)
        return Answer(QueueInfo(queue))
    }

    private static func resume(_ request: APIRequest, _ body: ResumeQueueRequest) async throws -> Answer<QueueInfo> {
        let name = request.parameter("name")
        let queue = try await request.inTenant { connection in
            let queue = try QueueStore.resume(name, key: body.key, on: connection)
            try ControlLog.record(
                "queue.resume", of: name, by: request.actor, reason: body.reason,
                detail: Self.detail(("key", body.key.map(Value.string))), on: connection)
            return queue
        }
        request.services.bell.ring(request.principal.tenant)
        return Answer(QueueInfo(queue))
    }

    private static func limit(_ request: APIRequest, _ body: ChangeLimitsRequest) async throws -> ChangeLimitsResponse {
        let name = request.parameter("name")
        let response = try await request.inTenant { connection in
            var key: QueueKeyInfo?
            if let name = body.key {
                key = QueueKeyInfo(
                    try QueueStore.limit(request.parameter("name"), key: name, on: connection) { body.apply(to: &$0) })
            } else {
                _ = try QueueStore.limit(name, on: connection) { body.apply(to: &$0) }
            }
            try ControlLog.record(
                "queue.limit", of: name, by: request.actor, reason: body.reason, detail: try Self.detail(of: body),
                on: connection)
            return ChangeLimitsResponse(queue: QueueInfo(try QueueStore.get(name, on: connection)), key: key)
        }
        request.services.bell.ring(request.principal.tenant)
        return response
    }

    private static func priority(
        _ request: APIRequest, _ body: ChangePriorityRequest
    ) async throws -> Answer<JobResponse> {
        let id = try request.jobID()
        let job = try await request.inTenant { connection in
            try JobStore.changePriority(
                id, to: body.priority, by: request.actor, reason: body.reason, on: connection)
        }
        request.services.bell.ring(request.principal.tenant)
        return Answer(JobResponse(job: JobInfo(job)))
    }

    private static func detail(_ members: (String, Value?)...) -> Object {
        Object(members.compactMap { name, value in value.map { (name, $0) } })
    }

    /// What was asked for, as it was asked for; the reason has a place of its own.
    private static func detail(of body: ChangeLimitsRequest) throws -> Object {
        var detail = try ValueEncoder.encode(body).object ?? [:]
        detail["reason"] = nil
        if body.key == nil { detail["key"] = nil }
        return detail
    }
}
