/// A role that a tenant has made for itself, beside those that are always there.
public struct CustomRole: Hashable, Sendable {
    /// A tenant has no more.
    public static let countMax = 200
    public static let descriptionCharactersMax = 500

    /// Not that of a built-in role.
    public let name: Role.Name
    public let description: String?
    /// At least one, and none of the installation.
    public let permissions: Set<Permission>

    /// Why something cannot be such a role.
    public enum Fault: Error, Hashable, Sendable {
        /// The roles that are always there stay as they are.
        case builtIn(Role)
        case description
        case noPermissions
        case ofInstallation(Permission)
    }

    public init(name: Role.Name, description: String?, permissions: Set<Permission>) throws(Fault) {
        if let role = name.builtIn { throw .builtIn(role) }
        if let description, description.count > Self.descriptionCharactersMax { throw .description }
        guard !permissions.isEmpty else { throw .noPermissions }
        if let permission = permissions.inOrder.first(where: \.isOfInstallation) { throw .ofInstallation(permission) }
        self.name = name
        self.description = description
        self.permissions = permissions
    }

    /// One that was kept, which another version of the program may have checked otherwise.
    package init(stored name: Role.Name, description: String?, permissions: Set<Permission>) {
        self.name = name
        self.description = description
        self.permissions = permissions
    }
}

extension CustomRole.Fault: CustomStringConvertible {
    /// For people; goes behind the name of the member.
    public var description: String {
        switch self {
        case .builtIn(let role): "\(role.rawValue) is a role that is always there and stays as it is; take another name"
        case .description: "must have at most \(CustomRole.descriptionCharactersMax) characters"
        case .noPermissions: "name at least one, such as \(Permission.executionRead.rawValue)"
        case .ofInstallation(let permission):
            "\(permission.rawValue) is of the whole installation: only the role admin of the tenant default has it"
        }
    }

    /// The member at fault.
    public var member: String {
        switch self {
        case .builtIn: "name"
        case .description: "description"
        case .noPermissions, .ofInstallation: "permissions"
        }
    }
}
