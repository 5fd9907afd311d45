import CasareDomain
import CasareSettings
import CasareStore
import CasareWire

/// Ticks of a time that is past, fired all the same.
enum BackfillRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/schedules/{name}/backfills", .needs(.workflowExecute),
            "Fire the ticks of a time that is past, by what the schedule said then; with dry_run count them.",
            statuses: [201, 200], Self.create),
        .get(
            "/api/v1/backfills", .needs(.scheduleRead), "List backfills, newest first.",
            query: [
                .text("schedule", "Only backfills of this schedule, by name or ID."),
                .choice("status", Backfill.Status.self, "Only backfills that stand so."), .limit, .cursor,
            ],
            Self.list),
        .get("/api/v1/backfills/{id}", .needs(.scheduleRead), "One backfill, and how far it has got.", Self.get),
        .post(
            "/api/v1/backfills/{id}/pause", .needs(.scheduleUpdate), "Fire nothing more until it is resumed.",
            Self.steering(.pause)),
        .post("/api/v1/backfills/{id}/resume", .needs(.scheduleUpdate), "Let it go on.", Self.steering(.resume)),
        .post(
            "/api/v1/backfills/{id}/cancel", .needs(.scheduleUpdate), "End it: the jobs that it has made stay.",
            Self.steering(.cancel)),
    ]

    private static func create(
        _ request: APIRequest, _ body: CreateBackfillRequest
    ) async throws -> Answer<BackfillResponse> {
        let name = request.parameter("name")
        let response = try await request.inTenant { connection in
            let known = try ScheduleStore.get(idOrName: name, on: connection)
            let now = try QueueStore.now(on: connection)
            let to = body.to ?? now
            if body.dryRun {
                let preview = try BackfillStore.preview(
                    of: known.id, from: body.from, to: to, zones: .system, on: connection)
                return BackfillResponse(nil, preview)
            }
            try request.requireUse(ofSecretsIn: known.spec, on: connection)
            let made = try BackfillStore.create(
                BackfillStore.New(
                    schedule: known.id, from: body.from, to: to,
                    ratePerSecond: body.ratePerSecond ?? CreateBackfillRequest.rateStandard, reason: body.reason),
                by: request.actor, zones: .system, on: connection)
            return BackfillResponse(made.backfill, made.preview)
        }
        return Answer(status: body.dryRun ? 200 : 201, response)
    }

    private static func list(_ request: APIRequest) async throws -> BackfillPage {
        let limit = try request.limit()
        let status: Backfill.Status? = try request.choice("status")
        let name = request.query["schedule"] ?? ""
        let before = try request.cursor { Backfill.ID($0) }
        let backfills = try await request.inTenant { connection in
            let schedule = try name.isEmpty ? nil : ScheduleStore.get(idOrName: name, on: connection).id
            return try BackfillStore.list(of: schedule, status, before: before, limit: limit + 1, on: connection)
        }
        let page = backfills.page(of: limit, cursor: \.id.description)
        return BackfillPage(backfills: page.items.map(BackfillInfo.init), nextCursor: page.nextCursor)
    }

    private static func get(_ request: APIRequest) async throws -> BackfillInfo {
        let id = try request.backfillID()
        let found = try await request.inTenant { connection in try BackfillStore.get(id, on: connection) }
        guard let backfill = found else { throw StoreError.notFound(.backfill, id.description) }
        return BackfillInfo(backfill)
    }

    private static func steering(
        _ steering: BackfillStore.Steering
    ) -> @Sendable (APIRequest, SteerBackfillRequest) async throws -> Answer<BackfillInfo> {
        { request, body in
            let id = try request.backfillID()
            let backfill = try await request.inTenant { connection in
                try BackfillStore.steer(id, steering, by: request.actor, reason: body.reason, on: connection)
            }
            return Answer(BackfillInfo(backfill))
        }
    }
}

extension BackfillResponse {
    fileprivate init(_ backfill: Backfill?, _ preview: BackfillStore.Preview) {
        self.init(
            backfill: backfill.map(BackfillInfo.init), ticks: preview.ticks, alreadyRun: preview.alreadyRun,
            isInexact: preview.isInexact, sample: preview.sample)
    }
}
