package import CasareDomain

/// Who made a request, whose they are, and what they may do. Routes ask it, and nothing else, what is allowed.
package struct Principal: Hashable, Sendable {
    /// How somebody has shown who they are.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case token, oidc, certificate
        /// The service itself.
        case `internal`
    }

    package let tenant: Tenant.ID
    /// For "who did it": a token's name, `oidc:` and the subject, `robot:` and the robot's ID.
    package let name: String
    package let kind: Kind
    /// The name of a built-in role or of one of the tenant's own.
    package let role: String
    /// What they may do: what the role says, cut down to the scopes. Never of the installation outside of the tenant
    /// `default`.
    package let permissions: Set<Permission>
    /// To what the role is cut down; `nil`: to nothing less.
    package let scopes: Set<Permission>?
    /// The one robot that they speak for; `nil` for people, services, and robots of any name.
    package let robot: Robot.ID?
    /// Of a token.
    package let tokenID: Int?

    /// - Parameter granted: what the role says.
    package init(
        tenant: Tenant.ID, name: String, kind: Kind, role: String, granted: Set<Permission>,
        scopes: Set<Permission>? = nil, robot: Robot.ID? = nil, tokenID: Int? = nil
    ) {
        self.tenant = tenant
        self.name = name
        self.kind = kind
        self.role = role
        let own = tenant == .default ? granted : granted.filter { !$0.isOfInstallation }
        self.permissions = scopes.map { own.intersection($0) } ?? own
        self.scopes = scopes
        self.robot = robot
        self.tokenID = tokenID
    }

    /// A principal of a built-in role.
    package init(
        tenant: Tenant.ID, name: String, kind: Kind, role: Role, scopes: Set<Permission>? = nil,
        robot: Robot.ID? = nil, tokenID: Int? = nil
    ) {
        self.init(
            tenant: tenant, name: name, kind: kind, role: role.rawValue, granted: role.permissions(in: tenant),
            scopes: scopes, robot: robot, tokenID: tokenID)
    }

    package func may(_ permission: Permission) -> Bool { self.permissions.contains(permission) }

    /// Whether they have everything of a set: nobody hands on what they do not have.
    package func may(all permissions: Set<Permission>) -> Bool { permissions.isSubset(of: self.permissions) }
}
