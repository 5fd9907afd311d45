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
        try await self.retryDeadLetter(id, RetryJobRequest(variables: variables, from: point)).job
    }

    /// The same, with all that may be asked for, and what the new job does to the world once more.
    public func retryDeadLetter(
        _ id: Job.ID, _ request: RetryJobRequest
    ) async throws(ClientError) -> RerunResponse {
        try await self.postOnce("\(Self.apiPath)/dlq/\(id)/retry", request)
    }
}
