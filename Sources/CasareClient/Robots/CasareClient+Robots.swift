public import CasareDomain
public import CasareWire

extension CasareClient {
    public func registerRobot(_ request: RegisterRobotRequest) async throws(ClientError) -> RobotInfo {
        try await self.post("\(Self.apiPath)/robots", request, mayRepeat: true)
    }

    public func robots(limit: Int? = nil, cursor: String? = nil) async throws(ClientError) -> RobotPage {
        try await self.get("\(Self.apiPath)/robots", [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    public func robot(_ id: Robot.ID) async throws(ClientError) -> RobotInfo {
        try await self.get("\(Self.apiPath)/robots/\(id)")
    }

    /// Leases nothing more to it; what it runs goes on.
    public func cordonRobot(_ id: Robot.ID, reason: String? = nil) async throws(ClientError) -> RobotInfo {
        try await self.control(id, "cordon", reason)
    }

    public func uncordonRobot(_ id: Robot.ID, reason: String? = nil) async throws(ClientError) -> RobotInfo {
        try await self.control(id, "uncordon", reason)
    }

    /// Asks its process to end; it hears of it within a heartbeat.
    public func endRobot(
        _ id: Robot.ID, _ order: Robot.Order, reason: String? = nil
    ) async throws(ClientError) -> RobotInfo {
        try await self.control(id, order.rawValue, reason)
    }

    /// Forgets a robot that has ended, and revokes its own tokens.
    public func removeRobot(_ id: Robot.ID, reason: String? = nil) async throws(ClientError) -> RobotInfo {
        try await self.delete("\(Self.apiPath)/robots/\(id)", [("reason", reason)])
    }

    private func control(_ id: Robot.ID, _ verb: String, _ reason: String?) async throws(ClientError) -> RobotInfo {
        try await self.post(
            "\(Self.apiPath)/robots/\(id)/\(verb)", ControlRobotRequest(reason: reason), mayRepeat: true)
    }

    /// Keeps a session alive without a word about its leases.
    public func heartbeat(
        _ id: Robot.ID, session: Robot.SessionID
    ) async throws(ClientError) -> HeartbeatResponse {
        try await self.post("\(Self.apiPath)/robots/\(id)/heartbeat", HeartbeatRequest(sessionID: session))
    }
}
