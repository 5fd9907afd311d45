import CasareDomain
import CasareStore
import CasareWire

enum RobotRoutes {
    static let all: [Route] = [
        .post(
            "/api/v1/robots", .needsOrRobot(.robotCreate),
            "Register a robot, or change what is known of it: what is left out is set to its default.", Self.register),
        .get("/api/v1/robots", .needs(.robotRead), "List robots by ID.", query: [.limit, .cursor], Self.list),
        .get("/api/v1/robots/{id}", .needs(.robotRead), "One robot.", Self.get),
        .post(
            "/api/v1/robots/{id}/cordon", .needs(.robotUpdate), "Lease nothing more to a robot; what it runs goes on.",
            Self.cordon),
        .post("/api/v1/robots/{id}/uncordon", .needs(.robotUpdate), "Lease jobs to a robot again.", Self.uncordon),
        .post(
            "/api/v1/robots/{id}/drain", .needs(.robotUpdate),
            "Ask a robot to finish what it runs, lease nothing more, and end.", Self.drain),
        .post(
            "/api/v1/robots/{id}/stop", .needs(.robotUpdate), "Ask a robot to hand back what it runs, and end.",
            Self.stop),
        .delete(
            "/api/v1/robots/{id}", .needs(.robotDelete),
            "Forget a robot that has ended, and revoke the tokens that speak for it alone.",
            query: [.text("reason", "Why; kept with what was done.")], Self.remove),
        .post(
            "/api/v1/robots/{id}/heartbeat", .needs(.robotProtocol), "Keep a robot's session alive.", Self.heartbeat),
    ]

    private static func register(_ request: APIRequest, _ body: RegisterRobotRequest) async throws -> Answer<RobotInfo>
    {
        try request.checkSpeaks(for: body.id)
        try body.id.checkIsFree("id")
        let robot = try await request.inTenant { connection in
            // Robots do this at every start; who steers them is to be found again.
            if request.principal.may(.robotCreate) {
                try ControlLog.record(
                    "robot.register", of: body.id.rawValue, by: request.actor, reason: body.reason,
                    detail: ["environment": .string(body.environment), "slots": .int(body.slots)], on: connection)
            }
            return try RobotStore.register(
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
        try request.cursor { Robot.ID(rawValue: $0) }
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

    // MARK: Control

    private static func cordon(_ request: APIRequest, _ body: ControlRobotRequest) async throws -> Answer<RobotInfo> {
        let id = try request.robotID()
        return Answer(
            RobotInfo(
                try await request.inTenant { connection in
                    try RobotStore.cordon(id, by: request.actor, reason: body.reason, on: connection)
                }))
    }

    private static func uncordon(_ request: APIRequest, _ body: ControlRobotRequest) async throws -> Answer<RobotInfo> {
        let id = try request.robotID()
        let robot = try await request.inTenant { connection in
            try RobotStore.uncordon(id, by: request.actor, reason: body.reason, on: connection)
        }
        request.services.bell.ring(request.principal.tenant)
        return Answer(RobotInfo(robot))
    }

    private static func drain(_ request: APIRequest, _ body: ControlRobotRequest) async throws -> Answer<RobotInfo> {
        try await self.end(.drain, request, body)
    }

    private static func stop(_ request: APIRequest, _ body: ControlRobotRequest) async throws -> Answer<RobotInfo> {
        try await self.end(.stop, request, body)
    }

    private static func end(
        _ order: Robot.Order, _ request: APIRequest, _ body: ControlRobotRequest
    ) async throws -> Answer<RobotInfo> {
        let id = try request.robotID()
        let (robot, sessions) = try await request.inTenant { connection in
            (
                try RobotStore.end(id, order, by: request.actor, reason: body.reason, on: connection),
                try RobotStore.openSessions(of: id, on: connection)
            )
        }
        // A robot that does not ask for news hears of it while it waits for jobs, or with its next renewal.
        request.services.bell.ring(request.principal.tenant)
        for session in sessions { request.services.bell.sessionChanged(session) }
        return Answer(RobotInfo(robot))
    }

    private static func remove(_ request: APIRequest) async throws -> RobotInfo {
        let id = try request.robotID()
        let reason = try request.reason()
        return RobotInfo(
            try await request.inTenant { connection in
                try RobotStore.remove(id, by: request.actor, reason: reason, on: connection)
            })
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
