public import CasareDomain
public import CasareWire

extension CasareClient {
    /// A page may be short, or empty, and go on all the same: where it has a next cursor.
    public func deadLetters(_ query: DeadLetterQuery = DeadLetterQuery()) async throws(ClientError) -> DeadLetterPage {
        try await self.get(
            "\(Self.apiPath)/dlq",
            Self.parameters(of: query.filter) + [
                ("order", query.order == .newest ? nil : query.order.rawValue),
                ("limit", query.limit.map(String.init)), ("cursor", query.cursor),
            ])
    }

    /// With what helps to understand it.
    public func deadLetter(_ id: Job.ID) async throws(ClientError) -> DeadLetterInfo {
        try await self.get("\(Self.apiPath)/dlq/\(id)")
    }

    /// The largest groups first.
    public func deadLetterGroups(
        _ filter: DeadLetterFilter = DeadLetterFilter(), limit: Int? = nil
    ) async throws(ClientError) -> DeadLetterGroupPage {
        try await self.get(
            "\(Self.apiPath)/dlq/groups", Self.parameters(of: filter) + [("limit", limit.map(String.init))])
    }

    /// Says that somebody knows of a letter; or, to `resolve` it, that nothing is left to do.
    @discardableResult
    public func acknowledgeDeadLetter(
        _ id: Job.ID, reason: String? = nil, resolve: Bool = false
    ) async throws(ClientError) -> DeadLetterInfo {
        try await self.post(
            "\(Self.apiPath)/dlq/\(id)/acknowledge", AcknowledgeRequest(reason: reason, resolve: resolve),
            mayRepeat: true)
    }

    private static func parameters(of filter: DeadLetterFilter) -> [(name: String, value: String?)] {
        filter.parameters.map { (name: $0.name, value: $0.value) }
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
