import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

/// What is done to many jobs at once.
enum OperationRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/operations/preview", .needs(.operationCreate),
            "What an operation would be done to: how many jobs, a hash by which they are known again, and the first ones. "
                + "Nothing is changed.",
            Self.preview),
        .post(
            "/api/v1/operations", .needs(.operationCreate),
            "Do something to many jobs: the selection is frozen, and the server works through it. With expect it is "
                + "refused when the selection is another than that of the preview.",
            statuses: [201], Self.create
        ).reading(.idempotencyKey),
        .get(
            "/api/v1/operations", .needs(.operationRead), "List operations, newest first.",
            query: [.choice("status", Operation.Status.self, "Only operations that stand so."), .limit, .cursor],
            Self.list),
        .get(
            "/api/v1/operations/{id}", .needs(.operationRead), "One operation, and how far it has got.",
            query: [
                .seconds(
                    "wait_seconds", max: JobRoutes.waitSecondsMax,
                    "Answer when its revision is another one than seen, or after this time."),
                .text("seen", "The revision that is known already."),
            ], Self.get),
        .get(
            "/api/v1/operations/{id}/items", .needs(.operationRead),
            "What became of the jobs that were tried, in that order.",
            query: [.choice("state", Operation.ItemState.self, "Only those of this state."), .limit, .cursor],
            Self.items),
        .post(
            "/api/v1/operations/{id}/pause", .needs(.operationUpdate), "Do nothing more until it is resumed.",
            Self.steering(.pause)),
        .post(
            "/api/v1/operations/{id}/resume", .needs(.operationUpdate),
            "Let it go on, also one that its canary or its error rate has stopped.", Self.steering(.resume)),
        .post(
            "/api/v1/operations/{id}/cancel", .needs(.operationUpdate), "End it: what it has done stays.",
            Self.steering(.cancel)),
        .post(
            "/api/v1/operations/{id}/undo", .needs(.operationUpdate),
            "Take back what it has done, within the time that it was given for that.", Self.steering(.undo)),
    ]

    // MARK: - Making

    private static func preview(
        _ request: APIRequest, _ body: CreateOperationRequest
    ) async throws -> Answer<OperationPreview> {
        try request.require(body.plan.verb.permission)
        return Answer(
            try await request.inTenant { connection in
                let selection = try request.selection(of: body, on: connection)
                let plan = body.plan
                try plan.check(selection)
                let mark = try OperationStore.mark(
                    of: selection, for: plan.verb, resolving: plan.resolves, on: connection)
                return OperationPreview(
                    count: mark.count, hash: mark.hash,
                    sample: try request.sample(of: selection, plan, on: connection), selection: selection)
            })
    }

    private static func create(
        _ request: APIRequest, _ body: CreateOperationRequest
    ) async throws -> Answer<OperationInfo> {
        try request.require(body.plan.verb.permission)
        let idempotency = try self.idempotency(of: request, body)
        let id = Operation.ID.new(at: Date())
        let wanted = request.wants(
            .operationPurge, of: id.description, reason: body.reason, breaksGlass: body.breakGlass)
        let (info, breaksGlass) = try await request.inTenant { connection in
            let selection = try request.selection(of: body, on: connection)
            // What is purged does not come back.
            let takesTwo = try body.verb == .purge && ApprovalStore.isNeeded(on: connection)
            let operation = try OperationStore.create(
                OperationStore.New(
                    id: id, plan: body.plan, selection: selection,
                    shown: try selection.shortened.stored, name: body.selectionName,
                    expected: body.expect.map { Operation.Mark(count: $0.count, hash: $0.hash) },
                    idempotency: idempotency, trace: request.trace,
                    awaitsApproval: takesTwo && !wanted.breaksGlass),
                by: request.actor, on: connection)
            request.audit?.note(
                subject: operation.id.description, detail: ["verb": .string(body.plan.verb.rawValue)])
            // The same request may have made it before, and asked then.
            guard takesTwo, operation.id == id else { return (try OperationInfo(shown: operation), false) }
            if wanted.breaksGlass {
                try ApprovalStore.breakGlass(wanted, on: connection)
                request.audit?.note(reason: body.reason, detail: ["break_glass": true, "severity": "alert"])
            } else {
                _ = try ApprovalStore.ask(wanted, as: Approval.ID(rawValue: id.rawValue), on: connection)
                request.audit?.note(detail: ["awaiting_approval": .string(id.description)])
            }
            return (try OperationInfo(shown: operation), wanted.breaksGlass)
        }
        if breaksGlass { request.glassBroken(wanted) }
        request.services.operationAlarm.ring(in: .zero)
        return Answer(status: 201, info)
    }

    /// Without a key each request makes an operation of its own.
    private static func idempotency(
        of request: APIRequest, _ body: CreateOperationRequest
    ) throws -> NewJob.Idempotency? {
        guard let key = request.idempotencyKey else { return nil }
        try JobRoutes.checkKey(key)
        return NewJob.Idempotency(key: key, request: try ValueEncoder.encode(body).jsonText(.compact))
    }

    // MARK: - Looking

    private static func list(_ request: APIRequest) async throws -> OperationPage {
        let limit = try request.limit()
        let status: Operation.Status? = try request.choice("status")
        let before = try request.cursor { Operation.ID($0) }
        let operations = try await request.inTenant { connection in
            try OperationStore.list(status, before: before, limit: limit + 1, on: connection)
        }
        let page = operations.page(of: limit, cursor: \.id.description)
        return OperationPage(
            operations: try page.items.map(OperationInfo.init(shown:)), nextCursor: page.nextCursor)
    }

    private static func get(_ request: APIRequest) async throws -> OperationInfo {
        let id = try request.operationID()
        let limit = try request.seconds("wait_seconds", max: JobRoutes.waitSecondsMax)
        var seen: Int64?
        if let text = request.query["seen"], !text.isEmpty {
            guard let revision = Int64(text) else {
                throw APIProblem.invalidInput("seen", "expected the revision of an operation, which is a number")
            }
            seen = revision
        }
        var operation: Operation?
        _ = try await request.waiting(for: .operation(id), atMost: limit) { () -> Bool? in
            let current = try await request.inTenant { connection in
                guard let found = try OperationStore.get(id, on: connection) else {
                    throw StoreError.notFound(.operation, id.description)
                }
                return found
            }
            operation = current
            return current.revision != seen ? true : nil
        }
        // It was looked at once at least.
        guard let operation else { throw StoreError.notFound(.operation, id.description) }
        return try OperationInfo(shown: operation)
    }

    private static func items(_ request: APIRequest) async throws -> OperationItemPage {
        let id = try request.operationID()
        let limit = try request.limit()
        let state: Operation.ItemState? = try request.choice("state")
        let after = try request.numberCursor()
        return try await request.inTenant { connection in
            let page = try OperationStore.items(of: id, in: state, after: after, limit: limit + 1, on: connection)
                .page(of: limit) { String($0.position) }
            let new = page.items.compactMap(\.newJob)
            let statuses = new.isEmpty ? [:] : try JobStore.statuses(of: new, on: connection)
            return OperationItemPage(
                items: page.items.map { item in
                    OperationItemInfo(
                        position: item.position, job: item.job, state: item.state, newJob: item.newJob,
                        newJobStatus: item.newJob.flatMap { statuses[$0] }, error: item.error)
                }, nextCursor: page.nextCursor)
        }
    }

    // MARK: - Steering

    private static func steering(
        _ steering: OperationStore.Steering
    ) -> @Sendable (APIRequest, SteerOperationRequest) async throws -> Answer<OperationInfo> {
        { request, body in
            let id = try request.operationID()
            let operation = try await request.inTenant { connection in
                try OperationStore.steer(id, steering, by: request.actor, reason: body.reason, on: connection)
            }
            request.services.operationAlarm.ring(in: .zero)
            request.services.bell.operationChanged(id)
            return Answer(try OperationInfo(shown: operation))
        }
    }
}
