package import CasareDomain
package import CasarePostgres
package import FoundationEssentials

package enum TokenStore {
    /// Creates a token. Its text is in the result and nowhere else. Call within `Database.asTenant`.
    ///
    /// - Parameter by: who asks for it; `nil` for whoever may sign in to the database.
    /// - Throws: `.nameTaken` while another one of that name counts.
    package static func create(
        _ new: NewToken, by: String?, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> (text: TokenText, token: Token) {
        let text = TokenText.random()
        let created = try connection.execute(
            TokenQueries.create,
            [
                "name": .text(new.name.storable), "role": .text(new.role.rawValue), "robot": .text(new.robot?.rawValue),
                "description": .text(new.description?.storable),
                "scopes": Self.texts(new.scopes?.inOrder.map(\.rawValue)),
                "networks": Self.texts(new.networks?.map(\.description)),
                "prefix": .text(text.prefix), "hash": .bytes(text.hash), "by": .text(by?.storable),
                "expires_at": .timestamp(new.expiresAt), "now": .timestamp(now),
            ])
        guard let row = created.first else { throw StoreError.nameTaken(.token, new.name) }
        return (text, try Token(row: row))
    }

    private static func texts(_ texts: [String]?) -> PostgresValue {
        guard let texts else { return .null }
        return .textArray(texts)
    }

    /// The same for a token that is nothing but a name and a role.
    package static func create(
        name: String, role: Role.Name, robot: Robot.ID? = nil, expiresAt: Date? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> (text: TokenText, token: Token) {
        try self.create(
            NewToken(name: name, role: role, robot: robot, expiresAt: expiresAt), by: nil, now: now, on: connection)
    }

    /// Newest first, those before the given one. Call within `Database.asTenant`.
    package static func list(
        before: Token.ID? = nil, limit: Int, on connection: isolated PostgresConnection
    ) throws -> [Token] {
        try connection.execute(
            TokenQueries.list, ["before": .int(before ?? Int(Int32.max)), "limit": .int(limit)]
        ).map(Token.init(row:))
    }

    /// The newest token of a name, also one that was revoked. Call within `Database.asTenant`.
    ///
    /// - Throws: `.notFound` where there never was one.
    package static func get(name: String, on connection: isolated PostgresConnection) throws -> Token {
        let found = try connection.execute(TokenQueries.get, ["name": .text(name.storable)])
        guard let row = found.first else { throw StoreError.notFound(.token, name) }
        return try Token(row: row)
    }

    /// From where a token counts, and until when: whoever makes others with it hands on no more than that. Call within
    /// `Database.asTenant`.
    ///
    /// - Returns: `nil` where there is none of that number.
    package static func bounds(
        of token: Token.ID, on connection: isolated PostgresConnection
    ) throws -> Token.Bounds? {
        guard let row = try connection.execute(TokenQueries.bounds, ["token": .int(token)]).first else { return nil }
        let networks: [String]? = try row.decode("networks")
        return Token.Bounds(
            networks: try networks?.map(Token.range), expiresAt: try row.optionalDate("expires_at"))
    }

    /// Makes all tokens of a name invalid from the commit on: also what works on beside its successor. Call within
    /// `Database.asTenant`.
    ///
    /// - Returns: the newest of them.
    /// - Throws: `.notFound` where none counts.
    @discardableResult
    package static func revoke(
        name: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Token {
        let revoked = try connection.execute(
            TokenQueries.revoke, ["name": .text(name.storable), "now": .timestamp(now)]
        ).map(Token.init(row:))
        guard let newest = revoked.max(by: { $0.id < $1.id }) else { throw StoreError.notFound(.token, name) }
        return newest
    }

    /// Who shows this token; `nil` when it is unknown, revoked or expired. From where it is shown is not looked at.
    /// Call within `Database.asSystem`.
    package static func bearer(
        of text: TokenText, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> TokenBearer? {
        let found = try connection.execute(TokenQueries.find, ["hash": .bytes(text.hash), "now": .timestamp(now)])
        guard let row = found.first else { return nil }
        let tenant = Tenant.ID(rawValue: try row.decode("tenant_id"))
        let token = try Token(row: row)
        let granted =
            if let role = token.role.builtIn {
                role.permissions(in: tenant)
            } else {
                RoleStore.granted(try row.strings("granted"))
            }
        return TokenBearer(
            principal: Principal(
                tenant: tenant, name: token.name, kind: .token, role: token.role.rawValue, granted: granted,
                scopes: token.scopes, robot: token.robot, tokenID: token.id),
            token: token)
    }

    /// The same for those who want no more than to know who it is.
    package static func find(
        _ text: TokenText, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Principal? {
        try self.bearer(of: text, now: now, on: connection)?.principal
    }
}

// MARK: - In other hands

extension TokenStore {
    /// How long a token can work on beside its successor.
    package static let overlapMax = Duration.seconds(30 * 86_400)

    /// Puts a new token in the place of one, with its name and all that is known of it. Call within
    /// `Database.asTenant`.
    ///
    /// - Parameters:
    ///   - overlap: for how long the old one works on, at most `overlapMax`; zero: not at all.
    ///   - expiresAt: of the new one. `nil`: as much later as the old one lived, and never where that did not expire.
    ///   - by: who asks for it.
    ///   - check: sees the old one, and when the new one would expire, before anything is changed, and may refuse.
    /// - Throws: `.notFound` where none of that name counts, and what `check` throws.
    package static func rotate(
        name: String, overlap: Duration, expiresAt: Date? = nil, by: String?, now: Date? = nil,
        on connection: isolated PostgresConnection,
        checking check: (_ old: Token, _ expiresAt: Date?) throws -> Void = { _, _ in }
    ) throws -> (text: TokenText, token: Token) {
        precondition(overlap >= .zero && overlap <= self.overlapMax, "An overlap is out of bounds")
        let held = try connection.execute(TokenQueries.hold, ["name": .text(name.storable)])
        guard let row = held.first else { throw StoreError.notFound(.token, name) }
        let old = try Token(row: row)
        let lifetime = old.expiresAt.map { $0.timeIntervalSince(old.createdAt) }
        let end = expiresAt ?? lifetime.map { (now ?? Date()).addingTimeInterval($0) }
        try check(old, end)
        try connection.execute(
            TokenQueries.replace,
            ["token": .int(old.id), "overlap": .double(overlap / .seconds(1)), "now": .timestamp(now)])
        let new = NewToken(
            name: old.name, role: old.role, robot: old.robot, description: old.description, scopes: old.scopes,
            networks: old.networks, expiresAt: end)
        return try self.create(new, by: by, now: now, on: connection)
    }
}

/// That a token was shown.
package struct TokenUse: Hashable, Sendable {
    package let tenant: Tenant.ID
    package let token: Token.ID
    package let at: Date
    /// An address; `nil` where it is not known.
    package let source: String?

    package init(tenant: Tenant.ID, token: Token.ID, at: Date, source: String?) {
        self.tenant = tenant
        self.token = token
        self.at = at
        self.source = source
    }
}

extension TokenStore {
    /// Notes when tokens were shown last, and from where; several uses of one token must not be among them. Call within
    /// `Database.asSystem`.
    package static func used(_ uses: [TokenUse], on connection: isolated PostgresConnection) throws {
        guard !uses.isEmpty else { return }
        try connection.execute(
            TokenQueries.used,
            [
                "tenants": .int4Array(uses.map(\.tenant.rawValue)), "tokens": .int4Array(uses.map { Int32($0.token) }),
                "times": .timestampArray(uses.map(\.at)), "sources": .textArray(uses.map { $0.source?.storable }),
            ])
    }
}
