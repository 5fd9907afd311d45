public import CasareDomain

/// `GET /api/v1/auth/me`: whom the server takes the caller for.
public struct IdentityResponse: Hashable, Sendable, Codable {
    /// A token's name, `oidc:` and a subject, or `robot:` and a robot's ID.
    public let name: String
    public let role: Role.Name
    /// The one robot that the caller speaks for.
    public let robot: Robot.ID?
    /// What the caller may do, in the order in which all permissions are listed.
    public let permissions: [String]
    public let tenant: Int
    /// How the caller has shown who they are: `token`, `oidc` or `certificate`.
    public let kind: String?
    /// To what the role is cut down; `nil`: to nothing less.
    public let scopes: [String]?

    public init(
        name: String, role: Role.Name, robot: Robot.ID?, permissions: [String], tenant: Int, kind: String? = nil,
        scopes: [String]? = nil
    ) {
        self.name = name
        self.role = role
        self.robot = robot
        self.permissions = permissions
        self.tenant = tenant
        self.kind = kind
        self.scopes = scopes
    }
}

/// `POST /api/v1/auth/can-i`.
public struct CanIRequest: Hashable, Sendable, Codable {
    /// Such as `workflow.execute`.
    public var permission: String

    public init(permission: String) { self.permission = permission }
}

public struct CanIResponse: Hashable, Sendable, Codable {
    public let permission: String
    public let allowed: Bool
    /// For people, one sentence.
    public let why: String

    public init(permission: String, allowed: Bool, why: String) {
        self.permission = permission
        self.allowed = allowed
        self.why = why
    }
}
