public import CasareDomain
public import CasareWire

/// What fires jobs by time, after other jobs, or at events.
extension CasareClient {
    /// One request that makes a schedule: it is not sent again when its answer is lost, as its name is taken then.
    public func createSchedule(_ request: CreateScheduleRequest) async throws(ClientError) -> ScheduleInfo {
        try await self.post("\(Self.apiPath)/schedules", request)
    }

    /// By name.
    public func schedules(_ query: ScheduleQuery = ScheduleQuery()) async throws(ClientError) -> SchedulePage {
        try await self.get("\(Self.apiPath)/schedules", query.parameters)
    }

    /// - Parameter name: or ID.
    public func schedule(_ name: String) async throws(ClientError) -> ScheduleInfo {
        try await self.get(Self.path(of: name))
    }

    /// Changes what is named, and nothing else.
    public func updateSchedule(
        _ name: String, _ request: UpdateScheduleRequest
    ) async throws(ClientError) -> ScheduleInfo {
        try await self.patch(Self.path(of: name), request)
    }

    /// - Returns: what was there.
    public func deleteSchedule(
        _ name: String, reason: String? = nil
    ) async throws(ClientError) -> DeleteScheduleResponse {
        try await self.delete(Self.path(of: name), [("reason", reason)])
    }

    /// Fires nothing until it is resumed. What is paused already gets the new reason and end.
    public func pauseSchedule(
        _ name: String, _ request: PauseScheduleRequest = PauseScheduleRequest()
    ) async throws(ClientError) -> SteerScheduleResponse {
        try await self.post("\(Self.path(of: name))/pause", request, mayRepeat: true)
    }

    public func resumeSchedule(
        _ name: String, reason: String? = nil
    ) async throws(ClientError) -> SteerScheduleResponse {
        try await self.post("\(Self.path(of: name))/resume", ResumeScheduleRequest(reason: reason), mayRepeat: true)
    }

    /// Many at once: all of them or none.
    public func pauseSchedules(_ request: SteerSchedulesRequest) async throws(ClientError) -> SteerSchedulesResponse {
        try await self.post("\(Self.apiPath)/schedules/pause", request, mayRepeat: true)
    }

    public func resumeSchedules(_ request: SteerSchedulesRequest) async throws(ClientError) -> SteerSchedulesResponse {
        try await self.post("\(Self.apiPath)/schedules/resume", request, mayRepeat: true)
    }

    /// Fires it now. It is not sent again when its answer is lost: it might fire twice.
    public func triggerSchedule(
        _ name: String, _ request: TriggerScheduleRequest = TriggerScheduleRequest()
    ) async throws(ClientError) -> TriggerScheduleResponse {
        try await self.post("\(Self.path(of: name))/trigger", request)
    }

    /// Its ticks, newest first.
    public func scheduleHistory(
        of name: String, result: ScheduleTickInfo.Result? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> ScheduleTickPage {
        try await self.get(
            "\(Self.path(of: name))/history",
            [("result", result?.rawValue), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    // MARK: Backfills

    /// Counts what a backfill would fire, or begins it. What begins is not sent again when its answer is lost.
    public func createBackfill(
        of name: String, _ request: CreateBackfillRequest
    ) async throws(ClientError) -> BackfillResponse {
        try await self.post("\(Self.path(of: name))/backfills", request, mayRepeat: request.dryRun)
    }

    /// Newest first.
    public func backfills(
        schedule: String? = nil, status: Backfill.Status? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> BackfillPage {
        try await self.get(
            "\(Self.apiPath)/backfills",
            [
                ("schedule", schedule), ("status", status?.rawValue), ("limit", limit.map(String.init)),
                ("cursor", cursor),
            ])
    }

    public func backfill(_ id: Backfill.ID) async throws(ClientError) -> BackfillInfo {
        try await self.get("\(Self.apiPath)/backfills/\(id)")
    }

    public func pauseBackfill(_ id: Backfill.ID, reason: String? = nil) async throws(ClientError) -> BackfillInfo {
        try await self.steerBackfill(id, "pause", reason)
    }

    public func resumeBackfill(_ id: Backfill.ID, reason: String? = nil) async throws(ClientError) -> BackfillInfo {
        try await self.steerBackfill(id, "resume", reason)
    }

    /// Ends it: the jobs that it has made stay.
    public func cancelBackfill(_ id: Backfill.ID, reason: String? = nil) async throws(ClientError) -> BackfillInfo {
        try await self.steerBackfill(id, "cancel", reason)
    }

    private func steerBackfill(
        _ id: Backfill.ID, _ verb: String, _ reason: String?
    ) async throws(ClientError) -> BackfillInfo {
        try await self.post(
            "\(Self.apiPath)/backfills/\(id)/\(verb)", SteerBackfillRequest(reason: reason),
            mayRepeat: true)
    }

    // MARK: Windows

    /// Pauses schedules until the window closes. What opens one is not sent again when its answer is lost.
    public func openWindow(_ request: OpenWindowRequest) async throws(ClientError) -> OpenWindowResponse {
        try await self.post("\(Self.apiPath)/windows", request, mayRepeat: request.dryRun)
    }

    /// Newest first.
    public func windows(
        status: WindowInfo.Status? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> WindowPage {
        try await self.get(
            "\(Self.apiPath)/windows",
            [("status", status?.rawValue), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    public func window(_ id: MaintenanceWindow.ID) async throws(ClientError) -> WindowInfo {
        try await self.get("\(Self.apiPath)/windows/\(id)")
    }

    /// Lets those schedules go on that it has paused, and that nobody has touched since.
    public func closeWindow(
        _ id: MaintenanceWindow.ID, reason: String? = nil
    ) async throws(ClientError) -> WindowInfo {
        try await self.post(
            "\(Self.apiPath)/windows/\(id)/close", CloseWindowRequest(reason: reason), mayRepeat: true)
    }

    private static func path(of name: String) -> String { "\(Self.apiPath)/schedules/\(percentEncoded(name))" }
}
