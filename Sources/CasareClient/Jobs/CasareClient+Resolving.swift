public import CasareDomain
public import CasareWire

extension CasareClient {
    /// Says what became of the step that a blocked job asks about. It is not sent again by itself: the second one would
    /// be told that somebody has answered.
    public func resolveJob(_ id: Job.ID, _ request: ResolveJobRequest) async throws(ClientError) -> JobInfo {
        let response: JobResponse = try await self.post("\(Self.apiPath)/jobs/\(id)/resolve", request)
        return response.job
    }
}
