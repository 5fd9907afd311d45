import CasareDomain
import CasareStore
import CasareWire
import FoundationEssentials

enum TokenRoutes {
    static let nameCharactersMax = 100
    /// How callers are called that show something else than a token: nobody shall look like one of them in what is
    /// kept.
    private static let reservedPrefixes = ["oidc:", "robot:", "enrolment:"]

    static let all: [Route] = [
        .post(
            "/api/v1/tokens", .needs(.tokenCreate),
            "Create a token. It is shown this once. Nobody gives permissions that they do not have, and with a token "
                + "that expires nobody makes one that counts for longer.", statuses: [201], Self.create),
        .get(
            "/api/v1/tokens", .needs(.tokenRead), "List tokens, newest first, without the secrets.",
            query: [.limit, .cursor], Self.list),
        .get(
            "/api/v1/tokens/{name}", .needs(.tokenRead),
            "The newest token of a name, without the secret, also one that was revoked.", Self.get),
        .post(
            "/api/v1/tokens/{name}/rotate", .needs(.tokenCreate),
            "Put a new token in the place of one; the old one may work on for a while. It is shown this once.",
            statuses: [201], Self.rotate),
        .delete(
            "/api/v1/tokens/{name}", .needs(.tokenRevoke),
            "Revoke a token, and those that work on beside it. Other orchestrators may let it in for a few "
                + "seconds more.",
            query: [.text("reason", "Kept with what was done.")], Self.revoke),
    ]

    private static func create(
        _ request: APIRequest, _ body: CreateTokenRequest
    ) async throws -> Answer<CreateTokenResponse> {
        let new = try body.token()
        let (text, token) = try await request.inTenant { connection in
            let granted = try RoleStore.keep(new.role, in: request.principal.tenant, on: connection)
            try Self.check(body.scopes, within: granted, of: new.role)
            try request.requireAll(
                new.scopes.map { granted.intersection($0) } ?? granted, toGive: "the token \(new.name)")
            try request.requireBounds(
                networks: new.networks, expiresAt: new.expiresAt, toGive: "the token \(new.name)", on: connection)
            return try TokenStore.create(new, by: request.actor, on: connection)
        }
        return Answer(status: 201, CreateTokenResponse(token: text.reveal(), info: TokenInfo(token)))
    }

    /// A scope that the role does not have would be no scope: whoever names it means another role. Of `workflow.*` what
    /// the role has is meant.
    private static func check(
        _ scopes: [String]?, within granted: Set<Permission>, of role: Role.Name
    ) throws(WireDecodingError) {
        for (index, text) in (scopes ?? []).enumerated() {
            guard let named = try? Permission.named(text) else { continue }  // They have been read before.
            let isLacking = text.hasSuffix("*") ? named.isDisjoint(with: granted) : !named.isSubset(of: granted)
            guard isLacking else { continue }
            throw WireDecodingError(
                path: "scopes[\(index)]",
                message: "the role \(role) does not include \(text); choose another role, or leave it out")
        }
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

    private static func get(_ request: APIRequest) async throws -> TokenInfo {
        let name = request.parameter("name")
        return try await request.inTenant { connection in
            TokenInfo(try TokenStore.get(name: name, on: connection))
        }
    }

    private static func rotate(
        _ request: APIRequest, _ body: RotateTokenRequest
    ) async throws -> Answer<CreateTokenResponse> {
        let name = request.parameter("name")
        if let reason = body.reason { try ControlReason.check(reason, "reason") }
        let overlap = try body.overlap()
        try Self.checkIsAhead(body.expiresAt)
        let (text, token) = try await request.inTenant { connection in
            try TokenStore.rotate(
                name: name, overlap: overlap, expiresAt: body.expiresAt, by: request.actor, on: connection
            ) { old, expiresAt in
                let granted = try RoleStore.keep(old.role, in: request.principal.tenant, on: connection)
                try request.requireAll(
                    old.scopes.map { granted.intersection($0) } ?? granted, toGive: "the token \(old.name)")
                try request.requireBounds(
                    networks: old.networks, expiresAt: expiresAt, toGive: "the token \(old.name)", on: connection)
            }
        }
        if overlap == .zero { request.services.forgetCallers() }
        return Answer(status: 201, CreateTokenResponse(token: text.reveal(), info: TokenInfo(token)))
    }

    private static func revoke(_ request: APIRequest) async throws -> TokenInfo {
        let name = request.parameter("name")
        // Checked here; the audit log has it already.
        _ = try request.reason()
        let info = try await request.inTenant { connection in
            TokenInfo(try TokenStore.revoke(name: name, on: connection))
        }
        request.services.forgetCallers()
        return info
    }

    fileprivate static func checkIsAhead(_ expiresAt: Date?) throws(APIProblem) {
        guard let expiresAt, expiresAt <= Date() else { return }
        throw .invalidInput("expires_at", "\(Timestamp.text(expiresAt)) is past: the token would not work")
    }

    /// - Parameter field: the member of a body that has the name.
    static func checkName(_ name: String, _ field: String = "name") throws(WireDecodingError) {
        try ShortText.check(name, field, charactersMax: Self.nameCharactersMax)
        if let prefix = Self.reservedPrefixes.first(where: { name.hasPrefix($0) }) {
            throw WireDecodingError(
                path: field, message: "must not begin with \(prefix), as names of other callers do")
        }
    }
}

extension CreateTokenRequest {
    /// - Throws: `WireDecodingError` or `APIProblem`, for the member at fault.
    fileprivate func token() throws -> NewToken {
        try TokenRoutes.checkName(self.name)
        guard self.robot == nil || self.role == .robot else {
            throw WireDecodingError(path: "robot", message: "goes with the role robot only")
        }
        try TokenRoutes.checkIsAhead(self.expiresAt)
        if let description = self.description {
            try ShortText.check(description, "description", charactersMax: Token.descriptionCharactersMax)
        }
        if let reason = self.reason { try ControlReason.check(reason, "reason") }
        return NewToken(
            name: self.name, role: self.role, robot: self.robot, description: self.description,
            scopes: try self.permissions(), networks: try self.ranges(), expiresAt: self.expiresAt)
    }

