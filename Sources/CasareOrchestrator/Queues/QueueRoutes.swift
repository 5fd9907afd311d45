import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials

enum QueueRoutes {
    static let all: [Route] = [
        .get("/api/v1/queues", .needs(.queueRead), "List queues by name.", query: [.limit, .cursor], Self.list),
        .get("/api/v1/queues/{name}", .needs(.queueRead), "One queue from nearer by.", Self.get),
        .get(
            "/api/v1/queues/{name}/keys", .needs(.queueRead),
            "A queue's keys by name, with what is said of each and its jobs.",
            query: [.limit, .cursor], Self.keys),
        .get(
            "/api/v1/queues/{name}/explain", .needs(.queueRead), "What holds a queue up, and what it has.",
            Self.explainQueue),
        .post(
            "/api/v1/queues/{name}/pause", .needs(.queueUpdate),
            "Lease nothing more from a queue, or of one key of it; what runs goes on.", Self.pause),
        .post(
            "/api/v1/queues/{name}/resume", .needs(.queueUpdate),
            "End a pause, of a queue or with key of one of its keys; what is not paused stays as it is.",
            Self.resume),
        .patch(
            "/api/v1/queues/{name}/limits", .needs(.queueUpdate),
            "Set limits of a queue or of one of its keys, or with null lift them. They hold from then on.", Self.limit),
        .post(
            "/api/v1/jobs/{id}/priority", .needs(.executionUpdate), "Give a job that waits another priority.",
            Self.priority),
        .get(
            "/api/v1/jobs/{id}/explain", .needs(.executionRead), "Why a job does not run, or where it stands.",
            Self.explainJob),
        .get(
            "/api/v1/robots/{id}/explain", .needs(.robotRead), "Why a robot does nothing, or not more.",
            Self.explainRobot),
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
            let actions = try ControlLog.list(of: name, noun: .queue, limit: Self.actionsShown, on: connection)
            return QueueStatsInfo(stats, actions: actions.map(ControlActionInfo.init))
        }
    }

    private static func keys(_ request: APIRequest) async throws -> QueueKeyPage {
        let name = request.parameter("name")
        let limit = try request.limit()
        let after = request.query["cursor"] ?? ""
        let keys = try await request.inTenant { connection in
            try QueueStore.keys(of: name, after: after, limit: limit + 1, on: connection)
        }
        let page = keys.page(of: limit, cursor: \.key)
        return QueueKeyPage(keys: page.items.map(QueueKeyInfo.init), nextCursor: page.nextCursor)
    }

    private static func explainQueue(_ request: APIRequest) async throws -> ExplanationInfo {
        let name = request.parameter("name")
        return try await self.explanation(request) { try QueueStore.explain(queue: name, on: $0) }
    }

    private static func explainJob(_ request: APIRequest) async throws -> ExplanationInfo {
        let id = try request.jobID()
        return try await self.explanation(request) { try QueueStore.explain(job: id, on: $0) }
    }

    private static func explainRobot(_ request: APIRequest) async throws -> ExplanationInfo {
        let id = try request.robotID()
        return try await self.explanation(request) { try QueueStore.explain(robot: id, on: $0) }
    }

    /// Its time is the database's, as all times in it are.
    private static func explanation(
        _ request: APIRequest, _ explain: @Sendable (isolated PostgresConnection) throws -> Explanation
    ) async throws -> ExplanationInfo {
        let (explanation, now) = try await request.inTenant { connection in
            (try explain(connection), try QueueStore.now(on: connection))
        }
        return ExplanationInfo(explanation, explainedAt: now)
    }

    // MARK: Steering

    private static func pause(
        _ request: APIRequest, _ body: PauseQueueRequest
    ) async throws -> Answer<PauseQueueResponse> {
        let name = request.parameter("name")
        let paused = try await request.inTenant { connection in
            let paused = try QueueStore.pause(
                name, key: body.key, by: request.actor, reason: body.reason, until: body.until,
                lasting: body.forSeconds, on: connection)
            try ControlLog.record(
                "queue.pause", of: name, by: request.actor, reason: body.reason,
                detail: Self.detail(
                    ("key", body.key.map(Value.string)),
                    ("until", body.until.map { .string(Timestamp.text($0)) }),
                    ("for_seconds", body.forSeconds.map(Value.double))),
                on: connection)
            return paused
        }
        request.services.bell.ring(request.principal.tenant)
        return Answer(PauseQueueResponse(paused))
    }

    private static func resume(
        _ request: APIRequest, _ body: ResumeQueueRequest
    ) async throws -> Answer<PauseQueueResponse> {
        let name = request.parameter("name")
        let resumed = try await request.inTenant { connection in
            let resumed = try QueueStore.resume(name, key: body.key, on: connection)
            // What changed nothing was not done.
            guard resumed.wasPaused else { return resumed }
            try ControlLog.record(
                "queue.resume", of: name, by: request.actor, reason: body.reason,
                detail: Self.detail(("key", body.key.map(Value.string))), on: connection)
            return resumed
        }
        if resumed.wasPaused { request.services.bell.ring(request.principal.tenant) }
        return Answer(PauseQueueResponse(resumed))
    }

    private static func limit(_ request: APIRequest, _ body: ChangeLimitsRequest) async throws -> ChangeLimitsResponse {
        let name = request.parameter("name")
        if body.create {
            try ShortText.check(name, "name", charactersMax: SubmitJobRequest.environmentCharactersMax)
        }
        let response = try await request.inTenant { connection in
            if body.create { try QueueStore.create(name, on: connection) }
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
            let job = try JobStore.changePriority(
                id, to: body.priority, by: request.actor, reason: body.reason, on: connection)
            return try request.shown(job, on: connection)
        }
        request.services.bell.ring(request.principal.tenant)
        return Answer(JobResponse(job: job))
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

extension PauseQueueResponse {
    fileprivate init(_ pausing: QueuePausing) {
        self.init(
            queue: QueueInfo(pausing.queue), key: pausing.key.map(QueueKeyInfo.init), wasPaused: pausing.wasPaused,
            keysPaused: pausing.keysPaused.value)
    }
}
