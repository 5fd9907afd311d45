import CasareDomain
import CasarePostgres
import CasareStore
import CasareWire
import FoundationEssentials
import HTTPTypes
import Logging
import Tracing

/// Where senders of webhooks deliver. Whoever may is decided by each hook; who may not learns no more than that.
enum HookRoutes {
    static let all: [Route] = Webhook.Method.allCases.map { method in
        .raw(
            method.request, "/hooks/{id}", .everyone,
            "Deliver to the hook of a trigger, which proves for itself who asks. 202 says that it was taken: a job was "
                + "made, or the delivery had come before, or is of no interest.",
            statuses: [202], Self.deliver)
    }

    private static func deliver(_ request: APIRequest) async throws -> Answer<HookResponse> {
        guard let raw = request.raw else { preconditionFailure("A hook reads its requests itself") }
        let hook = try await Self.hook(request)
        guard let method = Webhook.Method(rawValue: raw.method), hook.webhook.methods.contains(method) else {
            throw Self.otherMethod(hook.webhook)
        }
        let headers = raw.headers
        var arrival = TriggerDeliveries.Arrival(trigger: hook.trigger.id, source: raw.source)
        let body: [UInt8]
        do {
            body = try await raw.body(bytesMax: hook.webhook.bodyBytesMax)
        } catch let problem as APIProblem {
            try await hook.turnAway(arrival, as: .rejected, problem.message, request)
            throw problem
        }
        arrival.bytes = body.count
        let now = Date()
        let proof: HookProof
        do throws(SignatureFault) {
            proof = try hook.webhook.auth.check(
                HookMessage(headers: headers, body: body), secrets: hook.secrets, now: now)
        } catch {
            try await hook.turnAway(arrival, as: .rejected, error.description, request)
            throw Self.notProven
        }
        do {
            let services = request.services
            try await services.tenantGate.check(hook.tenant, in: services.database)
        } catch let problem as APIProblem where problem.code == .tenantSuspended {
            try await hook.turnAway(arrival, as: .failed, problem.message, request)
            throw problem
        }
        if hook.trigger.pause != nil {
            try await hook.turnAway(arrival, as: .paused, "the trigger is paused", request)
            throw Self.paused
        }
        if let filter = hook.webhook.refusing(headers) {
            try await hook.turnAway(
                arrival, as: .filtered, "the header \(filter.name) is not what the trigger waits for", request)
            return Answer(status: 202, HookResponse(delivery: arrival.id, result: .filtered, job: nil))
        }
        let content = DeliveryContent(
            body: body, headers: headers, query: request.query, proof: proof, hook.webhook, of: hook.trigger,
            id: arrival.id, at: now)
        arrival.variables = hook.webhook.variables.variables(of: content)
        let known = hook.trigger.spec.keys(of: content, proof, hook.webhook)
        arrival.keys = known.keys
        arrival.shownKey = known.shown
        return try await Self.fire(arrival, hook, request)
    }

    private static func fire(
        _ arrival: TriggerDeliveries.Arrival, _ hook: Hook, _ request: APIRequest
    ) async throws -> Answer<HookResponse> {
        let start = DefaultTracerClock.now
        let (outcome, receipt, made) = try await hook.inTenant(request) { connection in
            let outcome = try TriggerDeliveries.fire(arrival, on: connection)
            let receipt = TriggerReceipt(of: hook.trigger, outcome.delivery.result, job: outcome.delivery.job)
            return (outcome, receipt, try JobStore.tally(of: receipt.job.map { [$0] } ?? [], on: connection))
        }
        let delivery = outcome.delivery
        request.services.metrics.received(by: .webhook, [delivery.result])
        request.services.received([receipt], made, since: start, linkedTo: request.trace)
        switch delivery.result {
        case .accepted:
            request.services.bell.ring(hook.tenant)
            return Answer(
                status: 202, HookResponse(delivery: delivery.id, result: delivery.result, job: delivery.job))
        case .duplicate, .filtered:
            return Answer(
                status: 202, HookResponse(delivery: delivery.id, result: delivery.result, job: delivery.job))
        case .cooldown, .busy: throw Self.tooMany(outcome.retryAfter)
        case .paused: throw Self.paused
        case .rejected: throw Self.notProven
        case .failed:
            request.logger.warning(
                "A trigger could not make its job",
                metadata: [
                    "trigger.id": "\(hook.trigger.id)", "trigger.name": .string(hook.trigger.name),
                    "error": .string(delivery.reason ?? ""),
                ])
            throw APIProblem.unavailable(
                "the delivery was proper, and its job cannot be made just now; try again later",
                retryAfterSeconds: Self.failedRetrySeconds)
        }
    }

