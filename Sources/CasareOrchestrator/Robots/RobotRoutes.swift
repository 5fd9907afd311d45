import CasareDomain
import CasareStore
import CasareWire

enum RobotRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/robots", .anyOf([.administer, .execute]), "Register a robot, or change what is known of it.",
            Self.register),
        .get("/api/v1/robots", .needs(.read), "List robots by ID.", query: [.limit, .cursor], Self.list),
        .get("/api/v1/robots/{id}", .needs(.read), "One robot.", Self.get),
        .post(
            "/api/v1/robots/{id}/heartbeat", .needs(.execute), "Keep a robot's session alive.", Self.heartbeat),
    ]

    private static func register(_ request: APIRequest, _ body: RegisterRobotRequest) async throws -> Answer<RobotInfo>
    {
        try request.checkSpeaks(for: body.id)
        let robot = try await request.inTenant { connection in
            try RobotStore.register(
                body.id, environment: body.environment, tags: body.tags, capabilities: body.capabilities,
                slots: body.slots, on: connection)
        }
        return Answer(RobotInfo(robot))
    }

    private static func list(_ request: APIRequest) async throws -> RobotPage {
        let limit = try request.limit()
        let after = try self.cursor(of: request)
        let robots = try await request.inTenant { connection in
            try RobotStore.list(after: after, limit: limit + 1, on: connection)
        }
        let page = robots.page(of: limit, cursor: \.id.rawValue)
        return RobotPage(robots: page.items.map(RobotInfo.init), nextCursor: page.nextCursor)
    }

    static func cursor(of request: APIRequest) throws(APIProblem) -> Robot.ID? {
        guard let text = request.query["cursor"], !text.isEmpty else { return nil }
        guard let id = Robot.ID(rawValue: text) else { throw APIRequest.unknownCursor }
        return id
    }

    private static func get(_ request: APIRequest) async throws -> RobotInfo {
        let id = try request.robotID()
        return try await request.inTenant { connection in
            guard let robot = try RobotStore.get(id, on: connection) else {
                throw StoreError.notFound(.robot, id.rawValue)
            }
            return RobotInfo(robot)
        }
    }

    private static func heartbeat(
        _ request: APIRequest, _ body: HeartbeatRequest
    ) async throws -> Answer<HeartbeatResponse> {
        let robot = try request.robotID()
        let seconds = try await request.inTenant { connection in
            try request.checkOwns(body.sessionID, as: robot, on: connection)
            return try RobotStore.heartbeat(body.sessionID, on: connection)
        }
        return Answer(HeartbeatResponse(leaseSeconds: seconds))
    }
}
