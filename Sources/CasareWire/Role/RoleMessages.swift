public import CasareDomain
public import FoundationEssentials

/// A role as the API shows it.
public struct RoleInfo: Hashable, Sendable, Codable {
    public let name: Role.Name
    public let description: String?
    /// Names of permissions, in the order in which all of them are listed.
    public let permissions: [String]
    /// It is always there and stays as it is.
    public let isBuiltIn: Bool
    /// Of a role that the tenant has made, as the members after it.
    public let createdAt: Date?
    public let createdBy: String?
    public let updatedAt: Date?
    public let updatedBy: String?

    public init(
        name: Role.Name, description: String?, permissions: [String], isBuiltIn: Bool, createdAt: Date? = nil,
        createdBy: String? = nil, updatedAt: Date? = nil, updatedBy: String? = nil
    ) {
        self.name = name
        self.description = description
        self.permissions = permissions
        self.isBuiltIn = isBuiltIn
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
    }
}

/// `GET /api/v1/roles`.
public struct RolePage: Hashable, Sendable, Codable {
    /// Those that are always there, then the tenant's own by name.
    public let roles: [RoleInfo]
    public let nextCursor: String?

    public init(roles: [RoleInfo], nextCursor: String?) {
        self.roles = roles
        self.nextCursor = nextCursor
    }
}

/// `POST /api/v1/roles`.
public struct CreateRoleRequest: Hashable, Sendable, Codable {
    public var name: Role.Name
    public var description: String?
    /// Names of permissions; `workflow.*` stands for all of a noun. Nobody gives what they do not have.
    public var permissions: [String]
    /// Kept with what was done.
    public var reason: String?

    public init(name: Role.Name, description: String? = nil, permissions: [String], reason: String? = nil) {
        self.name = name
        self.description = description
        self.permissions = permissions
        self.reason = reason
    }

    /// - Throws: for the first member at fault.
    public func role() throws(WireDecodingError) -> CustomRole {
        if let reason { try ControlReason.check(reason, "reason") }
        return try CustomRole.checked(
            self.name, self.description, try PermissionNames.parse(self.permissions, at: "permissions"))
    }
}

/// `PATCH /api/v1/roles/{name}`: what is left out stays as it is, and null takes the description away (RFC 7396).
public struct UpdateRoleRequest: Hashable, Sendable, Codable {
    public typealias Change = MemberChange

    public var description: Change<String>
    /// All that it is to allow from then on.
    public var permissions: [String]?
    /// Beside what it allows, or beside `permissions`.
    public var add: [String]?
    public var remove: [String]?
    /// Kept with what was done.
    public var reason: String?

    public init(
        description: Change<String> = .keep, permissions: [String]? = nil, add: [String]? = nil,
        remove: [String]? = nil, reason: String? = nil
    ) {
        self.description = description
        self.permissions = permissions
        self.add = add
        self.remove = remove
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case description, permissions, add, remove, reason
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            description: try container.change(of: .description),
            permissions: try container.decodeIfPresent([String].self, forKey: .permissions),
            add: try container.decodeIfPresent([String].self, forKey: .add),
            remove: try container.decodeIfPresent([String].self, forKey: .remove),
            reason: try container.decodeIfPresent(String.self, forKey: .reason))
        try ControlReason.check(self.reason, decoder.codingPath + [CodingKeys.reason])
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(change: self.description, forKey: .description)
        if let permissions { try container.encode(permissions, forKey: .permissions) }
        if let add { try container.encode(add, forKey: .add) }
        if let remove { try container.encode(remove, forKey: .remove) }
        if let reason { try container.encode(reason, forKey: .reason) }
    }

    /// The role as it is to be.
    ///
    /// - Throws: for the first member at fault.
    public func applied(to role: CustomRole) throws(WireDecodingError) -> CustomRole {
        var description = role.description
        self.description.apply(to: &description)
        var permissions = role.permissions
        if let all = self.permissions { permissions = try PermissionNames.parse(all, at: "permissions") }
        if let add { permissions.formUnion(try PermissionNames.parse(add, at: "add")) }
        if let remove { permissions.subtract(try PermissionNames.parse(remove, at: "remove")) }
        return try CustomRole.checked(role.name, description, permissions)
    }
}

extension CustomRole {
    fileprivate static func checked(
        _ name: Role.Name, _ description: String?, _ permissions: Set<Permission>
    ) throws(WireDecodingError) -> CustomRole {
        do throws(CustomRole.Fault) {
            return try CustomRole(name: name, description: description, permissions: permissions)
        } catch {
            throw WireDecodingError(path: error.member, message: error.description)
        }
    }
}

/// Lists of permissions in requests.
public enum PermissionNames {
    /// Longer lists are refused before they are read.
    public static let countMax = 200

    /// What the names of a list stand for.
    ///
    /// - Parameter member: for the error.
    /// - Throws: for a list that is too long, and for the first name that there is not.
    public static func parse(_ names: [String], at member: String) throws(WireDecodingError) -> Set<Permission> {
        guard names.count <= self.countMax else {
            throw WireDecodingError(path: member, message: "expected at most \(self.countMax), got \(names.count)")
        }
        var permissions: Set<Permission> = []
        for (position, name) in names.enumerated() {
            do throws(Permission.Unknown) {
                permissions.formUnion(try Permission.named(name))
            } catch {
                throw WireDecodingError(path: "\(member)[\(position)]", message: error.description)
            }
        }
        return permissions
    }
}
