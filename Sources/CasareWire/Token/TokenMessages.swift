public import CasareDomain
public import FoundationEssentials

/// `POST /api/v1/tokens`.
public struct CreateTokenRequest: Hashable, Sendable, Codable {
    public var name: String
    public var role: Role.Name
    /// The one robot that it speaks for; only for the role `robot`, where `nil` stands for any.
    public var robot: Robot.ID?
    public var expiresAt: Date?
    public var description: String?
    /// Names of permissions, to which the role is cut down; `nil`: to nothing less.
    public var scopes: [String]?
    /// In CIDR form, such as `192.0.2.0/24`: from where it counts; `nil`: from anywhere.
    public var networks: [String]?
    /// Kept with what was done.
    public var reason: String?

    public init(
        name: String, role: Role.Name, robot: Robot.ID? = nil, expiresAt: Date? = nil, description: String? = nil,
        scopes: [String]? = nil, networks: [String]? = nil, reason: String? = nil
    ) {
        self.name = name
        self.role = role
        self.robot = robot
        self.expiresAt = expiresAt
        self.description = description
        self.scopes = scopes
        self.networks = networks
        self.reason = reason
    }
}

/// `POST /api/v1/tokens/{name}/rotate`.
public struct RotateTokenRequest: Hashable, Sendable, Codable {
    /// At most 30 days; without it the old one is worthless at once.
    public var overlapSeconds: Double?
    /// Of the new one; without it, it lives as long as the old one was to.
    public var expiresAt: Date?
    /// Kept with what was done.
    public var reason: String?

    public init(overlapSeconds: Double? = nil, expiresAt: Date? = nil, reason: String? = nil) {
        self.overlapSeconds = overlapSeconds
        self.expiresAt = expiresAt
        self.reason = reason
    }
}

public struct TokenInfo: Hashable, Sendable, Codable {
    public let id: Int
    public let name: String
    /// The beginning of the token, by which its bearer knows it again; `nil` for old ones.
    public let prefix: String?
    public let role: Role.Name
    public let robot: Robot.ID?
    public let description: String?
    /// Names of permissions, to which the role is cut down; `nil`: to nothing less.
    public let scopes: [String]?
    /// In CIDR form: from where it counts; `nil`: from anywhere.
    public let networks: [String]?
    public let createdAt: Date
    public let createdBy: String?
    public let expiresAt: Date?
    /// When another one took its place: it works until it expires.
    public let replacedAt: Date?
    public let revokedAt: Date?
    /// Up to a minute late.
    public let lastUsedAt: Date?
    public let lastUsedFrom: String?

    public init(
        id: Int, name: String, prefix: String? = nil, role: Role.Name, robot: Robot.ID?, description: String? = nil,
        scopes: [String]? = nil, networks: [String]? = nil, createdAt: Date, createdBy: String? = nil,
        expiresAt: Date?, replacedAt: Date? = nil, revokedAt: Date?, lastUsedAt: Date? = nil,
        lastUsedFrom: String? = nil
    ) {
        self.id = id
        self.name = name
        self.prefix = prefix
        self.role = role
        self.robot = robot
        self.description = description
        self.scopes = scopes
        self.networks = networks
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
        self.replacedAt = replacedAt
        self.revokedAt = revokedAt
        self.lastUsedAt = lastUsedAt
        self.lastUsedFrom = lastUsedFrom
    }
}

/// The answer to a token's creation and rotation.
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