    // MARK: - The hook

    /// - Throws: 404 where there is none of that ID; 503 where its secret cannot be opened.
    private static func hook(_ request: APIRequest) async throws -> Hook {
        guard let id = Trigger.ID(request.parameter("id")) else { throw Self.noHook }
        let deadline = ContinuousClock.now + APIRequest.connectionWaitMax
        let tenant = try await request.services.database.asSystem(
            deadline: deadline, statementMax: request.services.database.statementMax
        ) { connection in
            try TriggerStore.tenant(of: id, on: connection)
        }
        guard let tenant else { throw Self.noHook }
        let found: (trigger: Trigger, sealed: [SealingKey.Sealed])
        do {
            found = try await request.services.database.asTenant(
                tenant, deadline: ContinuousClock.now + APIRequest.connectionWaitMax
            ) { connection in
                (
                    try TriggerStore.get(id, on: connection),
                    try TriggerStore.secrets(of: id, on: connection)
                )
            }
        } catch StoreError.notFound {
            // It went in between.
            throw Self.noHook
        }
        guard case .webhook(let webhook) = found.trigger.spec.source else { throw Self.noHook }
        var secrets: [[UInt8]] = []
        if webhook.auth.kind.needsSecret {
            secrets = try request.opened(found.sealed, of: found.trigger, in: tenant)
        }
        return Hook(tenant: tenant, trigger: found.trigger, webhook: webhook, secrets: secrets)
    }

    // MARK: - What senders are told

    private static let failedRetrySeconds = 60
    private static let noHook = APIProblem(.notFound, "there is no hook at this address")
    private static let notProven = APIProblem(
        .signatureInvalid,
        "the request does not prove who sent it; its signature or secret is missing, wrong, or of another time")
    private static let paused = APIProblem(.triggerPaused, "the hook is paused: nothing comes of deliveries")

    private static func otherMethod(_ webhook: Webhook) -> APIProblem {
        let methods = webhook.methods.map(\.rawValue).joined(separator: ", ")
        var problem = APIProblem(.methodNotAllowed, "the hook takes \(methods)")
        problem.allow = methods
        return problem
    }

    private static func tooMany(_ wait: Duration?) -> APIProblem {
        var problem = APIProblem(.tooManyRequests, "too soon, or too many at once; try again later")
        let seconds = (wait ?? TriggerDeliveries.busyRetry) / .seconds(1)
        problem.retryAfterSeconds = max(1, Int(seconds.rounded(.up)))
        return problem
    }
}

/// A trigger with what its requests are checked by.
private struct Hook: Sendable {
    let tenant: Tenant.ID
    let trigger: Trigger
    let webhook: Webhook
    let secrets: [[UInt8]]

    func inTenant<R: Sendable>(
        _ request: APIRequest, _ body: @Sendable (isolated PostgresConnection) throws -> R
    ) async throws -> R {
        try await request.services.database.asTenant(
            self.tenant, deadline: ContinuousClock.now + APIRequest.connectionWaitMax, body)
    }

    func turnAway(
        _ arrival: TriggerDeliveries.Arrival, as result: TriggerDelivery.Result, _ reason: String,
        _ request: APIRequest
    ) async throws {
        try await self.inTenant(request) { connection in
            try TriggerDeliveries.turnAway(arrival, as: result, reason: reason, on: connection)
        }
        request.services.metrics.received(by: .webhook, [result])
    }
}

extension APIRequest {
    /// The secrets of a hook that can be opened: one at least.
    ///
    /// - Throws: 503 where none can, which the log tells.
    func opened(
        _ sealed: [SealingKey.Sealed], of trigger: Trigger, in tenant: Tenant.ID
    ) throws -> [[UInt8]] {
        let place = TriggerStore.place(of: trigger.id, in: tenant)
        var secrets: [[UInt8]] = []
        var problem = "CASARE_SEALING_KEY is not set"
        if let keys = self.services.keys {
            problem = "it has no secret"
            for secret in sealed {
                do throws(SealingKey.OpeningError) {
                    secrets.append(try keys.open(secret, of: place))
                } catch {
                    problem = error.description
                }
            }
        }
        guard secrets.isEmpty else { return secrets }
        self.logger.error(
            "The secret of a hook cannot be opened",
            metadata: [
                "trigger.id": "\(trigger.id)", "trigger.name": .string(trigger.name), "error": .string(problem),
            ])
        throw APIProblem.unavailable("the hook cannot check requests just now; try again later")
    }
}

extension Webhook.Method {
    fileprivate var request: HTTPRequest.Method {
        switch self {
        case .get: .get
        case .post: .post
        case .put: .put
        case .patch: .patch
        case .delete: .delete
        }
    }
}
