import CasareDomain
import CasareStore
import CasareWire

/// What waits for a second person.
enum ApprovalRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/approvals", .needs(.operationRead), "List what waits for a second person, or did, newest first.",
            query: [.choice("status", Approval.Status.self, "Only those that stand so."), .limit, .cursor], Self.list),
        .get("/api/v1/approvals/{id}", .needs(.operationRead), "One of them.", Self.get),
        .post(
            "/api/v1/approvals/{id}/approve", .needs(.operationApprove),
            "Agree, as another person than the one who asked. An operation goes on; what else was asked for may be "
                + "done once, by the one who asked, within a day.",
            Self.deciding(agrees: true)),
        .post(
            "/api/v1/approvals/{id}/deny", .needs(.operationApprove),
            "Refuse, as another person than the one who asked. An operation is cancelled.",
            Self.deciding(agrees: false)),
    ]

    private static func list(_ request: APIRequest) async throws -> ApprovalPage {
        let limit = try request.limit()
        let status: Approval.Status? = try request.choice("status")
        let before = try request.cursor { Approval.ID($0) }
        let page = try await request.inTenant { connection in
            try ApprovalStore.list(status, before: before, limit: limit + 1, on: connection)
        }.page(of: limit, cursor: \.id.description)
        return ApprovalPage(approvals: page.items.map(ApprovalInfo.init), nextCursor: page.nextCursor)
    }

    private static func get(_ request: APIRequest) async throws -> ApprovalInfo {
        let id = try self.id(of: request)
        return try await request.inTenant { connection in ApprovalInfo(try ApprovalStore.get(id, on: connection)) }
    }

    private static func deciding(
        agrees: Bool
    ) -> @Sendable (APIRequest, DecideRequest) async throws -> Answer<ApprovalInfo> {
        { request, body in
            let id = try self.id(of: request)
            if let reason = body.reason { try ControlReason.check(reason, "reason") }
            let approval = try await request.inTenant { connection in
                try ApprovalStore.decide(id, agrees: agrees, by: request.actor, reason: body.reason, on: connection)
            }
            if approval.action.goesOnByItself {
                request.services.operationAlarm.ring(in: .zero)
                request.services.bell.operationChanged(Operation.ID(rawValue: id.rawValue))
            }
            return Answer(ApprovalInfo(approval))
        }
    }

    private static func id(of request: APIRequest) throws(APIProblem) -> Approval.ID {
        let text = request.parameter("id")
        guard let id = Approval.ID(text) else {
            throw .invalidInput("id", "\"\(text.prefix(64))\" is not the ID of an approval, which is a UUID")
        }
        return id
    }
}
