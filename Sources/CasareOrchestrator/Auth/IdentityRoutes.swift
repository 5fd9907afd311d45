import CasareDomain
import CasareStore
import CasareWire

/// Who the caller is, and what they may do.
enum IdentityRoutes {
    static let all: [Route] = [
        .get("/api/v1/auth/me", .anyCaller, "Whom the server takes the caller for, and what they may do.", Self.me),
        .post(
            "/api/v1/auth/can-i", .anyCaller, "Whether the caller has a permission, and why.", Self.canI),
    ]

    private static func me(_ request: APIRequest) async throws -> IdentityResponse {
        let principal = request.principal
        guard let role = Role.Name(rawValue: principal.role) else {
            throw StoreError.unreadable("\"\(principal.role)\" is not the name of a role")
        }
        return IdentityResponse(
            name: principal.name, role: role, robot: principal.robot,
            permissions: principal.permissions.inOrder.map(\.rawValue), tenant: Int(principal.tenant.rawValue),
            kind: principal.kind.rawValue, scopes: principal.scopes?.inOrder.map(\.rawValue))
    }

    static func canI(_ request: APIRequest, _ body: CanIRequest) async throws -> Answer<CanIResponse> {
        guard let permission = Permission(rawValue: body.permission) else {
            throw WireDecodingError(
                path: "permission", message: Permission.Unknown(name: body.permission).description)
        }
        return Answer(
            CanIResponse(
                permission: permission.rawValue, allowed: request.principal.may(permission),
                why: request.principal.reason(about: permission)))
    }
}

extension Principal {
    /// Why they may do something, or not: one sentence for people.
    func reason(about permission: Permission) -> String {
        if self.may(permission) {
            let own = self.robot.map { permission == .robotProtocol ? ", for robot \($0) alone" : "" } ?? ""
            return "the role \(self.role) includes it\(own)"
        }
        if let scopes, !scopes.contains(permission) { return "it is not among the scopes that \(self.name) has" }
        if permission.isOfInstallation, self.tenant != .default {
            return "it concerns the whole installation: only administrators of the tenant default have it"
        }
        let others = Role.allCases.filter { $0.permissions(in: self.tenant).contains(permission) }.map(\.rawValue)
        let advice =
            permission.isOfInstallation
            ? "" : "; a role of your own can have it, too (casarectl role create)"
        return "the role \(self.role) does not include it; \(others.joined(separator: ", ")) "
            + (others.count == 1 ? "does" : "do") + advice
    }
}
