import CasareDomain
import CasareStore
import CasareWire

enum ForkRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/jobs/{id}/fork", .needs(.executionUpdate),
            "Submit a job anew that goes on from a step of one that has ended or is blocked: what was recorded before "
                + "is taken over.",
            statuses: [201], Self.fork
        ).reading(.idempotencyKey)
    ]

    private static func fork(_ request: APIRequest, _ body: ForkJobRequest) async throws -> Answer<RerunResponse> {
        let id = try request.jobID()
        let idempotency = try self.idempotency(of: request, body, on: id)
        let (response, made, _) = try await RerunSpan.record("fork", of: request) { span in
            try await request.inTenant { connection in
                let new = try JobStore.fork(
                    id, from: body.fromStep, by: request.actor,
                    variables: try request.restored(body.variables, of: id, on: connection), reason: body.reason,
                    idempotency: idempotency, trace: span.trace, on: connection)
                try span.repeats(id, on: connection)
                guard let job = try JobStore.get(new, on: connection) else {
                    throw StoreError.notFound(.job, new.description)
                }
                try request.requireUse(ofSecretsIn: job.workflow, version: job.workflowVersion, on: connection)
                let repeated = try JobStore.effectsRepeated(
                    of: id, from: body.fromStep, limit: RerunResponse.repeatsMax, on: connection)
                return (
                    RerunResponse(try request.shown(job, on: connection), repeated),
                    try JobStore.tally(of: [new], on: connection), job
                )
            }
        } job: {
            $0.2
        }
        request.services.metrics.made(made, by: .rerun)
        request.services.bell.ring(request.principal.tenant)
        return Answer(status: 201, response)
    }

    /// Without a key each request makes a fork of its own, which changes the world once more.
    static func idempotency(
        of request: APIRequest, _ body: ForkJobRequest, on job: Job.ID
    ) throws(APIProblem) -> NewJob.Idempotency? {
        try self.idempotency(of: request, "fork \(job) \(body.fromStep)", body.variables)
    }

    /// Without a key the second of two requests to retry a job is refused, also when the first one's answer was lost.
    static func idempotency(
        of request: APIRequest, _ body: RetryJobRequest, on job: Job.ID
    ) throws(APIProblem) -> NewJob.Idempotency? {
        let point =
            switch body.from ?? .start {
            case .start: "start"
            case .failed: "failed"
            case .step(let step): "\(step)"
            }
        // What came later is left out where it is not asked for: repeats of older requests are still known.
        var text = "retry \(job) \(point)"
        if let version = body.version { text += " version \(version.rawValue)" }
        if let patch = body.patch { text += " patch \(patch.json.jsonText(.compact))" }
        if let set = body.set { text += " set \(Value.object(set).jsonText(.compact))" }
        return try self.idempotency(of: request, text, body.variables)
    }

    private static func idempotency(
        of request: APIRequest, _ text: String, _ variables: Object?
    ) throws(APIProblem) -> NewJob.Idempotency? {
        guard let key = request.idempotencyKey else { return nil }
        try JobRoutes.checkKey(key)
        let variables = variables.map { Value.object($0).jsonText(.compact) } ?? ""
        return NewJob.Idempotency(key: key, request: "\(text) \(variables)")
    }
}

extension RerunResponse {
    init(_ job: JobInfo, _ repeated: (effects: [RepeatedEffect], count: Int)) {
        self.init(
            job: job,
            repeats: repeated.effects.map { effect in
                RepeatedEffectInfo(
                    step: effect.step, node: effect.node, nodeType: effect.nodeType, isInDoubt: effect.isInDoubt)
            }, repeatsCount: repeated.count)
    }
}
