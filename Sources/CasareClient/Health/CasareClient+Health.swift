public import CasareDomain
public import CasareWire

extension CasareClient {
    public func live() async throws(ClientError) -> LiveResponse { try await self.get("/health/live") }

    /// - Throws: `.api` with status 503 while the server is not ready; the message says why.
    public func ready() async throws(ClientError) -> ReadyResponse { try await self.get("/health/ready") }

    /// The API's description.
    public func openAPI() async throws(ClientError) -> Value { try await self.get("/openapi.json") }

    public func status() async throws(ClientError) -> StatusResponse { try await self.get("\(Self.apiPath)/status") }

    /// Whom the server takes this client for.
    public func identity() async throws(ClientError) -> IdentityResponse {
        try await self.get("\(Self.apiPath)/auth/me")
    }
}
