import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

/// Jobs that people keep from going on, and let go on.
enum PauseRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/jobs/{id}/pause", .needs(.executionUpdate),
            "Keep a job from going on until it is resumed: at once when it waits, else after the step that it is in.",
            Self.pause),
        .post(
            "/api/v1/jobs/{id}/resume", .needs(.executionUpdate),
            "Let a paused job go on, behind the jobs that wait already. Its attempts are as before.", Self.resume),
    ]

    private static func pause(_ request: APIRequest, _ body: PauseJobRequest) async throws -> Answer<JobResponse> {
        let id = try request.jobID()
        let (change, job) = try await request.inTenant { connection in
            let change = try JobStore.pause(id, by: request.actor, reason: body.reason, on: connection)
            return (change, try request.shown(change.job, on: connection))
        }
        self.announce(change, request)
        return Answer(JobResponse(job: job))
    }

    private static func resume(_ request: APIRequest, _ body: PauseJobRequest) async throws -> Answer<JobResponse> {
        let id = try request.jobID()
        let (change, job) = try await request.inTenant { connection in
            let change = try JobStore.resume(id, by: request.actor, reason: body.reason, on: connection)
            return (change, try request.shown(change.job, on: connection))
        }
        self.announce(change, request)
        if case .pending(let dueAt) = change.job.state {
            request.services.bell.ring(request.principal.tenant)
            if let dueAt {
                request.services.promotionAlarm.ring(in: .seconds(max(0, dueAt.timeIntervalSinceNow)))
            }
        }
        return Answer(JobResponse(job: job))
    }

    private static func announce(_ change: JobStore.PauseChange, _ request: APIRequest) {
        if let session = change.session { request.services.bell.sessionChanged(session) }
        request.services.bell.jobChanged(change.job.id)
    }
}
