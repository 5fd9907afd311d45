public import CasareWire

/// The tenant that the token belongs to.
extension CasareClient {
    public func policy() async throws(ClientError) -> PolicyInfo { try await self.get("\(Self.apiPath)/tenant/policy") }

    /// - Returns: the policy after the change.
    public func changePolicy(_ request: ChangePolicyRequest) async throws(ClientError) -> PolicyInfo {
        try await self.patch("\(Self.apiPath)/tenant/policy", request)
    }
}
