public import CasareWire
public import FoundationEssentials

/// What schedules will do.
extension CasareClient {
    /// The next ticks of a schedule.
    ///
    /// - Parameters:
    ///   - name: or ID.
    ///   - count: as many as the server says where it is left out.
    ///   - from: the first moment that counts; `nil`: now.
    ///   - to: the last one; `nil`: no end.
    public func previewSchedule(
        _ name: String, count: Int? = nil, from: Date? = nil, to: Date? = nil
    ) async throws(ClientError) -> SchedulePreviewInfo {
        try await self.get(
            "\(Self.apiPath)/schedules/\(percentEncoded(name))/preview",
            [("count", count.map(String.init)), ("from", from.map(Timestamp.text)), ("to", to.map(Timestamp.text))])
    }

    /// What all schedules will do together. Nothing is changed.
    public func simulateSchedules(
        _ request: SimulateSchedulesRequest = SimulateSchedulesRequest()
    ) async throws(ClientError) -> ScheduleSimulationInfo {
        try await self.post("\(Self.apiPath)/schedules/simulate", request, mayRepeat: true)
    }
}
