public import CasareWire

extension CasareClient {
    /// - Returns: the token itself, which cannot be seen again, and what is kept of it.
    public func createToken(_ request: CreateTokenRequest) async throws(ClientError) -> CreateTokenResponse {
        try await self.post("\(Self.apiPath)/tokens", request)
    }

    public func tokens(limit: Int? = nil, cursor: String? = nil) async throws(ClientError) -> TokenPage {
        try await self.get("\(Self.apiPath)/tokens", [("limit", limit.map(String.init)), ("cursor", cursor)])
    }

    /// The newest token of a name, also one that was revoked.
    public func token(named name: String) async throws(ClientError) -> TokenInfo {
        try await self.get("\(Self.apiPath)/tokens/\(percentEncoded(name))")
    }

    /// Puts a new token in the place of one.
    ///
    /// - Returns: the new token itself, which cannot be seen again, and what is kept of it.
    public func rotateToken(
        named name: String, _ request: RotateTokenRequest
    ) async throws(ClientError) -> CreateTokenResponse {
        try await self.post("\(Self.apiPath)/tokens/\(percentEncoded(name))/rotate", request)
    }

    public func revokeToken(named name: String, reason: String? = nil) async throws(ClientError) -> TokenInfo {
        try await self.delete("\(Self.apiPath)/tokens/\(percentEncoded(name))", [("reason", reason)])
    }

    /// How the server lets people in. It takes no token.
    public func signInMethods() async throws(ClientError) -> SignInMethodsResponse {
        try await self.get("\(Self.apiPath)/auth/methods")
    }
}
