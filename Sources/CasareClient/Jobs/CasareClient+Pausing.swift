public import CasareDomain
public import CasareWire

extension CasareClient {
    /// Keeps a job from going on until it is resumed.
    ///
    /// - Returns: the job; one that runs is paused after the step that it is in.
    public func pauseJob(_ id: Job.ID, reason: String? = nil) async throws(ClientError) -> JobInfo {
        let response: JobResponse = try await self.post(
            "\(Self.apiPath)/jobs/\(id)/pause", PauseJobRequest(reason: reason))
        return response.job
    }

    /// Lets a paused job go on.
    public func resumeJob(_ id: Job.ID, reason: String? = nil) async throws(ClientError) -> JobInfo {
        let response: JobResponse = try await self.post(
            "\(Self.apiPath)/jobs/\(id)/resume", PauseJobRequest(reason: reason))
        return response.job
    }
}
