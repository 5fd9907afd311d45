public import CasareDomain
public import CasareWire

extension CasareClient {
    public func deadLetters(_ query: DeadLetterQuery = DeadLetterQuery()) async throws(ClientError) -> DeadLetterPage {
        try await self.get(
            "\(Self.apiPath)/dlq",
            [
                ("status", query.status?.rawValue), ("workflow", query.workflow), ("kind", query.kind?.rawValue),
                ("limit", query.limit.map(String.init)), ("cursor", query.cursor),
            ])
    }

    public func deadLetter(_ id: Job.ID) async throws(ClientError) -> DeadLetterInfo {
        try await self.get("\(Self.apiPath)/dlq/\(id)")
    }

    /// Submits the job anew and marks the letter replayed.
    public func retryDeadLetter(
        _ id: Job.ID, variables: Object? = nil, from point: Job.ResumePoint? = nil
    ) async throws(ClientError) -> JobInfo {
        let response: JobResponse = try await self.post(
            "\(Self.apiPath)/dlq/\(id)/retry", RetryJobRequest(variables: variables, from: point))
        return response.job
    }
}
