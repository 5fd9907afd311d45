public import CasareDomain
public import CasareWire

extension CasareClient {
    public func live() async throws(ClientError) -> LiveResponse { try await self.get("/health/live") }

    /// Whether the server can serve requests. One that cannot answers as well, and says why.
    public func ready() async throws(ClientError) -> ReadyResponse {
        let call = Call(method: .get, path: "/health/ready", mayRepeat: true, answers: [503])
        return try self.transport.decode(try await self.transport.send(call), of: call)
    }

    /// The API's description.
    public func openAPI() async throws(ClientError) -> Value { try await self.get("/openapi.json") }

    public func status() async throws(ClientError) -> StatusResponse { try await self.get("\(Self.apiPath)/status") }

    /// Whom the server takes this client for.
    public func identity() async throws(ClientError) -> IdentityResponse {
        try await self.get("\(Self.apiPath)/auth/me")
    }
}
