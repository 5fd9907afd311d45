import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import Logging

enum HealthRoutes {
    static let all: [Route] = [
        .get("/health/live", .everyone, "Whether the process answers.") { _ in
            LiveResponse(version: CasareVersion.current)
        },
        .getWithStatus(
            "/health/ready", .everyone, "Whether requests can be served, and if not, why.", statuses: [200, 503],
            Self.ready),
        .get("/openapi.json", .everyone, "This description.") { request in request.services.openAPI.json },
        .get("/api/v1/status", .needs(.executionRead), "How the queue and the robots stand.", Self.status),
    ]

    /// How long a health check waits for the database.
    private static let databaseWaitMax = Duration.seconds(2)

    private static func ready(_ request: APIRequest) async throws -> Answer<ReadyResponse> {
        let reason = await self.obstacle(request)
        return Answer(
            status: reason == nil ? 200 : 503,
            ReadyResponse(
                ready: reason == nil, reason: reason, loops: request.services.loops.loops,
                providers: request.services.providerBoard.health.map(\.inGeneral)))
    }

    /// Why requests cannot be served; `nil` when they can.
    private static func obstacle(_ request: APIRequest) async -> String? {
        if request.services.waitingRoom.isClosed { return "the server is stopping" }
        do {
            let status = try await request.services.database.asSystem(
                deadline: .now + Self.databaseWaitMax, statementMax: Self.databaseWaitMax
            ) { connection in
                try Migrator().status(on: connection)
            }
            try status.check()
            return nil
        } catch let error as MigrationError {
            return error.description
        } catch {
            request.logger.debug("The database is not ready", metadata: ["error": "\(error)"])
            return APIProblem(error).message
        }
    }

    /// Robots beyond so many are not counted.
    private static let robotsCountedMax = 10_000

    private static func status(_ request: APIRequest) async throws -> StatusResponse {
        try await request.inTenant { connection in
            let (queues, hasMoreQueues) = try StatusStore.queues(on: connection)
            return StatusResponse(
                database: "ok", counts: try JobStore.counts(on: connection),
                robots: try RobotStore.list(limit: Self.robotsCountedMax, on: connection),
                blocked: try JobStore.longestBlocked(limit: BlockedJobInfo.countMax, on: connection), queues: queues,
                hasMoreQueues: hasMoreQueues, letters: try StatusStore.letters(on: connection),
                failing: try StatusStore.failing(on: connection), late: try ScheduleStore.late(on: connection),
                drift: try AppliedStore.drift(on: connection))
        }
    }
}
