import CasareDomain
import CasareStore
import CasareWire

/// Jobs that are run again, named by themselves or by their dead letters.
enum RerunRoutes {
    enum Noun {
        case job, deadLetter

        var verb: String {
            switch self {
            case .job: "retry"
            case .deadLetter: "replay"
            }
        }
    }

    static func rerun(
        _ noun: Noun, _ request: APIRequest, _ body: RetryJobRequest
    ) async throws -> Answer<RerunResponse> {
        let id = try request.jobID()
        let idempotency = try ForkRoutes.idempotency(of: request, body, on: id)
        let choices = body.choices
        let (response, made, _) = try await RerunSpan.record(noun.verb, of: request) { span in
            try await request.inTenant { connection in
                let variables = try request.services.sensitiveVariables.variables(
                    ofRerun: id, choices, in: request.principal.tenant, on: connection)
                let new =
                    switch noun {
                    case .job:
                        try JobStore.retry(
                            id, from: choices.from, version: choices.version, by: request.actor, variables: variables,
                            reason: body.reason, idempotency: idempotency, trace: span.trace, on: connection)
                    case .deadLetter:
                        try JobStore.replay(
                            id, from: choices.from, version: choices.version, by: request.actor, variables: variables,
                            reason: body.reason, idempotency: idempotency, trace: span.trace, on: connection)
                    }
                request.audit?.note(detail: ["job": .string(new.description)])
                try span.repeats(id, on: connection)
                guard let job = try JobStore.get(new, on: connection) else {
                    throw StoreError.notFound(.job, new.description)
                }
                try request.requireUse(ofSecretsIn: job.workflow, version: job.workflowVersion, on: connection)
                let repeated = try JobStore.effectsRepeated(
                    of: id, from: job.forkedFrom?.step, limit: RerunResponse.repeatsMax, on: connection)
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
}
