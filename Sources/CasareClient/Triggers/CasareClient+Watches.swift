public import CasareDomain
import CasareWire

/// What robots watch for triggers.
extension CasareClient {
    /// Asks what to watch, and names what is watched already: the rest of what the session has is free again.
    public func watches(
        of session: Robot.SessionID, holding: [Watch.Mark], limit: Int
    ) async throws(ClientError) -> WatchOffer {
        let response: WatchesResponse = try await self.post(
            "\(Self.apiPath)/sessions/\(session)/watches",
            WatchesRequest(holding: holding.map(WatchesRequest.Mark.init), limit: limit))
        return WatchOffer(kept: Set(response.kept), new: response.watches.compactMap(\.watch))
    }

    /// Reports what was found and seen. Sent again it changes nothing and is answered with `nil`.
    ///
    /// - Returns: the version for the next report; `nil` when the session holds the watch no longer.
    public func report(
        _ report: WatchReport, of trigger: Trigger.ID, revision: Int, version: Int, session: Robot.SessionID
    ) async throws(ClientError) -> Int? {
        let response: WatchReportResponse = try await self.post(
            "\(Self.apiPath)/sessions/\(session)/watches/\(trigger)",
            WatchReportRequest(report, revision: revision, version: version))
        return response.version
    }
}
