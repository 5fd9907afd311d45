import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

/// What makes jobs of requests to hooks, of jobs that end, of files and of feeds.
enum TriggerRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/triggers", .needs(.triggerCreate),
            "Create a trigger. A secret that is made up for it is in the answer this once. It takes workflow.execute, "
                + "too.", statuses: [201], Self.create),
        .get(
            "/api/v1/triggers", .needs(.triggerRead), "List triggers by name.",
            query: [
                .choice("kind", Trigger.Kind.self, "Only triggers of this kind."),
                .choice("status", Trigger.Status.self, "Only triggers that stand so."),
                .text("workflow", "Only triggers of this workflow, as they name it."),
                .text("managed_by", "Only triggers with this mark."), .limit, .cursor,
            ], Self.list),
        .get("/api/v1/triggers/{name}", .needs(.triggerRead), "One trigger, by name or ID.", Self.get),
        .patch(
            "/api/v1/triggers/{name}", .needs(.triggerUpdate),
            "Change members of a trigger's spec; the others stay, and null takes one away. It takes workflow.execute, "
                + "too.", Self.update
        )
        .reading(.text("If-Match", "The revision that the change was made for, as the member revision.")),
        .delete(
            "/api/v1/triggers/{name}", .needs(.triggerDelete),
            "Delete a trigger with its secrets and history; its jobs stay.",
            query: [.text("reason", "Kept with what was done.")], Self.delete),
        .post(
            "/api/v1/triggers/{name}/pause", .needs(.triggerUpdate), "Make no jobs until it is resumed.", Self.pause),
        .post("/api/v1/triggers/{name}/resume", .needs(.triggerUpdate), "Make jobs again.", Self.resume),
        .post(
            "/api/v1/triggers/{name}/secret", .needs(.triggerUpdate),
            "Give a hook a new secret; the one before counts beside it for a time. It takes workflow.execute, too.",
            Self.rotate),
        .post(
            "/api/v1/triggers/{name}/test", .needs(.triggerUpdate),
            "Say what would become of a delivery. Nothing is changed, and nothing is noted.", Self.test),
        .get(
            "/api/v1/triggers/{name}/history", .needs(.triggerRead), "What came to a trigger, the latest first.",
            query: [
                .choice("result", TriggerDelivery.Result.self, "Only deliveries of which this became."), .limit,
                .cursor,
            ], Self.history),
    ]

    // MARK: - Looking

    private static func list(_ request: APIRequest) async throws -> TriggerPage {
        let limit = try request.limit()
        let filter = TriggerStore.Filter(
            kind: try request.choice("kind"), status: try request.choice("status"),
            workflow: request.given("workflow"), managedBy: request.given("managed_by"))
        let after = request.query["cursor"] ?? ""
        return try await request.inTenant { connection in
            let page = try TriggerStore.list(filter, after: after, limit: limit + 1, on: connection)
                .page(of: limit, cursor: \.name)
            return TriggerPage(
                triggers: try request.shown(page.items.compactMap(\.trigger), on: connection),
                unreadable: page.items.filter { $0.trigger == nil }.map(\.name), nextCursor: page.nextCursor)
        }
    }

    private static func get(_ request: APIRequest) async throws -> TriggerInfo {
        let name = request.parameter("name")
        return try await request.inTenant { connection in
            let trigger = try TriggerStore.get(name, on: connection)
            var watch: WatchStore.Status?
            if Watch.Source(trigger.spec.source) != nil {
                watch = try WatchStore.status(of: trigger.id, on: connection)
            }
            return try request.shown(trigger, watch, on: connection)
        }
    }

    private static func history(_ request: APIRequest) async throws -> TriggerDeliveryPage {
        let name = request.parameter("name")
        let limit = try request.limit()
        let result: TriggerDelivery.Result? = try request.choice("result")
        let before = try request.cursor { TriggerDelivery.ID($0) }
        let deliveries = try await request.inTenant { connection in
            let trigger = try TriggerStore.get(name, on: connection)
            return try TriggerDeliveries.list(
                of: trigger.id, result, before: before, limit: limit + 1, on: connection)
        }
        let page = deliveries.page(of: limit, cursor: \.id.description)
        return TriggerDeliveryPage(
            deliveries: page.items.map(TriggerDeliveryInfo.init), nextCursor: page.nextCursor)
    }

    // MARK: - Changing

    private static func create(
        _ request: APIRequest, _ body: CreateTriggerRequest
    ) async throws -> Answer<TriggerWithSecret> {
        let id = Trigger.ID.new(at: Date())
        let secret = try NewSecret(body.secret, for: body.spec, of: id, request)
        let new = TriggerStore.New(
            id: id, name: body.name, spec: body.spec, isPaused: body.paused, reason: body.reason,
            managedBy: body.managedBy)
        let trigger = try await request.inTenant { connection in
            try request.requireStarting(by: body.spec, on: connection)
            return try request.shown(
                try TriggerStore.create(new, secret: secret?.sealed, by: request.actor, on: connection),
                on: connection)
        }
        return Answer(status: 201, TriggerWithSecret(secret: secret?.shown, trigger: trigger))
    }

    private static func update(_ request: APIRequest, _ body: UpdateTriggerRequest) async throws -> TriggerInfo {
        let name = request.parameter("name")
        let revision = try request.revision(besides: body.revision)
        return try await request.inTenant { connection in
            let trigger = try TriggerStore.update(
                name, expected: revision, managedBy: body.managedBy.map { .some($0) }, by: request.actor,
                on: connection
            ) { trigger in
                let patch = try request.meant(body.spec, instead: StartVariables(trigger.spec), on: connection)
                do throws(WireDecodingError) {
                    return try trigger.spec.changed(by: patch)
                } catch {
                    throw WireDecodingError(
                        path: error.path.isEmpty ? "spec" : "spec.\(error.path)", message: error.message,
                        kind: error.kind)
                }
            }
            try request.requireStarting(by: trigger.spec, on: connection)
            return try request.shown(trigger, on: connection)
        }
    }

    private static func delete(_ request: APIRequest) async throws -> SteerTriggerResponse {
        let name = request.parameter("name")
        let reason = try request.reason()
        return try await request.inTenant { connection in
            try request.shown(
                try TriggerStore.delete(name, by: request.actor, reason: reason, on: connection), on: connection)
        }
    }

    private static func pause(
        _ request: APIRequest, _ body: SteerTriggerRequest
    ) async throws -> Answer<SteerTriggerResponse> {
        let name = request.parameter("name")
        return Answer(
            try await request.inTenant { connection in
                try request.shown(
                    try TriggerStore.pause(name, by: request.actor, reason: body.reason, on: connection),
                    on: connection)
            })
    }

    private static func resume(
        _ request: APIRequest, _ body: SteerTriggerRequest
    ) async throws -> Answer<SteerTriggerResponse> {
        let name = request.parameter("name")
        return Answer(
            try await request.inTenant { connection in
                try request.shown(
                    try TriggerStore.resume(name, by: request.actor, reason: body.reason, on: connection),
                    on: connection)
            })
    }

    private static func rotate(
        _ request: APIRequest, _ body: RotateTriggerRequest
    ) async throws -> Answer<TriggerWithSecret> {
        let name = request.parameter("name")
        let known = try await request.inTenant { connection in try TriggerStore.get(name, on: connection) }
        guard let secret = try NewSecret(body.secret, for: known.spec, of: known.id, request) else {
            throw StoreError.refused("trigger \(known.name)", why: "asks for no secret: nothing would check it")
        }
        let overlap = body.overlapSeconds.map { Duration.seconds($0) } ?? TriggerStore.overlapDefault
        let trigger = try await request.inTenant { connection in
            // Whoever knows the secret fires the hook.
            try request.requireStarting(by: known.spec, on: connection)
            return try request.shown(
                try TriggerStore.rotate(
                    known.id.description, to: secret.sealed, overlap: overlap, by: request.actor, reason: body.reason,
                    on: connection), on: connection)
        }
        return Answer(TriggerWithSecret(secret: secret.shown, trigger: trigger))
    }

    // MARK: - Trying

    private static func test(
        _ request: APIRequest, _ body: TestTriggerRequest
    ) async throws -> Answer<TestTriggerResponse> {
        let name = request.parameter("name")
        let tenant = request.principal.tenant
        let (trigger, sealed, workflow) = try await request.inTenant { connection in
            let trigger = try TriggerStore.get(name, on: connection)
            return (
                trigger, try TriggerStore.secrets(of: trigger.id, on: connection),
                try WorkflowStore.get(idOrName: trigger.spec.workflow, on: connection)
            )
        }
        var secrets: [[UInt8]] = []
        let trial = TriggerTrial(trigger: trigger, workflow: workflow, sample: body)
        if trial.checksSignature { secrets = try request.opened(sealed, of: trigger, in: tenant) }
        var response = trial.response(secrets: secrets, now: Date())
        if let plan = response.job {
            response.job = try await request.inTenant { connection in try request.shown(plan, on: connection) }
        }
        return Answer(response)
    }
}

