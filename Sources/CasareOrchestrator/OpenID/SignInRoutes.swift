import CasareWire

/// How people are let in, for those who are not yet.
enum SignInRoutes {
    static let all: [Route] = [
        .get(
            "/api/v1/auth/methods", .everyone, "How the server lets people in, and where they get what they show it.",
            Self.methods)
    ]

    private static func methods(_ request: APIRequest) async throws -> SignInMethodsResponse {
        SignInMethodsResponse(token: true, oidc: request.databaseServices?.authentication.openID?.method)
    }
}
