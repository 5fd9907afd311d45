public import CasareDomain
public import FoundationEssentials

/// `GET /api/v1/auth/me`: whom the server takes the caller for.
public struct IdentityResponse: Hashable, Sendable, Codable {
    /// The token's name.
    public let name: String
    public let role: Role
    /// The one robot that a robot's token speaks for.
    public let robot: Robot.ID?
    public let permissions: [String]
    public let tenant: Int

    public init(name: String, role: Role, robot: Robot.ID?, permissions: [String], tenant: Int) {
        self.name = name
        self.role = role
        self.robot = robot
        self.permissions = permissions
        self.tenant = tenant
    }
}

/// `POST /api/v1/tokens`.
public struct CreateTokenRequest: Hashable, Sendable, Codable {
    public var name: String
    public var role: Role
    /// The one robot that it speaks for; only for the role `robot`, where `nil` stands for any.
    public var robot: Robot.ID?
    public var expiresAt: Date?

    public init(name: String, role: Role, robot: Robot.ID? = nil, expiresAt: Date? = nil) {
        self.name = name
        self.role = role
        self.robot = robot
        self.expiresAt = expiresAt
    }
}

public struct TokenInfo: Hashable, Sendable, Codable {
    public let id: Int
    public let name: String
    public let role: Role
    public let robot: Robot.ID?
    public let createdAt: Date
    public let expiresAt: Date?
    public let revokedAt: Date?

    public init(
        id: Int, name: String, role: Role, robot: Robot.ID?, createdAt: Date, expiresAt: Date?, revokedAt: Date?
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.robot = robot
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
    }
}

public struct CreateTokenResponse: Hashable, Sendable, Codable {
    /// The secret itself: shown this once.
    public let token: String
    public let info: TokenInfo

    public init(token: String, info: TokenInfo) {
        self.token = token
        self.info = info
    }
}

public struct TokenPage: Hashable, Sendable, Codable {
    /// Newest first.
    public let tokens: [TokenInfo]
    public let nextCursor: String?

    public init(tokens: [TokenInfo], nextCursor: String?) {
        self.tokens = tokens
        self.nextCursor = nextCursor
    }
}