    private func permissions() throws(WireDecodingError) -> Set<Permission>? {
        guard let scopes = self.scopes else { return nil }
        guard !scopes.isEmpty else {
            throw WireDecodingError(path: "scopes", message: "is empty; leave it out for all that the role has")
        }
        var permissions: Set<Permission> = []
        for (index, text) in scopes.enumerated() {
            do throws(Permission.Unknown) {
                permissions.formUnion(try Permission.named(text))
            } catch {
                throw WireDecodingError(path: "scopes[\(index)]", message: error.description)
            }
        }
        return permissions
    }

    private func ranges() throws(WireDecodingError) -> [AddressRange]? {
        guard let networks = self.networks else { return nil }
        guard (1...Token.networksMax).contains(networks.count) else {
            throw WireDecodingError(
                path: "networks",
                message: "expected 1 to \(Token.networksMax) networks; leave it out for everywhere")
        }
        var ranges: [AddressRange] = []
        for (index, text) in networks.enumerated() {
            guard let range = AddressRange(text) else {
                throw WireDecodingError(
                    path: "networks[\(index)]",
                    message: "\"\(text.prefix(64))\" is no network; write 192.0.2.0/24, 2001:db8::/32 or one address, "
                        + "with no bits behind the prefix")
            }
            if !ranges.contains(range) { ranges.append(range) }
        }
        return ranges
    }
}

extension RotateTokenRequest {
    fileprivate func overlap() throws(WireDecodingError) -> Duration {
        guard let seconds = self.overlapSeconds else { return .zero }
        let max = TokenStore.overlapMax.components.seconds
        guard seconds >= 0, seconds <= Double(max) else {
            throw WireDecodingError(path: "overlap_seconds", message: "expected 0 to \(max) seconds")
        }
        return .seconds(seconds)
    }
}

extension TokenInfo {
    init(_ token: Token) {
        self.init(
            id: token.id, name: token.name, prefix: token.prefix, role: token.role, robot: token.robot,
            description: token.description, scopes: token.scopes?.inOrder.map(\.rawValue),
            networks: token.networks?.map(\.description), createdAt: token.createdAt, createdBy: token.createdBy,
            expiresAt: token.expiresAt, replacedAt: token.replacedAt, revokedAt: token.revokedAt,
            lastUsedAt: token.lastUsedAt, lastUsedFrom: token.lastUsedFrom)
    }
}
