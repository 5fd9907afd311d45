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

    /// Keeps a session alive without a word about its leases.
    public func heartbeat(
        _ id: Robot.ID, session: Robot.SessionID
    ) async throws(ClientError) -> HeartbeatResponse {
        try await self.post("\(Self.apiPath)/robots/\(id)/heartbeat", HeartbeatRequest(sessionID: session))
    }
}