extension APIRequest {
    /// A parameter of the query; `nil` for an empty one too.
    fileprivate func given(_ name: String) -> String? { self.query[name].flatMap { $0.isEmpty ? nil : $0 } }
}

/// A secret for a hook or a feed: given or made up, and sealed.
private struct NewSecret: Sendable {
    let sealed: SealingKey.Sealed
    /// Of one that was made up: its text, to be shown once.
    let shown: String?

    /// - Parameter given: `nil`: one is made up, for a hook.
    /// - Returns: `nil` for a trigger that needs none.
    /// - Throws: for a secret that is of no use; where the server has no key to seal it with.
    init?(
        _ given: String?, for spec: TriggerSpec, of id: Trigger.ID, _ request: APIRequest
    ) throws {
        guard spec.needsSecret else {
            guard given == nil else {
                throw WireDecodingError(path: "secret", message: "is of no use: nothing would check it; leave it out")
            }
            return nil
        }
        guard let key = request.services.keys?.sealingKey else {
            throw APIProblem.sealingKeyMissing
        }
        if let given { try HookSecret.check(given, in: HookSecret.bytesRange(of: spec), "secret") }
        let text = try given ?? Self.random(for: spec)
        if given != nil, case .webhook(let webhook) = spec.source, webhook.auth.kind == .standard,
            StandardSignature.key(of: Array(text.utf8)) == nil
        {
            throw WireDecodingError(
                path: "secret", message: "is no secret of Standard Webhooks, which is whsec_ and base64")
        }
        self.sealed = try key.seal(
            Array(text.utf8), for: TriggerStore.place(of: id, in: request.principal.tenant))
        self.shown = given == nil ? text : nil
    }

    private static func random(for spec: TriggerSpec) throws(WireDecodingError) -> String {
        switch spec.source {
        case .webhook(let webhook): return webhook.auth.randomSecret()
        case .job, .file, .feed:
            throw WireDecodingError(
                path: "secret", message: "is required: the password or the token with which the feed is read")
        }
    }
}
