import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

enum TokenRoutes {
    private static let nameCharactersMax = 100

    static let all: [Route] = [
        .get(
            "/api/v1/auth/me", .anyOf(Permission.allCases), "Whom the server takes the caller for.", Self.identity),
        .post(
            "/api/v1/tokens", .needs(.administer), "Create a token. It is shown this once.", statuses: [201],
            Self.create),
        .get(
            "/api/v1/tokens", .needs(.administer), "List tokens, newest first, without the secrets.",
            query: [.limit, .cursor], Self.list),
        .delete(
            "/api/v1/tokens/{name}", .needs(.administer), "Revoke a token. It may work for a few seconds more.",
            Self.revoke),
    ]

    private static func identity(_ request: APIRequest) async throws -> IdentityResponse {
        let token = request.principal.token
        return IdentityResponse(
            name: token.name, role: token.role, robot: token.robot,
            permissions: Permission.allCases.filter(token.role.allows).map(\.rawValue),
            tenant: Int(request.principal.tenant.rawValue))
    }

    private static func create(
        _ request: APIRequest, _ body: CreateTokenRequest
    ) async throws -> Answer<CreateTokenResponse> {
        try ShortText.check(body.name, "name", charactersMax: Self.nameCharactersMax)
        guard body.robot == nil || body.role == .robot else {
            throw WireDecodingError(path: "robot", message: "goes with the role robot only")
        }
        if let expiresAt = body.expiresAt, expiresAt <= Date() {
            throw APIProblem.invalidInput(
                "expires_at", "\(Timestamp.text(expiresAt)) is past: the token would not work")
        }
        let (text, token) = try await request.inTenant { connection in
            try TokenStore.create(
                name: body.name, role: body.role, robot: body.robot, expiresAt: body.expiresAt, on: connection)
        }
        return Answer(status: 201, CreateTokenResponse(token: text.reveal(), info: TokenInfo(token)))
    }

    private static func list(_ request: APIRequest) async throws -> TokenPage {
        let limit = try request.limit()
        let before = try request.numberCursor()
        let tokens = try await request.inTenant { connection in
            try TokenStore.list(before: before, limit: limit + 1, on: connection)
        }
        let page = tokens.page(of: limit) { String($0.id) }
        return TokenPage(tokens: page.items.map(TokenInfo.init), nextCursor: page.nextCursor)
    }

    private static func revoke(_ request: APIRequest) async throws -> TokenInfo {
        let name = request.parameter("name")
        return try await request.inTenant { connection in
            TokenInfo(try TokenStore.revoke(name: name, on: connection))
        }
    }
}

extension TokenInfo {
    init(_ token: Token) {
        self.init(
            id: token.id, name: token.name, role: token.role, robot: token.robot, createdAt: token.createdAt,
            expiresAt: token.expiresAt, revokedAt: token.revokedAt)
    }
}
