import CasareDomain
import CasareStore
import CasareWire

/// Whose files describe what, for `casarectl apply`.
enum AppliedRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/applied", .needs(.workflowRead),
            "List what files describe, by kind and name, and whether it is still as it was applied.",
            query: [.text("owner", "Only what files of this owner describe."), .limit, .cursor], Self.list),
        .post(
            "/api/v1/applied/{owner}", .needs(.workflowPublish),
            "Note that things are as an owner's files describe them now, or that those describe them no more.",
            Self.record),
    ]

    private static func list(_ request: APIRequest) async throws -> AppliedPage {
        let limit = try request.limit()
        let owner = request.query["owner"].flatMap { $0.isEmpty ? nil : $0 }
        let after = try request.cursor { AppliedResource.Key(cursor: $0) }
        let resources = try await request.inTenant { connection in
            try AppliedStore.list(owner: owner, after: after, limit: limit + 1, on: connection)
        }
        let page = resources.page(of: limit, cursor: \.key.cursor)
        return AppliedPage(resources: page.items.map(AppliedInfo.init), nextCursor: page.nextCursor)
    }

    private static func record(
        _ request: APIRequest, _ body: RecordAppliedRequest
    ) async throws -> Answer<RecordAppliedResponse> {
        let owner = request.parameter("owner")
        try AppliedOwner.check(owner, "owner")
        return Answer(
            try await request.inTenant { connection in
                let forgotten = try AppliedStore.forget(body.forgotten.map(\.key), owner: owner, on: connection)
                let recorded = try AppliedStore.record(
                    body.applied.map(\.key), owner: owner, by: request.actor, on: connection)
                return RecordAppliedResponse(recorded: recorded, forgotten: forgotten)
            })
    }
}

extension AppliedResource.Key {
    /// `schedule/nightly`.
    fileprivate var cursor: String { "\(self.kind.rawValue)/\(self.name)" }

    fileprivate init?(cursor: String) {
        guard let slash = cursor.firstIndex(of: "/"),
            let kind = AppliedResource.Kind(rawValue: String(cursor[..<slash]))
        else { return nil }
        self.init(kind, String(cursor[cursor.index(after: slash)...]))
    }
}
