public import CasareDomain
public import CasareWire
public import FoundationEssentials

extension CasareClient {
    /// What a robot has logged itself.
    ///
    /// - Parameters:
    ///   - after: `next` of the answer before; 0: from the first line on.
    ///   - since: only lines that were kept then or later.
    ///   - level: only these, and what is more urgent.
    ///   - tail: so many of the last lines, in place of the first ones.
    ///   - waiting: for there to be such a line; up to 30 s.
    public func log(
        of id: Robot.ID, after: Int = 0, since: Date? = nil, level: Robot.LogLine.Level? = nil, tail: Int? = nil,
        limit: Int? = nil, waiting: Duration = .zero
    ) async throws(ClientError) -> RobotLogResponse {
        try await self.get(
            "\(Self.apiPath)/robots/\(id)/logs",
            [
                ("after", String(after)), ("since", since.map(Timestamp.text)), ("level", level?.rawValue),
                ("tail", tail.map(String.init)), ("limit", limit.map(String.init)),
                ("wait_seconds", waiting > .zero ? String(waiting.fractionalSeconds) : nil),
            ], waiting: waiting)
    }

    /// Keeps lines that a robot logged; those that are kept already are not kept twice.
    ///
    /// - Parameter stream: tells the robot's process from others.
    /// - Returns: the number of the process's last line that is known.
    @discardableResult
    public func appendLog(
        _ lines: [Robot.LogLine], of id: Robot.ID, stream: UUID
    ) async throws(ClientError) -> Int {
        let response: AppendRobotLogResponse = try await self.post(
            "\(Self.apiPath)/robots/\(id)/logs",
            AppendRobotLogRequest(stream: stream, lines: lines.map(RobotLogLineInfo.init)), mayRepeat: true)
        return response.line
    }
}
