import CasareClient
import CasareDomain
import CasareWire

/// What a token would be: the server is only asked for what there is.
extension CreateTokenRequest {
    private static let columns: [Column<CreateTokenRequest>] = [
        Column("name", shrinks: true) { .text($0.name) },
        Column("role") { .text($0.role.rawValue) },
        Column("robot") { .text($0.robot?.description) },
        Column("expires_at") { .time($0.expiresAt) },
        Column("scopes", wide: true) { .text($0.scopes?.joined(separator: " ")) },
        Column("networks", wide: true) { .text($0.networks?.joined(separator: " ")) },
        Column("description", wide: true, shrinks: true) { .text($0.description) },
    ]

    /// - Throws: `.conflict` where a token of that name counts, `.forbidden` where it could do more than the caller,
    ///   `.notFound` for a role that there is not; what else the server would refuse of its scopes.
    func dryRun(_ client: CasareClient) async throws -> Presentation {
        let known = try await Lookup.find { try await client.token(named: self.name) }
        if known?.counts == true {
            throw CommandFailure(.conflict, "there is a token \(self.name) already; choose another name")
        }
        let permissions = try self.permissions(of: try await client.role(self.role))
        try await GivenPermissions.check(permissions, of: "the token \(self.name)", client)
        var sheet = Sheet("would create the token \(self.name)")
        sheet.add("role", .text(self.role.rawValue))
        sheet.add("speaks for", .text(self.robot.map { "robot \($0) alone" }))
        sheet.add("about", .text(self.description))
        sheet.add("counts from", .text(self.networks?.joined(separator: ", ")))
        sheet.add("expires", .time(self.expiresAt))
        sheet.sections.append(.lines(title: "Permissions", PermissionLines.text(of: permissions)))
        return try Presentation(single: self, columns: Self.columns, name: self.name, sheet: sheet)
    }

    /// What the role allows, cut down to the scopes.
    private func permissions(of role: RoleInfo) throws -> [String] {
        guard let scopes = self.scopes else { return role.permissions }
        var named: Set<String> = []
        for scope in scopes {
            let names = try GivenPermissions.names([scope], at: "scopes")
            let included = names.filter(role.permissions.contains)
            // Of workflow.* what the role has is meant.
            guard included.count == names.count || scope.hasSuffix("*") && !included.isEmpty else {
                throw CommandFailure(
                    .failure,
                    "the role \(role.name) does not include \(scope); choose another role, or leave it out")
            }
            named.formUnion(included)
        }
        return role.permissions.filter(named.contains)
    }
}

extension TokenInfo {
    /// - Throws: `.notFound` for one that was revoked, as the server says it.
    func checkCounts() throws(CommandFailure) {
        guard !self.counts else { return }
        throw CommandFailure(.notFound, "the token \(self.name) was revoked: none of that name counts")
    }
}
