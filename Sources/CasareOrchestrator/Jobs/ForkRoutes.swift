import CasareDomain
import CasareStore
import CasareWire

enum ForkRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/jobs/{id}/fork", .needs(.operate),
            "Submit a job anew that goes on from a step of one that has ended or is blocked: what was recorded before "
                + "is taken over.",
            statuses: [201], Self.fork
        ).reading(.idempotencyKey)
    ]

    private static func fork(_ request: APIRequest, _ body: ForkJobRequest) async throws -> Answer<JobResponse> {
        let id = try request.jobID()
        let idempotency = try self.idempotency(of: request, body, on: id)
        let job = try await request.inTenant { connection in
            let new = try JobStore.fork(
                id, from: body.fromStep, by: request.actor, variables: body.variables, reason: body.reason,
                idempotency: idempotency, on: connection)
            guard let job = try JobStore.get(new, on: connection) else {
                throw StoreError.notFound(.job, new.description)
            }
            return job
        }
        request.services.bell.ring(request.principal.tenant)
        return Answer(status: 201, JobResponse(job: JobInfo(job)))
    }

    /// Without a key each request makes a fork of its own, which changes the world once more.
    static func idempotency(
        of request: APIRequest, _ body: ForkJobRequest, on job: Job.ID
    ) throws(APIProblem) -> NewJob.Idempotency? {
        guard let key = request.idempotencyKey else { return nil }
        try JobRoutes.checkKey(key)
        let variables = body.variables.map { Value.object($0).jsonText(.compact) } ?? ""
        return NewJob.Idempotency(key: key, request: "fork \(job) \(body.fromStep) \(variables)")
    }
}
