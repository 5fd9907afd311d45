public import CasareDomain
public import CasareWire

extension CasareClient {
    public func queues(limit: Int? = nil, cursor: String? = nil) async throws(ClientError) -> QueuePage {
        try await self.get("\(Self.apiPath)/queues", [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    public func queue(_ name: String) async throws(ClientError) -> QueueStatsInfo {
        try await self.get("\(Self.apiPath)/queues/\(percentEncoded(name))")
    }

    public func queueKeys(
        of name: String, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> QueueKeyPage {
        try await self.get(
            "\(Self.apiPath)/queues/\(percentEncoded(name))/keys",
            [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    /// Leases nothing more from it; what runs goes on.
    public func pauseQueue(
        _ name: String, _ request: PauseQueueRequest
    ) async throws(ClientError) -> PauseQueueResponse {
        try await self.post("\(Self.apiPath)/queues/\(percentEncoded(name))/pause", request, mayRepeat: true)
    }

    public func resumeQueue(
        _ name: String, _ request: ResumeQueueRequest = ResumeQueueRequest()
    ) async throws(ClientError) -> PauseQueueResponse {
        try await self.post("\(Self.apiPath)/queues/\(percentEncoded(name))/resume", request, mayRepeat: true)
    }

    public func changeLimits(
        of name: String, _ request: ChangeLimitsRequest
    ) async throws(ClientError) -> ChangeLimitsResponse {
        try await self.patch("\(Self.apiPath)/queues/\(percentEncoded(name))/limits", request)
    }

    /// Gives a job that waits another place in its queue.
    public func changePriority(
        of id: Job.ID, to priority: Priority, reason: String? = nil
    ) async throws(ClientError) -> JobInfo {
        let response: JobResponse = try await self.post(
            "\(Self.apiPath)/jobs/\(id)/priority", ChangePriorityRequest(priority: priority, reason: reason),
            mayRepeat: true)
        return response.job
    }

    // MARK: Explaining

    /// Why a job does not run, or where it stands.
    public func explain(job id: Job.ID) async throws(ClientError) -> ExplanationInfo {
        try await self.get("\(Self.apiPath)/jobs/\(id)/explain")
    }

    public func explain(queue name: String) async throws(ClientError) -> ExplanationInfo {
        try await self.get("\(Self.apiPath)/queues/\(percentEncoded(name))/explain")
    }

    /// Why a robot does nothing, or not more.
    public func explain(robot id: Robot.ID) async throws(ClientError) -> ExplanationInfo {
        try await self.get("\(Self.apiPath)/robots/\(id)/explain")
    }
}
