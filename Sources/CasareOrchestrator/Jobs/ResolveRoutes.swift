import CasareDomain
import CasareEngine
import CasareStore
import CasareWire

/// What a person says of a step that may or may not have happened.
enum ResolveRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/jobs/{id}/resolve", .needs(.executionUpdate),
            "Answer the question of a blocked job, which goes on from there. Of two who answer, one is refused with 409.",
            Self.resolve)
    ]

    private static func resolve(
        _ request: APIRequest, _ body: ResolveJobRequest
    ) async throws -> Answer<JobResponse> {
        let id = try request.jobID()
        // A job's variables and its version of the workflow never change.
        let (document, variables) = try await request.inTenant { connection in
            guard let job = try JobStore.get(id, on: connection) else {
                throw StoreError.notFound(.job, id.description)
            }
            let version = try WorkflowStore.version(job.workflowVersion, of: job.workflow, on: connection)
            return (version.document, job.variables)
        }
        let seal = JournalSeal(ofDocument: document, given: variables, catalogue: request.services.catalogue)
        let job = try await request.inTenant { connection in
            let job = try JobStore.resolve(
                id, step: body.step, attempt: body.attempt, as: body.resolution, by: request.actor,
                reason: body.reason, seal: { seal?.sealed(stored: $0) ?? $0 }, on: connection)
            return try request.shown(job, on: connection)
        }
        request.services.bell.jobChanged(id)
        request.services.bell.ring(request.principal.tenant)
        return Answer(JobResponse(job: job))
    }
}

extension BlockedJobInfo {
    /// `GET /api/v1/status` lists so many.
    static let countMax = 5

    init(_ job: BlockedJob) {
        self.init(id: job.id, workflow: job.workflowName, question: job.question, since: job.since)
    }
}
