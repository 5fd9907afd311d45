import CasareDomain
package import FoundationEssentials

/// The one token of a server without a database: its bearer is the administrator.
package struct SoleToken: Sendable {
    package let text: TokenText
    private let name: String
    private let createdAt: Date

    package init(_ text: TokenText = .random(), name: String, createdAt: Date) {
        self.text = text
        self.name = name
        self.createdAt = createdAt
    }

    /// Who shows a token; `nil` for any other one. The hashes are compared: how long that takes tells nothing of the
    /// text.
    package func principal(showing other: TokenText) -> Principal? {
        guard other.hash == self.text.hash else { return nil }
        return Principal(
            tenant: .default,
            token: Token(
                id: 1, name: self.name, role: .admin, robot: nil, createdAt: self.createdAt, expiresAt: nil,
                revokedAt: nil))
    }
}
