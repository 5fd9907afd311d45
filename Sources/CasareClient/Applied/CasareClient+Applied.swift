public import CasareWire

/// Whose files describe what.
extension CasareClient {
    /// By kind and name.
    ///
    /// - Parameter owner: `nil`: of all.
    public func applied(
        owner: String? = nil, limit: Int? = nil, cursor: String? = nil
    ) async throws(ClientError) -> AppliedPage {
        try await self.get(
            "\(Self.apiPath)/applied",
            [("owner", owner), ("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    /// Notes what an owner's files describe, and what they describe no more.
    public func recordApplied(
        owner: String, _ request: RecordAppliedRequest
    ) async throws(ClientError) -> RecordAppliedResponse {
        try await self.post("\(Self.apiPath)/applied/\(percentEncoded(owner))", request, mayRepeat: true)
    }
}
