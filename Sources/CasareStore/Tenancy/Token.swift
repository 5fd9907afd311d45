package import CasareDomain
import CasarePostgres
package import FoundationEssentials

/// An API token, without its text, which nobody can tell again.
package struct Token: Identifiable, Hashable, Sendable {
    package static let descriptionCharactersMax = 500
    package static let networksMax = 50

    package let id: Int
    package let name: String
    package let role: Role.Name
    /// The robot that the token is for; `nil` for people, services, and robots of any name.
    package let robot: Robot.ID?
    package let description: String?
    /// To what its role is cut down; `nil`: to nothing less.
    package let scopes: Set<Permission>?
    /// From where it counts; `nil`: from anywhere.
    package let networks: [AddressRange]?
    /// The beginning of its text; `nil` for one that was made before it was kept.
    package let prefix: String?
    package let createdAt: Date
    /// `nil` for one that was made before it was kept, or by whoever may sign in to the database.
    package let createdBy: String?
    package let expiresAt: Date?
    /// When another one took its name and place. It works until it expires.
    package let replacedAt: Date?
    package let revokedAt: Date?
    /// Not to the second: it is written once a minute at the most.
    package let lastUsedAt: Date?
    package let lastUsedFrom: String?

    /// What a token hands on at the most.
    package struct Bounds: Hashable, Sendable {
        /// `nil`: it counts from anywhere.
        package let networks: [AddressRange]?
        /// `nil`: never.
        package let expiresAt: Date?
    }

    /// Whether it counts when it is shown from there. Without an address nobody knows, so a token that is for some
    /// networks only does not.
    package func counts(from address: NetworkAddress?) -> Bool {
        guard let networks else { return true }
        guard let address else { return false }
        return networks.contains { $0.contains(address) }
    }
}

/// A token that is to be made.
package struct NewToken: Hashable, Sendable {
    package var name: String
    package var role: Role.Name
    package var robot: Robot.ID?
    package var description: String?
    /// `nil`, not the empty set: all that the role has.
    package var scopes: Set<Permission>?
    /// `nil`, not the empty list: from anywhere.
    package var networks: [AddressRange]?
    package var expiresAt: Date?

    package init(
        name: String, role: Role.Name, robot: Robot.ID? = nil, description: String? = nil,
        scopes: Set<Permission>? = nil, networks: [AddressRange]? = nil, expiresAt: Date? = nil
    ) {
        self.name = name
        self.role = role
        self.robot = robot
        self.description = description
        self.scopes = scopes
        self.networks = networks
        self.expiresAt = expiresAt
    }
}

/// A valid token that was shown, and who shows it.
package struct TokenBearer: Hashable, Sendable {
    package let principal: Principal
    package let token: Token
}

extension Token {
    /// - Parameter row: has the columns of a token.
    init(row: Row) throws {
        let role = try row.string("role")
        guard let role = Role.Name(rawValue: role) else {
            throw StoreError.unreadable("\"\(role)\" is not the name of a role")
        }
        let scopes: [String]? = try row.decode("scopes")
        let networks: [String]? = try row.decode("networks")
        self.init(
            id: try row.int("token_id"), name: try row.string("name"), role: role,
            robot: try row.optionalString("robot_id").flatMap(Robot.ID.init(rawValue:)),
            description: try row.optionalString("description"),
            // Names that this version does not know count for nothing: the rest is less, never more.
            scopes: scopes.map { Set(permissionNames: $0) }, networks: try networks?.map(Self.range),
            prefix: try row.optionalString("prefix"), createdAt: try row.date("created_at"),
            createdBy: try row.optionalString("created_by"), expiresAt: try row.optionalDate("expires_at"),
            replacedAt: try row.optionalDate("replaced_at"), revokedAt: try row.optionalDate("revoked_at"),
            lastUsedAt: try row.optionalDate("last_used_at"), lastUsedFrom: try row.optionalString("last_used_from"))
    }

    static func range(_ text: String) throws -> AddressRange {
        guard let range = AddressRange(text) else { throw StoreError.unreadable("\"\(text)\" is not a network") }
        return range
    }
}
