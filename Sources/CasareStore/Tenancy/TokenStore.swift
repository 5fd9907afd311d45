package import CasareDomain
package import CasarePostgres
import Crypto
package import FoundationEssentials

/// An API token, without its text, which nobody can tell again.
package struct Token: Identifiable, Hashable, Sendable {
    package let id: Int
    package let name: String
    package let role: Role
    /// The robot that the token is for; `nil` for people, services, and robots of any name.
    package let robot: Robot.ID?
    package let createdAt: Date
    package let expiresAt: Date?
    package let revokedAt: Date?
}

/// Who made a request: a valid token and whose it is.
package struct Principal: Hashable, Sendable {
    package let tenant: Tenant.ID
    package let token: Token
}

/// The text of a token as its bearer shows it: `crpa_` and 43 characters of random. Never printed by accident.
package struct TokenText: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    private static let prefix = "crpa_"
    private static let randomBytes = 32

    private let text: String

    /// `nil` for what cannot be a token.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), text.utf8.count <= 128 else { return nil }
        self.text = text
    }

    init(using generator: inout some RandomNumberGenerator) {
        let bytes = (0..<Self.randomBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let base64 = Data(bytes).base64EncodedString()
        self.text =
            Self.prefix
            + base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    package static func random() -> TokenText {
        var generator = SystemRandomNumberGenerator()
        return TokenText(using: &generator)
    }

    /// The one way to the text: to show it once to whoever created it.
    package func reveal() -> String { self.text }

    var hash: [UInt8] { Array(SHA256.hash(data: Array(self.text.utf8))) }

    package var description: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

package enum TokenStore {
    /// Creates a token. Its text is in the result and nowhere else. Call within `Database.asTenant`.
    package static func create(
        name: String, role: Role, robot: Robot.ID? = nil, expiresAt: Date? = nil, now: Date? = nil,
        on connection: isolated PostgresConnection
    ) throws -> (text: TokenText, token: Token) {
        let text = TokenText.random()
        let created = try connection.execute(
            TokenQueries.create,
            [
                "name": .text(name.storable), "role": .text(role.rawValue), "robot": .text(robot?.rawValue),
                "hash": .bytes(text.hash), "expires_at": .timestamp(expiresAt), "now": .timestamp(now),
            ])
        guard let row = created.first else { throw StoreError.nameTaken(.token, name) }
        return (text, try Token(row: row))
    }

    /// Newest first, those before the given one. Call within `Database.asTenant`.
    package static func list(
        before: Token.ID? = nil, limit: Int, on connection: isolated PostgresConnection
    ) throws -> [Token] {
        try connection.execute(
            TokenQueries.list, ["before": .int(before ?? Int(Int32.max)), "limit": .int(limit)]
        ).map(Token.init(row:))
    }

    /// Makes a token invalid from the commit on. Call within `Database.asTenant`.
    @discardableResult
    package static func revoke(
        name: String, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Token {
        let revoked = try connection.execute(
            TokenQueries.revoke, ["name": .text(name.storable), "now": .timestamp(now)])
        guard let row = revoked.first else { throw StoreError.notFound(.token, name) }
        return try Token(row: row)
    }

    /// Who shows this token; `nil` when it is unknown, revoked or expired. Call within `Database.asSystem`.
    package static func find(
        _ text: TokenText, now: Date? = nil, on connection: isolated PostgresConnection
    ) throws -> Principal? {
        try connection.execute(TokenQueries.find, ["hash": .bytes(text.hash), "now": .timestamp(now)]).first.map {
            row in
            Principal(tenant: Tenant.ID(rawValue: try row.decode("tenant_id")), token: try Token(row: row))
        }
    }
}

extension Token {
    fileprivate init(row: Row) throws {
        let role = try row.string("role")
        guard let role = Role(rawValue: role) else { throw StoreError.unreadable("the role \"\(role)\" is unknown") }
        self.init(
            id: try row.int("token_id"), name: try row.string("name"), role: role,
            robot: try row.optionalString("robot_id").flatMap(Robot.ID.init(rawValue:)),
            createdAt: try row.date("created_at"), expiresAt: try row.optionalDate("expires_at"),
            revokedAt: try row.optionalDate("revoked_at"))
    }
}
