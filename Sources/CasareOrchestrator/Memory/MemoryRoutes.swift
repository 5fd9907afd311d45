import CasareDomain
import CasareEngine
import CasareStore
import CasareWire
import FoundationEssentials
import HTTPTypes

/// The routes of the API, answered from a queue in memory: the same paths, bodies, permissions and errors. A route that
/// is not answered here tells whoever may use it that it needs a database.
struct MemoryRoutes: Sendable {
    let queue: SharedMemoryQueue
    let catalogue: NodeCatalogue
    let waitingRoom: WaitingRoom
    let metrics: OrchestratorMetrics
    let sensitiveVariables = SensitiveVariables()

    /// - Precondition: every route that is answered here is one of the API's.
    var table: [Route] {
        var answers = self.answers
        let table = Orchestrator.routes.map { route in
            let name = "\(route.method.rawValue) \(route.path)"
            return answers.removeValue(forKey: name)?(route) ?? route.refused(Self.needsDatabase(name))
        }
        precondition(answers.isEmpty, "There are no routes \(answers.keys.sorted())")
        return table
    }

    private typealias Answering = (Route) -> Route

    private var answers: [String: Answering] {
        let openAPI = Orchestrator.openAPI.json
        return [
            "GET /health/live": { $0 },
            "GET /health/ready": { $0.answered(by: self.ready) },
            "GET /metrics": { $0.answered(byText: self.exposition) },
            "GET /openapi.json": { $0.answered { _ in Answer(openAPI) } },
            "GET /api/v1/auth/me": { $0 },
            "GET /api/v1/auth/methods": { $0 },
            "POST /api/v1/auth/can-i": { $0 },
            "GET /api/v1/status": { $0.answered(by: self.status) },

            "POST /api/v1/workflows": { $0.answered(by: self.push) },
            "GET /api/v1/workflows": { $0.answered(by: self.workflows) },
            "POST /api/v1/workflows/validate": { $0.answered(by: self.validate) },
            "GET /api/v1/workflows/{workflow}": { $0.answered(by: self.workflow) },
            "GET /api/v1/workflows/{workflow}/versions": { $0.answered(by: self.versions) },
            "GET /api/v1/workflows/{workflow}/versions/{version}": { $0.answered(by: self.version) },

            "POST /api/v1/jobs": { $0.answered(by: self.submit) },
            "POST /api/v1/jobs/batch": { $0.answered(by: self.submitBatch) },
            "GET /api/v1/jobs": { $0.answered(by: self.jobs) },
            "GET /api/v1/jobs/{id}": { $0.answered(by: self.job) },
            "GET /api/v1/jobs/{id}/steps": { $0.answered(by: self.steps) },
            "GET /api/v1/jobs/{id}/history": { $0.answered(by: self.history) },
            "GET /api/v1/jobs/{id}/logs": { $0.answered(by: self.log) },
            "POST /api/v1/jobs/{id}/cancel": { $0.answered(by: self.cancel) },
            "POST /api/v1/jobs/{id}/retry": { $0.answered(by: self.retry) },
            "POST /api/v1/jobs/{id}/fork": { $0.answered(by: self.fork) },
            "POST /api/v1/jobs/{id}/resolve": { $0.answered(by: self.resolve) },
            "POST /api/v1/jobs/{id}/pause": { $0.answered(by: self.pause) },
            "POST /api/v1/jobs/{id}/resume": { $0.answered(by: self.resume) },

            "GET /api/v1/dlq": { $0.answered(by: self.deadLetters) },
            "GET /api/v1/dlq/{id}": { $0.answered(by: self.deadLetter) },
            "POST /api/v1/dlq/{id}/retry": { $0.answered(by: self.retryDeadLetter) },

            "GET /api/v1/robots": { $0.answered(by: self.robots) },
            "GET /api/v1/robots/{id}": { $0.answered(by: self.robot) },

            "GET /api/v1/tenant/policy": { $0.answered(by: self.policy) },
            "PATCH /api/v1/tenant/policy": { $0.answered(by: self.changePolicy) },
        ]
    }

    private static func needsDatabase(_ route: String) -> APIProblem {
        APIProblem(
            .needsDatabase,
            "\(route) needs PostgreSQL, and this server has none: it keeps everything in memory, because it was started "
                + "by casarectl dev --memory. Install PostgreSQL and start it without --memory")
    }

    // MARK: - Health

    private func ready(_: APIRequest) -> Answer<ReadyResponse> {
        let isStopping = self.waitingRoom.isClosed
        return Answer(
            status: isStopping ? 503 : 200,
            ReadyResponse(ready: !isStopping, reason: isStopping ? "the server is stopping" : .none, loops: []))
    }

    private func exposition(_ request: APIRequest) async throws -> Reply {
        try await MetricsRoutes.reply(request, self.metrics.registry)
    }

    private func status(_: APIRequest) throws -> Answer<StatusResponse> {
        Answer(
            try self.queue.access { queue, now throws(StoreError) in
                let overview = queue.overview(now: now)
                return StatusResponse(
                    database: "none: all is in memory, and lost when the server ends", counts: queue.counts,
                    robots: queue.robots(limit: .max, now: now),
                    blocked: queue.longestBlocked(limit: BlockedJobInfo.countMax), queues: overview.queues,
                    hasMoreQueues: overview.hasMoreQueues, letters: overview.letters, failing: overview.failing)
            })
    }

    // MARK: - Robots

    private func robots(_ request: APIRequest) throws -> Answer<RobotPage> {
        let limit = try request.limit()
        let after = try RobotRoutes.cursor(of: request)
        let page = try self.queue.access { queue, now throws(StoreError) in
            queue.robots(after: after, limit: limit + 1, now: now)
        }.page(of: limit, cursor: \.id.rawValue)
        return Answer(RobotPage(robots: page.items.map(RobotInfo.init), nextCursor: page.nextCursor))
    }

    private func robot(_ request: APIRequest) throws -> Answer<RobotInfo> {
        let id = try request.robotID()
        return Answer(
            RobotInfo(
                try self.queue.access { queue, now throws(StoreError) in try queue.robot(id, now: now) }))
    }

    // MARK: - Policy

    private func policy(_: APIRequest) throws -> Answer<PolicyInfo> {
        Answer(PolicyInfo(try self.queue.access { queue, _ throws(StoreError) in queue.policy }))
    }

    private func changePolicy(_ request: APIRequest, _ body: ChangePolicyRequest) throws -> Answer<PolicyInfo> {
        Answer(
            PolicyInfo(
                try self.queue.access { queue, now throws(StoreError) in
                    queue.changePolicy(by: request.actor, now: now) { body.apply(to: &$0) }
                    return queue.policy
                }))
    }
}
