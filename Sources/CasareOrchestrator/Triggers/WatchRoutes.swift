import CasareDomain
import CasareStore
import CasareWire
import Tracing

/// What robots watch for triggers: files and feeds.
enum WatchRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/sessions/{session}/watches", .needs(.robotProtocol),
            "Ask what to watch for triggers; what the session has and does not name is free again.", Self.watches),
        .post(
            "/api/v1/sessions/{session}/watches/{id}", .needs(.robotProtocol),
            "Report what was found for a trigger, and what was seen by now: both count, or neither.", Self.report),
    ]

    private static func watches(_ request: APIRequest, _ body: WatchesRequest) async throws -> Answer<WatchesResponse> {
        let session = try request.sessionID()
        let holding = body.holding.map(\.mark)
        let limit = body.limit
        let keys = request.services.keys
        let offer = try await request.inTenant { connection in
            try request.checkOwns(session, on: connection)
            return try WatchStore.watches(
                of: session, holding: holding, limit: limit, keys: keys, on: connection)
        }
        return Answer(
            WatchesResponse(
                kept: offer.kept.sorted { $0.description < $1.description }, watches: offer.new.map(WatchInfo.init)))
    }

    private static func report(
        _ request: APIRequest, _ body: WatchReportRequest
    ) async throws -> Answer<WatchReportResponse> {
        let session = try request.sessionID()
        guard let trigger = Trigger.ID(request.parameter("id")) else {
            throw APIProblem.invalidInput("id", "is the ID of a trigger, a UUID")
        }
        let report = body.report
        let (revision, version) = (body.revision, body.version)
        let start = DefaultTracerClock.now
        let (reported, made) = try await request.inTenant { connection in
            try request.checkOwns(session, on: connection)
            let reported = try WatchStore.report(
                report, of: trigger, revision: revision, version: version, session: session, on: connection)
            var jobs: [Job.ID] = []
            if let reported { jobs = reported.receipts.compactMap(\.job) }
            return (reported, try JobStore.tally(of: jobs, on: connection))
        }
        if let reported {
            for receipt in reported.receipts { request.services.metrics.received(by: receipt.kind, [receipt.result]) }
            request.services.received(reported.receipts, made, since: start)
        }
        if let reported, reported.jobs > 0 { request.services.bell.ring(request.principal.tenant) }
        return Answer(WatchReportResponse(version: reported?.version))
    }
}

extension TriggerInfo {
    /// With who watches for it, of a file or a feed.
    init(_ trigger: Trigger, _ status: WatchStore.Status?) {
        self.init(
            trigger,
            watch: status.map { status in
                TriggerWatchInfo(
                    robot: status.robot, since: status.since, reportedAt: status.reportedAt, error: status.error,
                    errorSince: status.errorSince)
            })
    }
}
