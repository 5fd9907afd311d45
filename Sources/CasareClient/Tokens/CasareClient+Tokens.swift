public import CasareWire

extension CasareClient {
    /// - Returns: the token itself, which cannot be seen again, and what is kept of it.
    public func createToken(_ request: CreateTokenRequest) async throws(ClientError) -> CreateTokenResponse {
        try await self.post("\(Self.apiPath)/tokens", request)
    }

    public func tokens(limit: Int? = nil, cursor: String? = nil) async throws(ClientError) -> TokenPage {
        try await self.get("\(Self.apiPath)/tokens", [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    public func revokeToken(named name: String) async throws(ClientError) -> TokenInfo {
        try await self.delete("\(Self.apiPath)/tokens/\(percentEncoded(name))")
    }
}
