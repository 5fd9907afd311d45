import CasareDomain
import CasareStore
import CasareWire

/// A change of the key that everything is encrypted under.
enum RekeyRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/vault/rekey", .needs(.vaultRekey),
            "Wrap everything with the key that this server has now, in the background. One that is under way goes on.",
            Self.start),
        .get("/api/v1/vault/rekey", .needs(.vaultRekey), "How far the last change of the key has got.", Self.get),
    ]

    private static func start(_ request: APIRequest, _ body: RekeyRequest) async throws -> Answer<RekeyStatus> {
        let key = try request.keys().current.id
        let actor = request.actor
        // In the log first: the work itself belongs to no tenant.
        try await request.inTenant { connection in
            request.audit?.note(subject: key)
            try ControlLog.record(
                "vault.rekey", of: key, by: actor, reason: body.reason, on: connection)
        }
        let rekey = try await request.services.database.asSystem(
            deadline: ContinuousClock.now + APIRequest.connectionWaitMax,
            statementMax: request.services.database.statementMax
        ) { connection in
            try RekeyStore.start(key, by: actor, on: connection)
        }
        request.services.rekeyAlarm.ring(in: .zero)
        return Answer(RekeyStatus(currentKey: key, rekey: RekeyInfo(rekey)))
    }

    private static func get(_ request: APIRequest) async throws -> RekeyStatus {
        let last = try await request.services.database.asSystem(
            deadline: ContinuousClock.now + APIRequest.connectionWaitMax,
            statementMax: request.services.database.statementMax
        ) { connection in
            try RekeyStore.last(on: connection)
        }
        return RekeyStatus(currentKey: request.services.keys?.current.id, rekey: last.map(RekeyInfo.init))
    }
}

extension RekeyInfo {
    fileprivate init(_ rekey: Rekey) {
        self.init(
            id: rekey.id, keyID: rekey.keyID, startedAt: rekey.startedAt, startedBy: rekey.startedBy,
            finishedAt: rekey.finishedAt, movedAt: rekey.movedAt, done: rekey.done, failed: rekey.failed,
            failures: rekey.failures.map { RekeyFailure(what: $0.what, why: $0.why) })
    }
}
